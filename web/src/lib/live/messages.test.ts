import { expect, test } from 'vitest';
import type { MessageRow, ReactionChange } from '../wire/types.ts';
import { Messages, type Heard } from './messages.ts';

function heard(id: string, index: number, version: number, text = id): Heard {
	const row = { message_group: id, index, sender: 'ada', device_id: '', position: 0 } as MessageRow;
	return { id, version, row, said: { text, unreadable: null } };
}

function reaction(id: string, message: string, version: number, emoji: string | null): ReactionChange {
	const data = emoji && { id, message_group: message, user_id: 'ada', emoji };
	return { kind: 'reaction', id, version, deleted: emoji === null, data: data || null };
}

const texts = (messages: Messages) => messages.shown.map(({ said }) => said.text);

test('they stand in the reading order, whichever came first', () => {
	const messages = new Messages();
	for (const one of [heard('c', 3, 3), heard('a', 1, 1), heard('b', 2, 2)]) messages.take(one);
	expect(texts(messages)).toEqual(['a', 'b', 'c']);
});

test('a late row of an earlier version changes nothing, and what is gone stays gone', () => {
	const messages = new Messages();
	messages.take(heard('a', 1, 5, 'edited'));
	messages.take(heard('a', 1, 1, 'first'));
	messages.take({ id: 'b', version: 7, row: null, said: { text: null, unreadable: null } });
	messages.take(heard('b', 2, 2));
	expect(texts(messages)).toEqual(['edited']);
});

test('a page that meets what is here replaces its stretch, deletions among it', () => {
	const messages = new Messages();
	for (const one of [heard('a', 1, 1), heard('b', 2, 2), heard('c', 3, 3)]) messages.take(one);
	expect(messages.latest([heard('d', 4, 9), heard('b', 2, 9, 'edited')])).toBe(true);
	expect(texts(messages)).toEqual(['a', 'edited', 'd']);
});

test('a page that does not meet it leaves no gap behind', () => {
	const messages = new Messages();
	messages.take(heard('a', 1, 1));
	expect(messages.latest([heard('y', 90, 99), heard('z', 91, 99)])).toBe(false);
	expect(texts(messages)).toEqual(['y', 'z']);
});

test('reactions stand in the order in which they were given, and a late row of an earlier version changes nothing', () => {
	const messages = new Messages();
	messages.react(reaction('r2', 'a', 5, '🎉'));
	messages.take(heard('a', 1, 1));
	messages.react(reaction('r1', 'a', 3, '👍'));
	messages.react(reaction('r3', 'a', 7, null));
	messages.react(reaction('r3', 'a', 6, '😮'));
	expect(messages.shown[0]!.reactions.map(({ emoji }) => emoji)).toEqual(['👍', '🎉']);
	messages.react(reaction('r2', 'a', 8, null));
	expect(messages.shown[0]!.reactions.map(({ emoji }) => emoji)).toEqual(['👍']);
});

test('a deleted message leaves its place, one whose time is over does not', () => {
	const messages = new Messages();
	messages.take(heard('a', 1, 1));
	const over = heard('b', 2, 2);
	messages.take({ ...over, row: { ...over.row!, expires_at: '2024-01-01T00:00:00.000Z' } });
	for (const id of ['a', 'b', 'c']) messages.gone(id, 9, Date.parse('2024-01-01T00:00:01.000Z'));
	expect(messages.shown).toMatchObject([{ id: 'a', row: { deleted: true }, said: { text: null } }]);
});

test('what is over goes when its time comes, and the next end is known', () => {
	const messages = new Messages();
	for (const [id, end] of [
		['a', 1000],
		['b', 2000]
	] as const) {
		const one = heard(id, end, 1);
		messages.take({ ...one, row: { ...one.row!, expires_at: new Date(end).toISOString() } });
	}
	expect(messages.nextEnd).toBe(1000);
	messages.expire(1000);
	expect(texts(messages)).toEqual(['b']);
	expect(messages.nextEnd).toBe(2000);
});

test('what changed of the unread past is passed over, what is here follows', () => {
	const messages = new Messages();
	messages.take(heard('b', 2, 2));
	messages.follow({ ...heard('a', 1, 3), row: heard('a', 1, 3).row! });
	messages.follow({ ...heard('b', 2, 4, 'edited'), row: heard('b', 2, 4).row! });
	messages.follow({ ...heard('c', 3, 5), row: heard('c', 3, 5).row! });
	expect(texts(messages)).toEqual(['edited', 'c']);
});
