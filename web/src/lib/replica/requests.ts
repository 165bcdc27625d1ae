/** From an operation to the bytes that are sent: sealed for exactly those whom this client believes to be members. */
import { neededFor } from '../crypto/chain.ts';
import {
	Refused,
	type Action,
	type ChainState,
	type JsonObject,
	type KeyPair,
	type KnownUsers,
	type Link,
	type Named
} from '../crypto/types.ts';
import { SYSTEM, conversationTopic } from '../realtime/events.ts';
import type { SendMessage } from '../wire/types.ts';
import type { ProfileChange } from './client.ts';
import type { Bodies } from './bodies.ts';
import type { Crypto } from './crypto.ts';
import type { Operation } from './operations.ts';
import type { ChainRow, ConversationRow, KeyRow, MessageRow, OutboxRow, Replica } from './schema.ts';
import type { Trust } from './trust.ts';

/** `topic` null: over HTTP. Kept until it is answered, and sent again as it is. */
export type Request =
	{ topic: string; event: string; payload: Record<string, unknown> } | { topic: null; profile: ProfileChange };

/** What cannot be sent, and would not be later either. */
export class Hopeless extends Error {
	constructor(
		readonly code: string,
		readonly sentence: string
	) {
		super(`${code}: ${sentence}`);
	}
}

export interface Maker {
	replica: Replica;
	me: string;
	device: string;
	crypto: Crypto;
	trust: Trust;
	bodies: Bodies;
}

export class Requests {
	constructor(private readonly by: Maker) {}

	/** null: nothing is left to be done. */
	async make(row: OutboxRow, operation: Operation): Promise<Request | null> {
		if (operation.do === 'profile') return { topic: null, profile: operation.change };
		const id = row.conversation!;
		const conversation = await this.by.replica.conversations.get(id);
		if (!conversation) return null;
		switch (operation.do) {
			case 'start_private':
				return this.startPrivate(row, operation.other);
			case 'start_group':
				return this.startGroup(row, operation);
			case 'send':
				return this.send(row, conversation, operation);
			case 'edit':
				return this.edit(row, conversation, operation.body);
			case 'delete':
				return on(id, 'delete_message', { message_group_id: row.message, op_id: row.id });
			case 'react':
				return on(id, operation.on ? 'react' : 'unreact', {
					message_group_id: row.message,
					emoji: operation.emoji,
					op_id: row.id
				});
			case 'add':
				return this.add(row, conversation, operation.users);
			case 'share':
				return this.share(row, conversation, operation.users, operation.messages);
			case 'leave':
				return this.leave(row, conversation);
			case 'kick':
				return this.kick(row, conversation, operation.user);
			case 'rename':
				return on(id, 'change_alias', { alias: operation.alias, op_id: row.id });
			case 'last':
				return on(id, 'change_expiry', { expires_in: operation.expires_in, op_id: row.id });
			case 'read':
				return conversation.unread > 0 || conversation.cursor < conversation.head
					? null // what came meanwhile was not read
					: on(id, 'read_conversation', {});
		}
	}

	// --- beginning ----------------------------------------------------------------------------------------------------

	private async startPrivate(row: OutboxRow, other: string): Promise<Request> {
		const founded = await this.founding(row.conversation!, [other]);
		return {
			topic: SYSTEM,
			event: 'start_private_conversation',
			payload: { other_user_id: other, id: row.conversation, op_id: row.id, ...founded }
		};
	}

	private async startGroup(
		row: OutboxRow,
		{ users, alias, terms = {} }: Extract<Operation, { do: 'start_group' }>
	): Promise<Request> {
		const founded = terms.open ? {} : await this.founding(row.conversation!, users, terms.approvals);
		const named = alias === null ? {} : { alias };
		return {
			topic: SYSTEM,
			event: 'start_group_conversation',
			payload: { user_ids: users, id: row.conversation, op_id: row.id, ...named, ...terms, ...founded }
		};
	}

	/** The key and the links that a sealed conversation begins with. */
	private async founding(
		conversation: string,
		others: string[],
		approvals?: number
	): Promise<KeyPair & { links: Link[] }> {
		const { crypto, trust, me } = this.by;
		const own = await trust.keysOf(me);
		const identity = await crypto.me();
		if (!identity || !own.user_key) throw new Refused('key_missing');
		// Above the key that was sealed to until now, for a generation only rises.
		const key = await crypto.newConversationKey(conversation, own.user_key.gen + 1);
		const members = [{ user: me, ik: identity.ik, gen: key.public_key.gen }];
		for (const user of others) members.push(await newcomer(this.by, user, null));
		return { ...key, links: await crypto.found(conversation, members, approvals) };
	}

	// --- messages -----------------------------------------------------------------------------------------------------

	private async send(
		row: OutboxRow,
		conversation: ConversationRow,
		{ body, expires_in }: Extract<Operation, { do: 'send' }>
	): Promise<Request | null> {
		const message = await this.by.replica.messages.get([conversation.id, row.id]);
		return message ? this.said(conversation, message, body, row.at, expires_in ? { expires_in } : {}) : null;
	}

	/** A new message; `more` goes with it in the open. */
	async said(
		conversation: ConversationRow,
		message: Pick<MessageRow, 'id' | 'place'>,
		body: Extract<Operation, { do: 'send' }>['body'],
		at: number,
		more: Pick<SendMessage, 'expires_in' | 'off_the_record'>
	): Promise<Extract<Request, { event: string }> | null> {
		const [index, , , position] = message.place;
		const placed = { id: message.id, device_id: this.by.device, index, position, ...more };
		if (conversation.encrypted) {
			const sealed = await this.seal(conversation, message, 0, body, at);
			return on(conversation.id, 'send_message', { ...placed, ...sealed });
		}
		if ('react' in body) return null;
		const { text: content, ...above } = body;
		return on(conversation.id, 'send_message', { ...placed, content, ...above });
	}

	private async edit(
		row: OutboxRow,
		conversation: ConversationRow,
		body: Extract<Operation, { do: 'edit' }>['body']
	): Promise<Request | null> {
		const message = await this.by.replica.messages.get([conversation.id, row.message!]);
		if (!message) return null;
		// As the server would say; what was written is not to vanish without a word.
		if (message.deleted) throw new Hopeless('not_found', 'This message was deleted meanwhile.');
		const said = conversation.encrypted
			? await this.seal(conversation, message, message.rev + 1, body, row.at)
			: { content: body.text };
		return on(conversation.id, 'edit_message', { message_group_id: message.id, op_id: row.id, ...said });
	}

	private async seal(
		conversation: ConversationRow,
		message: Pick<MessageRow, 'id' | 'place'>,
		rev: number,
		body: Extract<Operation, { do: 'send' }>['body'],
		at: number
	): Promise<{ sealed: string; encrypted_messages: Record<string, string> }> {
		const { crypto, replica } = this.by;
		const { chain, recipients, seen, known } = await this.members(conversation);
		const [index, , device, position] = message.place;
		const sealed = await crypto.seal({
			conversation: conversation.id,
			message: message.id,
			rev,
			device,
			index,
			position,
			body,
			sentAt: new Date(at).toISOString(),
			chain: chain.state,
			known,
			recipients,
			seen
		});
		await replica.transaction('rw', replica.keys, replica.conversations, async () => {
			for (const [user, now] of Object.entries(sealed.seen)) {
				await replica.keys.update([conversation.id, user], { seen: { ...now, ik: chain.state.members[user]!.ik } });
			}
			await replica.conversations.update(conversation.id, { held: null });
		});
		return { sealed: sealed.sealed, encrypted_messages: sealed.encrypted_messages };
	}

	/** Those whom the chain proves, with the keys that the server shows of them, and what is believed of them. */
	private async members(conversation: ConversationRow) {
		const { replica, trust } = this.by;
		if (!conversation.sealed) {
			throw new Hopeless(
				'not_sealed',
				'This conversation was begun by another program, and cannot be written in here.'
			);
		}
		const chain = await this.proving(conversation.id);
		const { members } = chain.state;
		const rows = await replica.keys.where('conversation').equals(conversation.id).toArray();
		const shown = rows.filter((key) => key.user in members);
		const signers = await trust.signers(jwksOf(shown));
		// One that an earlier identity key signed counts as none.
		const proven = shown.filter(({ user, jwk }) => !signers[user]?.earlier.includes(String(jwk.ik)));
		const without = Object.keys(members).filter((user) => !proven.some((key) => key.user === user));
		proven.push(...(await this.ownKeys(conversation, without)));
		const recipients = jwksOf(proven);
		const sealedTo = proven.filter(({ user, seen }) => seen && seen.ik === members[user]!.ik);
		const seen = Object.fromEntries(sealedTo.map((key) => [key.user, key.seen!]));
		const known: KnownUsers = await trust.signers(recipients);
		return { chain, recipients, seen, known };
	}

	/** The chain, under which one may sign: not yet, where one started anew and nobody has added one again. */
	private async proving(conversation: string): Promise<ChainRow> {
		const { trust, crypto, me } = this.by;
		const chain = await trust.chain(conversation);
		if (chain.refused) throw new Hopeless(chain.refused.code, chain.refused.sentence);
		const mine = chain.state.members[me];
		if (mine && mine.ik !== (await crypto.me())?.ik) throw new Refused('identity_changed');
		return chain;
	}

	/** Who made no key for the conversation is sealed to under their own. */
	private async ownKeys({ id, cursor }: ConversationRow, users: string[]): Promise<KeyRow[]> {
		const rows: KeyRow[] = [];
		for (const user of users) {
			const jwk = (await this.by.trust.keysOf(user)).user_key?.public_key as JsonObject | undefined;
			if (jwk) rows.push({ conversation: id, user, version: Math.max(cursor, 0), jwk, seen: null });
		}
		await this.by.replica.keys.bulkPut(rows);
		return rows;
	}

	// --- members ------------------------------------------------------------------------------------------------------

	private async add(row: OutboxRow, conversation: ConversationRow, users: string[]): Promise<Request | null> {
		const { crypto, trust, replica, me } = this.by;
		const { id } = conversation;
		if (!conversation.encrypted) return on(id, 'modify_conversation', { new_members: users, op_id: row.id });
		let { state } = await this.proving(id);
		const coming = users.filter((user) => !(user in state.members));
		if (coming.length === 0) return null;
		const links: Link[] = [];
		for (const user of coming) {
			const member = await newcomer(this.by, user, (await replica.keys.get([id, user])) ?? null);
			const action = dueFor(state, member, me);
			if (!action) continue;
			const link = await crypto.link(state, action, member);
			links.push(link);
			state = await crypto.advance(state, [link], await trust.known([...Object.keys(state.members), user]));
		}
		if (links.length === 0) return null;
		return on(id, 'modify_conversation', { new_members: coming, links, op_id: row.id });
	}

	private async leave(row: OutboxRow, conversation: ConversationRow): Promise<Request> {
		const { crypto, me } = this.by;
		if (!conversation.sealed) return on(conversation.id, 'leave_conversation', { op_id: row.id });
		const { state } = await this.proving(conversation.id);
		const mine = state.members[me];
		if (!mine) throw new Refused('ghost_member');
		const link = await crypto.link(state, 'leave', { user: me, ...mine });
		return on(conversation.id, 'leave_conversation', { links: [link], op_id: row.id });
	}

	private async kick(row: OutboxRow, conversation: ConversationRow, user: string): Promise<Request | null> {
		const { state } = await this.proving(conversation.id);
		const member = state.members[user];
		if (!member) return null;
		const link = await this.by.crypto.link(state, 'remove', { user, ...member });
		return on(conversation.id, 'remove_member', { user_id: user, links: [link], op_id: row.id });
	}

	private async share(
		row: OutboxRow,
		conversation: ConversationRow,
		users: string[],
		messages: string[]
	): Promise<Request | null> {
		const { crypto, replica } = this.by;
		const { chain, recipients, seen, known } = await this.members(conversation);
		const to = Object.fromEntries(Object.entries(recipients).filter(([user]) => users.includes(user)));
		if (Object.keys(to).length === 0) return null;
		const rows = await replica.messages.bulkGet(messages.map((id): [string, string] => [conversation.id, id]));
		const copies: Record<string, Record<string, string>> = {};
		for (const message of rows) {
			if (!message?.sealed || !message.copy || message.deleted) continue;
			const { sealed, copy } = message;
			copies[message.id] = await crypto.share({ sealed, copy, chain: chain.state, known, to, seen });
		}
		if (Object.keys(copies).length === 0) return null;
		return on(conversation.id, 'share_copies', { copies, op_id: row.id });
	}
}

/** What one has to say to a newcomer under this identity key: agree, complete it, or nothing more (null). */
export function dueFor(state: ChainState, { user, ik }: Named, me: string): Extract<Action, 'add' | 'approve'> | null {
	const given = Object.hasOwn(state.consents, user) ? state.consents[user]! : {};
	const givers = Object.keys(given).filter((giver) => given[giver] === ik);
	if (givers.includes(me)) return null;
	return givers.length + 1 < neededFor(state, user) ? 'approve' : 'add';
}

/**
 * Whom to name in a link: by the key that the server seals to, `kept` of the conversation if their identity key signed
 * it, or their own.
 */
export async function newcomer({ crypto, trust }: Maker, user: string, kept: KeyRow | null): Promise<Named> {
	const own = (await trust.keysOf(user)).user_key?.public_key as JsonObject | undefined;
	const known = (await trust.known([user], true))[user];
	if (!known || !own) {
		throw new Hopeless('no_keys', 'This person has not set up encryption yet: they have to sign in with Hubbub first.');
	}
	if (kept && kept.jwk.ik === known.ik && kept.jwk.kid !== own.kid) {
		const { gen } = await crypto.judgeKey(known, null, kept.conversation, user, kept.jwk);
		return { user, ik: known.ik, gen };
	}
	const { gen } = await crypto.judgeKey(known, null, null, user, own);
	return { user, ik: known.ik, gen };
}

function on(
	conversation: string,
	event: string,
	payload: Record<string, unknown>
): Extract<Request, { event: string }> {
	return { topic: conversationTopic(conversation), event, payload };
}

function jwksOf(keys: KeyRow[]): Record<string, JsonObject> {
	return Object.fromEntries(keys.map((key) => [key.user, key.jwk]));
}
