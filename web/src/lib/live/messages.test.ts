import { expect, test } from 'vitest';
import type { MessageRow } from '../wire/types.ts';
import { Messages, type Heard } from './messages.ts';

function heard(id: string, index: number, version: number, text = id): Heard {
	const row = { message_group: id, index, sender: 'ada', device_id: '', position: 0 } as MessageRow;
	return { id, version, row, said: { text, unreadable: null } };
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
