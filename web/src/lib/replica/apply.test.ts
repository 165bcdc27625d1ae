import { Dexie } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { write } from './apply.ts';
import { purge } from './expiry.ts';
import { newConversation } from './rows.ts';
import { Replica, type MessageRow } from './schema.ts';

Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });

const [me, you, c] = ['me', 'you', 'c'];
let replica: Replica;

beforeEach(async () => {
	replica = new Replica(crypto.randomUUID(), { indexedDB: new IDBFactory(), IDBKeyRange });
	await replica.conversations.add(newConversation(c, 'group'));
});

function message(id: string, version: number, further: Partial<MessageRow> = {}): MessageRow {
	const at = Number(id.slice(1)) * 1000;
	return {
		conversation: c,
		id,
		place: [Number(id.slice(1)), you, 'd', 0, id],
		version,
		rev: 0,
		sender: you,
		at,
		sent_at: at,
		deleted: false,
		body: null,
		shown: 1,
		sealed: `sealed ${version}`,
		copy: null,
		waiting: false,
		change: null,
		refused: null,
		...further
	};
}

const row = (id: string) => replica.messages.get([c, id]);
const conversation = async () => (await replica.conversations.get(c))!;

test('a row never goes down, and a tombstone stays', async () => {
	await write(replica, me, { conversation: c, messages: [message('m1', 5)] });
	await write(replica, me, { conversation: c, messages: [message('m1', 3)] });
	expect(await row('m1')).toMatchObject({ version: 5, sealed: 'sealed 5' });
	await write(replica, me, { conversation: c, gone: [{ id: 'm1', version: 6 }] });
	await write(replica, me, { conversation: c, messages: [message('m1', 5)] });
	expect(await row('m1')).toMatchObject({ version: 6, deleted: true, sealed: null, place: [1, you, 'd', 0, 'm1'] });
});

test('that a change was not taken is still said when the deletion that explains it comes later', async () => {
	const refused = { code: 'not_found', sentence: 'It is gone.', operation: 'op' };
	await write(replica, me, { conversation: c, messages: [message('m1', 5, { refused })] });
	await write(replica, me, { conversation: c, gone: [{ id: 'm1', version: 6 }] });
	expect(await row('m1')).toMatchObject({ deleted: true, refused });
});

test('what was deleted before it was ever seen is not shown, and does not come back', async () => {
	await write(replica, me, { conversation: c, gone: [{ id: 'm1', version: 6 }] });
	await write(replica, me, { conversation: c, messages: [message('m1', 2)] });
	expect(await row('m1')).toMatchObject({ deleted: true, shown: 0 });
	expect(await conversation()).toMatchObject({ latest: null, unread: 0 });
});

test('in whatever order versions come, the highest of each row stays', async () => {
	const version = fc.record({ id: fc.constantFrom('m1', 'm2', 'm3'), gone: fc.boolean() });
	const history = fc.array(version, { minLength: 1, maxLength: 8 });
	const shuffled = history.chain((rows) => {
		const versions = rows.map((one, at) => ({ ...one, version: at + 1 }));
		return fc.tuple(fc.constant(versions), fc.shuffledSubarray(versions, { minLength: versions.length }));
	});
	await fc.assert(
		fc.asyncProperty(shuffled, async ([versions, order]) => {
			await replica.messages.clear();
			for (const { id, gone, version } of order) {
				await write(replica, me, {
					conversation: c,
					...(gone ? { gone: [{ id, version }] } : { messages: [message(id, version)] })
				});
			}
			for (const id of new Set(versions.map((one) => one.id))) {
				const last = versions.filter((one) => one.id === id).at(-1)!;
				expect(await row(id)).toMatchObject({ version: last.version, deleted: last.gone });
			}
		}),
		{ numRuns: 30 }
	);
});

test('one’s own waiting change stays beside what the server says of the message', async () => {
	const change = { operation: 'op', body: null };
	await write(replica, me, { conversation: c, messages: [message('m1', 1)] });
	await replica.messages.update([c, 'm1'], { change });
	await write(replica, me, { conversation: c, messages: [message('m1', 2, { rev: 1 })] });
	expect(await row('m1')).toMatchObject({ version: 2, rev: 1, change });
});

test('what is unread: shown messages of others after the mark, and no reactions', async () => {
	await write(replica, me, {
		conversation: c,
		roster: [me, you],
		readTimes: { [me]: new Date(2000).toISOString() },
		messages: [
			message('m1', 1),
			message('m2', 2),
			message('m3', 3),
			message('m4', 4, { shown: 0 }),
			message('m5', 5, { sender: me }),
			message('m6', 6)
		]
	});
	expect(await conversation()).toMatchObject({ unread: 2, latest: 'm6', activity: 6000, read: 2000 });
	await write(replica, me, { conversation: c, gone: [{ id: 'm6', version: 7 }] });
	expect(await conversation()).toMatchObject({ unread: 1 });
	await write(replica, me, { conversation: c, readTimes: { [me]: new Date(9000).toISOString() } });
	expect(await conversation()).toMatchObject({ unread: 0 });
});

test('rebuilt, it keeps what is unsent and nothing else', async () => {
	await write(replica, me, { conversation: c, cursor: 9, messages: [message('m1', 1), message('m2', 2)] });
	await replica.messages.add(message('m3', -1, { waiting: true, sender: me }));
	await write(replica, me, { conversation: c, anew: true, cursor: 4, epoch: 'new', messages: [message('m4', 4)] });
	expect((await replica.messages.toArray()).map(({ id }) => id)).toEqual(['m3', 'm4']);
	expect(await conversation()).toMatchObject({ cursor: 4, head: 4, epoch: 'new' });
});

test('of one person’s reactions with one emoji the last in reading order prevails', async () => {
	const said = (id: string, on: boolean) =>
		write(replica, me, {
			conversation: c,
			messages: [message(id, Number(id.slice(1)), { shown: 0 })],
			reacting: new Map([[id, { to: 'm1', emoji: '👍', on }]])
		});
	await said('m3', false);
	await said('m2', true);
	expect(await replica.reactions.toArray()).toMatchObject([{ user: you, emoji: '👍', on: false }]);
	await said('m4', true);
	expect(await replica.reactions.toArray()).toMatchObject([{ on: true }]);
});

test('what is over leaves nothing but its place, and nothing late brings it back', async () => {
	await write(replica, me, { conversation: c, messages: [message('m1', 1, { expires: 5000 }), message('m2', 2)] });
	await purge(replica, me, 4999);
	expect((await replica.conversations.get(c))?.unread).toBe(2);
	await purge(replica, me, 5000);
	await write(replica, me, { conversation: c, messages: [message('m1', 1, { expires: 5000 })] });
	const row = await replica.messages.get([c, 'm1']);
	expect(row).toMatchObject({ shown: 0, deleted: true, body: null, sealed: null, copy: null });
	expect(row).not.toHaveProperty('expires');
	expect((await replica.conversations.get(c))?.unread).toBe(1);
});

test('of who is blocked nothing is unread', async () => {
	await replica.choices.put({ kind: 'block', about: you });
	await write(replica, me, { conversation: c, messages: [message('m1', 1), message('m2', 2, { sender: 'other' })] });
	expect((await replica.conversations.get(c))?.unread).toBe(1);
});
