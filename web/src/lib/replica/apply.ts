/** Writing what was heard: one transaction for each push or page, prepared before, so that nothing foreign is awaited. */
import type { ReactBody } from '../crypto/types.ts';
import type {
	ConversationRow as WireConversation,
	ReactionChange,
	ReactionRow as WireReaction
} from '../wire/types.ts';
import { comparePlaces } from './ordering.ts';
import { merged, newConversation, standing, tombstone, withWire } from './rows.ts';
import {
	FIRST,
	LAST,
	type ChainRow,
	type ConversationRow,
	type KeyRow,
	type MessageRow,
	type OutboxRow,
	type OwnKeyRow,
	type PersonRow,
	type ReactionRow,
	type Replica
} from './schema.ts';

export interface Batch {
	conversation: string;
	messages?: MessageRow[];
	/** What the messages among them say that are reactions, by message id. */
	reacting?: Map<string, ReactBody['react']>;
	gone?: { id: string; version: number }[];
	/** Of plaintext conversations. */
	reactions?: ReactionChange[];
	members?: { user: string; role?: string; muted?: boolean; left: boolean }[];
	/** Everybody who is in it: the others are not any more. */
	roster?: string[];
	readTimes?: Record<string, string>;
	keys?: Pick<KeyRow, 'user' | 'version' | 'jwk'>[];
	ownKeys?: OwnKeyRow['rows'];
	chain?: ChainRow;
	people?: PersonRow[];
	wire?: WireConversation;
	cursor?: number;
	epoch?: string;
	head?: number;
	older?: string | null;
	/** Everything of the server's that was here before goes: what is unsent stays. */
	anew?: boolean;
	/** An operation that the server took. */
	taken?: OutboxRow;
}

/** Write it all or nothing. `me`: whose replica it is. */
export function write(replica: Replica, me: string, batch: Batch): Promise<void> {
	const { conversations, messages, reactions, members, keys, own_keys, chains, people, outbox, choices } = replica;
	const tables = [conversations, messages, reactions, members, keys, own_keys, chains, people, outbox, choices];
	return replica.transaction('rw', tables, async () => {
		const id = batch.conversation;
		const before = (await conversations.get(id)) ?? newConversation(id, 'group');
		if (batch.anew) await forget(replica, id);
		if (batch.people?.length) await people.bulkPut(batch.people);
		const top = await writeMessages(replica, batch);
		await writeReactions(replica, batch);
		const row = await writeMembers(replica, me, batch, before);
		await writeKeys(replica, batch);
		if (batch.chain) await chains.put(batch.chain);
		if (batch.taken) await settle(replica, batch.taken);
		await conversations.put(moved(row, batch, top));
		await recount(replica, me, id);
	});
}

function moved(row: ConversationRow, batch: Batch, top: number): ConversationRow {
	const next = batch.wire ? withWire(row, batch.wire) : { ...row };
	if (batch.cursor !== undefined) next.cursor = batch.anew ? batch.cursor : Math.max(next.cursor, batch.cursor);
	if (batch.epoch !== undefined) next.epoch = batch.epoch;
	next.head = batch.anew ? next.cursor : Math.max(next.head, batch.head ?? -1, next.cursor);
	if (batch.older !== undefined) next.older = batch.older;
	next.top_index = Math.max(batch.anew ? 0 : next.top_index, top);
	return next;
}

async function forget(replica: Replica, id: string): Promise<void> {
	const [from, to] = [
		[id, FIRST],
		[id, LAST]
	];
	await replica.messages
		.where('[conversation+id]')
		.between(from, to)
		.filter((row) => row.version >= 0)
		.delete();
	await replica.reactions
		.where('[conversation+message]')
		.between(from, to)
		.filter((row) => row.change === null)
		.delete();
	await replica.members.where('conversation').equals(id).delete();
	await replica.keys.where('conversation').equals(id).delete();
}

/** The highest index among them. */
async function writeMessages(replica: Replica, batch: Batch): Promise<number> {
	const id = batch.conversation;
	const coming = batch.messages ?? [];
	const gone = batch.gone ?? [];
	const keys = [...coming, ...gone].map((row): [string, string] => [id, row.id]);
	const before = await replica.messages.bulkGet(keys);
	const rows = [
		...coming.map((row, place) => merged(before[place], row)),
		...gone.map((row, place) => tombstone(id, row.id, row.version, before[coming.length + place]))
	].filter((row) => row !== null);
	if (rows.length) await replica.messages.bulkPut(rows);
	return rows.reduce((top, row) => Math.max(top, row.place[0]), 0);
}

async function writeReactions(replica: Replica, batch: Batch): Promise<void> {
	for (const row of batch.messages ?? []) {
		const react = batch.reacting?.get(row.id);
		if (react) await applyEnvelope(replica, row, react);
	}
	for (const change of batch.reactions ?? []) await writeReaction(replica, batch.conversation, change);
}

/** An envelope that says a reaction; of one person's on one message, the last in reading order prevails. */
async function applyEnvelope(replica: Replica, row: MessageRow, { to, emoji, on }: ReactBody['react']): Promise<void> {
	const key: ReactionKey = [row.conversation, to, row.sender, emoji];
	const before = await replica.reactions.get(key);
	if (before?.place && comparePlaces(before.place, row.place) > 0) return;
	const change = before?.change?.operation === row.id ? null : (before?.change ?? null);
	await replica.reactions.put({ ...reaction(key), on, place: row.place, change });
}

/** A removal says only which row: one that is not here was not shown either. */
async function writeReaction(replica: Replica, conversation: string, change: ReactionChange): Promise<void> {
	const known = await replica.reactions.where('row').equals(change.id).first();
	const key = change.data ? keyOf(conversation, change.data) : known && reactionKey(known);
	if (!key) return;
	const before = await replica.reactions.get(key);
	if (before && before.version >= change.version) return;
	const kept = before ?? reaction(key);
	await replica.reactions.put({ ...kept, on: !change.deleted, version: change.version, row: change.id });
}

type ReactionKey = [conversation: string, message: string, user: string, emoji: string];

function keyOf(conversation: string, row: WireReaction): ReactionKey {
	return [conversation, row.message_group, row.user_id, row.emoji];
}

function reactionKey(row: ReactionRow): ReactionKey {
	return [row.conversation, row.message, row.user, row.emoji];
}

export function reaction([conversation, message, user, emoji]: ReactionKey): ReactionRow {
	return { conversation, message, user, emoji, on: false, version: -1, place: null, change: null };
}

async function writeMembers(
	replica: Replica,
	me: string,
	batch: Batch,
	row: ConversationRow
): Promise<ConversationRow> {
	if (!batch.members?.length && !batch.roster && !batch.readTimes) return row;
	const id = batch.conversation;
	const rows = new Map(
		(await replica.members.where('conversation').equals(id).toArray()).map((one) => [one.user, one])
	);
	const touched = new Set<string>();
	const put = (user: string, change: { role?: string; muted?: boolean; left?: boolean; read?: number }) => {
		const before = rows.get(user) ?? { conversation: id, user, role: 'member', left: false, read: 0 };
		rows.set(user, { ...before, ...change });
		touched.add(user);
	};
	const roster = batch.roster && new Set(batch.roster);
	if (roster) {
		for (const user of roster) put(user, { left: false });
		for (const user of rows.keys()) if (!roster.has(user)) put(user, { left: true });
	}
	for (const { user, ...change } of batch.members ?? []) put(user, change);
	for (const [user, at] of Object.entries(batch.readTimes ?? {})) {
		const read = Math.max(Date.parse(at), rows.get(user)?.read ?? 0);
		if (rows.has(user)) put(user, { read });
		if (user === me) row = { ...row, read: Math.max(row.read, read) };
	}
	if (touched.size) await replica.members.bulkPut([...touched].map((user) => rows.get(user)!));
	const { kind } = batch.wire ? standing(row, batch.wire) : row;
	const others = [...rows.keys()].filter((user) => user !== me);
	return {
		...row,
		role: rows.get(me)?.role ?? row.role,
		left: rows.get(me)?.left ?? row.left,
		...(kind === 'private' && others.length === 1 ? { other: others[0]! } : {})
	};
}

async function writeKeys(replica: Replica, batch: Batch): Promise<void> {
	const conversation = batch.conversation;
	for (const key of batch.keys ?? []) {
		const before = await replica.keys.get([conversation, key.user]);
		if (before && before.version > key.version) continue;
		await replica.keys.put({ conversation, ...key, seen: before?.seen ?? null });
	}
	if (batch.ownKeys) await replica.own_keys.put({ conversation, rows: batch.ownKeys });
}

/** An operation is done, or given up: nothing of it is waiting any more. */
export async function settle(replica: Replica, operation: OutboxRow): Promise<void> {
	await replica.outbox.delete(operation.seq);
	const { conversation, message, id } = operation;
	if (conversation === null || message === null) return;
	const row = await replica.messages.get([conversation, message]);
	if (row) {
		const change = row.change?.operation === id ? null : row.change;
		const refused = row.refused?.operation === id ? null : row.refused;
		await replica.messages.put({ ...row, change, refused });
	}
	await replica.reactions
		.where('[conversation+message]')
		.equals([conversation, message])
		.filter((one) => one.change?.operation === id)
		.modify({ change: null });
}

/** Whom or what one chose so. */
export async function chosen(replica: Replica, kind: string): Promise<Set<string>> {
	const rows = await replica.choices.where('kind').equals(kind).toArray();
	return new Set(rows.map((row) => row.about));
}

/** What others said since one read last; of who is blocked, nothing is news. */
export async function unreadOf(replica: Replica, me: string, row: ConversationRow) {
	const blocked = await chosen(replica, 'block');
	return replica.messages
		.where('[conversation+at]')
		.between([row.id, row.read], [row.id, LAST], false)
		.filter((one) => one.shown === 1 && !one.deleted && one.sender !== me && !blocked.has(one.sender));
}

/** What the list shows of a conversation, from its messages. Within a transaction. */
export async function recount(replica: Replica, me: string, id: string): Promise<void> {
	const row = await replica.conversations.get(id);
	if (!row) return;
	const last = await lastShown(replica, id);
	const unread = await (await unreadOf(replica, me, row)).limit(MOST_COUNTED).count();
	const activity = Math.max(row.activity, last?.at ?? 0);
	await replica.conversations.update(id, { unread, activity, latest: last?.id ?? null });
}

/** Above it "more than" is all that one wants to know. */
const MOST_COUNTED = 1000;

export function lastShown(replica: Replica, id: string): Promise<MessageRow | undefined> {
	return replica.messages.where('[conversation+shown+place]').between([id, 1, FIRST], [id, 1, LAST]).last();
}

/** The last message in reading order, shown or not. */
export function lastOf(replica: Replica, id: string): Promise<MessageRow | undefined> {
	return replica.messages.where('[conversation+place]').between([id, FIRST], [id, LAST]).last();
}
