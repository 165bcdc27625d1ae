import { expect, test } from 'vitest';
import type { TakenAlong } from '../replica/client.ts';
import { fileOf, pageOf } from './taking.ts';

const mine: TakenAlong = {
	lines: [
		{ kind: 'account', data: { display_name: '<b>Ada</b>', name: 'ada', email: 'ada@example.org', about: '' } },
		{ kind: 'message', data: { message_group: '2', conversation_id: 'c' } },
		{ kind: 'message', data: { message_group: '1', conversation_id: 'c' } },
		{ kind: 'end', data: {} }
	],
	messages: [
		{ conversation: 'c', at: '2026-12-02T10:00:00.000Z', text: null, unreadable: 'The key is not here.' },
		{ conversation: 'c', at: '2026-12-01T10:00:00.000Z', text: 'Look: <script>alert(1)</script>', unreadable: null }
	],
	titles: { c: 'Boats & more' }
};

const words = {
	of: (name: string) => `Of ${name}`,
	made: (when: string) => `On ${when}`,
	profile: 'Profile',
	wrote: 'What you wrote',
	unreadable: 'Not opened',
	further: 'More'
};

test('the page shows what was written, in its order, and nothing of it is markup', () => {
	const page = pageOf(mine, new Date('2026-12-03T00:00:00Z'), words);
	expect(page).toContain('Boats &#38; more');
	expect(page).not.toContain('<script>');
	expect(page).not.toContain('<b>');
	expect(page.indexOf('2026-12-01 10:00')).toBeLessThan(page.indexOf('2026-12-02 10:00'));
	expect(page).toContain('The key is not here.');
});

test('the file has every line, messages with their text', () => {
	const lines = JSON.parse(fileOf(mine));
	expect(lines).toHaveLength(4);
	expect(lines[1]).toMatchObject({
		kind: 'message',
		message_group: '2',
		text: null,
		unreadable: 'The key is not here.'
	});
	expect(lines[2]).toMatchObject({ message_group: '1', text: 'Look: <script>alert(1)</script>' });
});
