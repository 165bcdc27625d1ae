import { describe, expect, test } from 'vitest';
import type { MessageView } from '../replica/client';
import { itemsOf, withPassing, type Around } from './messages';
import { stranger } from './persons';

const NOON = new Date(2024, 4, 10, 12).getTime();
const MINUTE = 60_000;

function said(id: string, sender: string, at: number, more: Partial<MessageView> = {}): MessageView {
	return {
		conversation: 'c',
		subject: null,
		id,
		place: [1, sender, 'd', 0, id],
		sender,
		mine: sender === 'me',
		text: id,
		replyTo: null,
		reply: null,
		sentAt: at,
		at,
		edited: false,
		deleted: false,
		removed: null,
		expires: null,
		passing: false,
		reactions: [],
		waiting: false,
		refused: null,
		unreadable: null,
		...more
	};
}

function shown(views: MessageView[], around: Partial<Around> = {}) {
	return itemsOf(views, {
		me: 'me',
		members: [],
		unreadFrom: null,
		newest: true,
		person: (id) => stranger(id, id === 'me'),
		...around
	});
}

describe('runs and days', () => {
	test('messages of one author that follow each other closely stand under one name', () => {
		const views = [said('a', 'ada', NOON), said('b', 'ada', NOON + MINUTE), said('c', 'bob', NOON + 2 * MINUTE)];
		expect(shown(views).map((item) => item.leads)).toEqual([true, false, true]);
	});

	test('a pause, a new day and what is unread begin a run', () => {
		const views = [
			said('a', 'ada', NOON),
			said('b', 'ada', NOON + 6 * MINUTE),
			said('c', 'ada', NOON + 7 * MINUTE),
			said('d', 'ada', NOON + 24 * 60 * MINUTE)
		];
		const items = shown(views, { unreadFrom: 'c' });
		expect(items.map((item) => item.leads)).toEqual([true, true, true, true]);
		expect(items.map((item) => item.startsDay)).toEqual([true, false, false, true]);
		expect(items.map((item) => item.startsUnread)).toEqual([false, false, true, false]);
	});
});

describe('who has read how far', () => {
	const views = [said('a', 'me', NOON), said('b', 'me', NOON + MINUTE), said('c', 'me', NOON + 2 * MINUTE)];
	const readers = (members: Around['members'], newest = true, of = views) =>
		shown(of, { members, newest }).map((item) => item.readBy.map((person) => person.id));

	test('each member stands at the last message that the server took before they read', () => {
		const members = [
			{ user: 'ada', read: NOON + MINUTE },
			{ user: 'bob', read: NOON + 9 * MINUTE },
			{ user: 'eve', read: 0 },
			{ user: 'me', read: NOON + 9 * MINUTE }
		];
		expect(readers(members)).toEqual([[], ['ada'], ['bob']]);
	});

	test('by the time of the server, whatever the clock of the author said', () => {
		const fast = [said('a', 'me', NOON), said('b', 'me', NOON + MINUTE, { sentAt: NOON + 60 * MINUTE })];
		expect(readers([{ user: 'ada', read: NOON + 2 * MINUTE }], true, fast)).toEqual([[], ['ada']]);
	});

	test('who wrote last is not shown as a reader of it', () => {
		const answered = [...views, said('d', 'ada', NOON + 3 * MINUTE)];
		expect(readers([{ user: 'ada', read: NOON + 2 * MINUTE }], true, answered)).toEqual([[], [], [], []]);
	});

	test('at the end of a window that is not the last one cannot tell', () => {
		expect(readers([{ user: 'bob', read: NOON + 9 * MINUTE }], false)).toEqual([[], [], []]);
	});

	test('nobody has read what is not on the server', () => {
		const waiting = [...views, said('d', 'me', NOON + 3 * MINUTE, { waiting: true })];
		expect(readers([{ user: 'bob', read: NOON + 9 * MINUTE }], true, waiting)).toEqual([[], [], ['bob'], []]);
	});
});

test('sending, failed, and an edit that was undone', () => {
	const refused = { code: 'forbidden', sentence: 'No.' };
	const items = shown([
		said('a', 'me', NOON, { waiting: true }),
		said('b', 'me', NOON, { refused: { ...refused, operation: 'b' } }),
		said('c', 'me', NOON, { refused: { ...refused, operation: 'another' } })
	]);
	expect(items.map((item) => item.status)).toEqual(['sending', 'failed', 'sent']);
	expect(items.map((item) => item.refused?.operation)).toEqual([undefined, 'b', 'another']);
});

test('reactions are gathered by emoji, with who put them', () => {
	const reactions = [
		{ emoji: '👍', user: 'ada', waiting: false },
		{ emoji: '🎉', user: 'bob', waiting: false },
		{ emoji: '👍', user: 'me', waiting: true }
	];
	const [item] = shown([said('a', 'ada', NOON, { reactions })]);
	expect(item!.reactions.map(({ emoji, people, mine }) => [emoji, people.map(({ id }) => id), mine])).toEqual([
		['👍', ['ada', 'me'], true],
		['🎉', ['bob'], false]
	]);
});

describe('what is off the record', () => {
	const kept = [said('a', 'me', NOON), said('c', 'bob', NOON + 2 * MINUTE)];
	const ids = (passing: MessageView[], window: Parameters<typeof withPassing>[2]) =>
		withPassing(kept, passing, window).map(({ id }) => id);

	test('stands where it was said', () => {
		const passing = [said('b', 'bob', NOON + MINUTE), said('d', 'me', NOON + 3 * MINUTE)];
		expect(ids(passing, { older: 'none', newer: false })).toEqual(['a', 'b', 'c', 'd']);
	});

	test('is not shown beyond the window', () => {
		const passing = [said('before', 'bob', NOON - MINUTE), said('after', 'me', NOON + 3 * MINUTE)];
		expect(ids(passing, { older: 'server', newer: true })).toEqual(['a', 'c']);
	});
});
