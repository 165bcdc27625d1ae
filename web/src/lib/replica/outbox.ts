/** Into the outbox: an operation and what the screen shows of it at once, in one transaction. */
import { type Transaction } from 'dexie';
import { v7 } from './ids.ts';
import type { Bodies } from './bodies.ts';
import type { Operation } from './operations.ts';
import { FIRST, LAST, type OutboxRow, type Replica } from './schema.ts';

export interface Enqueued {
	what: Operation;
	conversation: string | null;
	/** The message that it is about. */
	message?: string;
	/** Made here when absent; for a message that is sent, its id. */
	id?: string;
	at?: number;
}

/** Store an operation; `optimistic` writes what is shown of it. Answers its id. */
export async function enqueue(
	{ replica, bodies }: { replica: Replica; bodies: Bodies },
	{ what, conversation, message, id = v7(), at = Date.now() }: Enqueued,
	optimistic: (transaction: Transaction) => Promise<void> | void = () => {}
): Promise<string> {
	const operation = await bodies.seal(what);
	const { outbox, messages, reactions, conversations, members, drafts, facts, choices } = replica;
	const tables = [outbox, messages, reactions, conversations, members, drafts, facts, choices];
	await replica.transaction('rw', tables, async (transaction) => {
		await outbox.add({
			id,
			conversation,
			what: what.do,
			message: message ?? null,
			operation,
			request: null,
			tries: 0,
			state: 'waiting',
			refused: null,
			at
		} as OutboxRow);
		await optimistic(transaction);
	});
	return id;
}

/** What was written in a conversation made here belongs into the one that the two had already. */
export async function move(replica: Replica, from: string, to: string): Promise<void> {
	const { outbox, messages, reactions, conversations, members, drafts, facts } = replica;
	const tables = [outbox, messages, reactions, conversations, members, drafts, facts];
	await replica.transaction('rw', tables, async () => {
		const range: [unknown, unknown] = [
			[from, FIRST],
			[from, LAST]
		];
		const said = await messages
			.where('[conversation+id]')
			.between(...range)
			.toArray();
		await messages
			.where('[conversation+id]')
			.between(...range)
			.delete();
		await messages.bulkPut(said.map((row) => ({ ...row, conversation: to })));
		const felt = await reactions
			.where('[conversation+message]')
			.between(...range)
			.toArray();
		await reactions
			.where('[conversation+message]')
			.between(...range)
			.delete();
		await reactions.bulkPut(felt.map((row) => ({ ...row, conversation: to })));
		await outbox.where('conversation').equals(from).modify({ conversation: to, request: null });
		const draft = await drafts.get(from);
		if (draft) {
			await drafts.delete(from);
			if (!(await drafts.get(to))) await drafts.put({ ...draft, conversation: to });
		}
		await members.where('conversation').equals(from).delete();
		await conversations.delete(from);
		await facts.put({ name: `moved ${from}`, value: to });
	});
}
