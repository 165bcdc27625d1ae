import { expect, it } from 'vitest';
import { roomHref, roomOfLink } from './rooms';

const ID = 'q83vEjRWeJCrze8SNFZ4kA';
const here = 'https://chat.example';

it.each([
	[`${here}/rooms/${ID}`, { id: ID, key: null }],
	[`  ${here}/rooms/${ID}#key `, { id: ID, key: 'key' }],
	[`/rooms/${ID}`, { id: ID, key: null }],
	[`https://evil.example/rooms/${ID}`, null],
	[`${here}/rooms/short`, null],
	[`${here}/dm/${ID}`, null],
	['not a link at all', null],
	['https://', null]
])('of %j is read what leads into a room', (link, expected) => {
	expect(roomOfLink(link, here)).toEqual(expected);
});

it('keeps the key where no server sees it', () => {
	expect(roomHref(ID, 'key')).toBe(`/rooms/${ID}#key`);
	expect(new URL(roomHref(ID, 'key'), here).search).toBe('');
});
