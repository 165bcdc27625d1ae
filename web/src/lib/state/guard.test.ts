import { expect, it } from 'vitest';
import { instead, wanted, type Visit } from './guard';

const visit = (standing: Visit['standing'], route: string | null, path = route ?? '/nowhere', more = {}) =>
	instead({ standing, route, path, ended: false, ...more });

it.each<[string, string | null, string, string | null]>([
	['guest', '/', '/', null],
	['guest', '/login', '/login?to=%2Fdm%2Fbob', null],
	['guest', '/dm/[name]', '/dm/bob?at=3', '/login?to=%2Fdm%2Fbob%3Fat%3D3'],
	['guest', '/recover', '/recover', '/login'],
	['guest', '/about', '/about', null],
	['guest', null, '/nowhere', null],
	['user', '/', '/', '/chats'],
	['user', '/login', '/login', '/chats'],
	['user', '/login', '/login?to=%2Fdm%2Fbob', '/dm/bob'],
	['user', '/register', '/register?to=//evil.example', '/chats'],
	['user', '/recover', '/recover?to=%2Fchats', '/chats'],
	['user', '/dm/[name]', '/dm/bob', null],
	['user', '/news', '/news', null],
	['recover', '/chats', '/chats', '/recover?to=%2Fchats'],
	['recover', '/login', '/login?to=%2Fdm%2Fbob', '/recover?to=%2Fdm%2Fbob'],
	['recover', '/', '/', '/recover'],
	['recover', '/recover', '/recover', null],
	['starting', '/chats', '/chats', null]
])('a visitor who is %s at %s (%s) is led to %s', (standing, route, path, expected) => {
	expect(visit(standing as Visit['standing'], route, path)).toBe(expected);
});

it('can sign in again where the sign-in has ended', () => {
	expect(visit('user', '/login', '/login', { ended: true })).toBeNull();
});

it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'chats', ''])('does not lead to %j', (to) => {
	expect(wanted(new URLSearchParams({ to }))).toBeNull();
});
