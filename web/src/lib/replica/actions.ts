/** What a person does: written here at once, in one transaction with its place in the outbox. */
import { Refused, type Body, type JsonObject, type TextBody } from '../crypto/types.ts';
import type { Api } from '../realtime/http.ts';
import { Problem } from '../realtime/problems.ts';
import { lastOf, reaction, recount, settle } from './apply.ts';
import type { Bodies } from './bodies.ts';
import type { Above, Actions, GroupTerms, ProfileChange, Saying, TakenAlong, TakenMessage, Written } from './client.ts';
import type { Crypto } from './crypto.ts';
import { v7 } from './ids.ts';
import type { Intake } from './intake.ts';
import { OF_CONVERSATION, type Operation } from './operations.ts';
import { nextPlace } from './ordering.ts';
import { enqueue } from './outbox.ts';
import { newConversation, personRow } from './rows.ts';
import {
	FIRST,
	LAST,
	type ConversationRow,
	type MemberRow,
	type MessageRow,
	type OutboxRow,
	type PersonRow,
	type Replica
} from './schema.ts';
import type { Group, MessageRow as WireMessage } from '../wire/types.ts';
import type { Trust } from './trust.ts';

/** What only the tab can do that talks to the server: it is told, or does it. */
export interface Leading {
	opened(conversation: string): Promise<void>;
	closed(conversation: string): void;
	typing(conversation: string, on: boolean): void;
	loadOlder(conversation: string): Promise<boolean>;
	pass(conversation: string, body: TextBody): Promise<void>;
	wake(): void;
	active(): void;
}

export interface ActionParts {
	replica: Replica;
	me: string;
	device: string;
	bodies: Bodies;
	api: Api;
	crypto: Crypto;
	trust: Trust;
	intake: Intake;
	leading: Leading;
}

export function actionsOf(parts: ActionParts): Actions {
	const doings = new Doings(parts);
	const { leading } = parts;
	return {
		send: (conversation, text, more) => doings.send(conversation, text, more),
		pass: (conversation, text, above) => leading.pass(conversation, textBody(text, above)),
		edit: (conversation, message, text) => doings.edit(conversation, message, text),
		remove: (conversation, message) => doings.remove(conversation, message),
		react: (conversation, message, emoji, on) => doings.react(conversation, message, emoji, on),
		retry: (operation) => doings.retry(operation),
		discard: (operation) => doings.discard(operation),
		startPrivate: (user) => doings.startPrivate(user),
		startGroup: (alias, users, terms) => doings.startGroup(alias, users, terms),
		addMembers: (conversation, users, options) => doings.addMembers(conversation, users, options),
		askToJoin: (group, note) => doings.askToJoin(group, note),
		openNote: (conversation, user, note) => doings.openNote(conversation, user, note),
		leave: (conversation) => doings.leave(conversation),
		kick: (conversation, user) => doings.kick(conversation, user),
		rename: (conversation, alias) => doings.rename(conversation, alias),
		setLasting: (conversation, seconds) => doings.setLasting(conversation, seconds),
		markRead: (conversation) => doings.markRead(conversation),
		typing: (conversation, on) => leading.typing(conversation, on),
		setDraft: (conversation, text, above) => doings.setDraft(conversation, text, above),
		loadOlder: (conversation) => leading.loadOlder(conversation),
		open: (conversation) => leading.opened(conversation),
		close: async (conversation) => leading.closed(conversation),
		setProfile: (change) => doings.setProfile(change),
		setPicture: (picture) => doings.setPicture(picture),
		searchPeople: (text) => doings.searchPeople(text),
		findPerson: (nameOrId) => doings.findPerson(nameOrId),
		takeAlong: () => doings.takeAlong(),
		signOff: () => doings.signOff(),
		safetyNumber: (user) => doings.safetyNumber(user),
		verify: (user, ok) => doings.verify(user, ok),
		accept: (user) => doings.accept(user),
		wake: () => leading.wake(),
		active: () => leading.active()
	};
}

class Doings {
	constructor(private readonly by: ActionParts) {}

	// --- messages -----------------------------------------------------------------------------------------------------

	async send(conversation: string, text: string, { subject, replyTo, ...more }: Saying = {}): Promise<string> {
		const body = textBody(text, { subject, replyTo });
		const also = async () => this.by.replica.drafts.delete(conversation);
		return this.say(conversation, body, also, more);
	}

	/** A new message, shown or not; `about`: the message that the operation is about, when that is another. */
	private async say(
		conversation: string,
		body: Body,
		also: (row: MessageRow) => Promise<void>,
		{ id = v7(), about = id, expiresIn }: Omit<Saying, keyof Above> & { about?: string } = {}
	): Promise<string> {
		const { replica, bodies, me, device } = this.by;
		const at = Date.now();
		const box = await bodies.seal(body);
		const what = { do: 'send', body, ...(expiresIn ? { expires_in: expiresIn } : {}) } as const;
		return enqueue(this.by, { what, conversation, id, message: about, at }, async () => {
			const top = (await replica.conversations.get(conversation))?.top_index ?? 0;
			const last = (await lastOf(replica, conversation))?.place ?? null;
			const row: MessageRow = {
				conversation,
				id,
				place: nextPlace(last, top, me, device, id),
				version: -1,
				rev: 0,
				sender: me,
				at,
				sent_at: at,
				deleted: false,
				body: box,
				shown: 'react' in body ? 0 : 1,
				sealed: null,
				copy: null,
				waiting: true,
				change: null,
				refused: null
			};
			await replica.messages.add(row);
			await also(row);
			await recount(replica, me, conversation);
		});
	}

	async edit(conversation: string, message: string, text: string): Promise<void> {
		const { bodies } = this.by;
		const before = await this.mine(conversation, message);
		const box = before.change?.body ?? before.body;
		const said = box && (await bodies.open<Body>(box));
		const kept = said && 'text' in said ? said : {};
		await this.change(conversation, message, { do: 'edit', body: { ...kept, text } });
	}

	async remove(conversation: string, message: string): Promise<void> {
		const row = await this.mine(conversation, message);
		if (row.version < 0 && row.refused) return this.discard(row.refused.operation);
		await this.change(conversation, message, { do: 'delete' });
	}

	private async change(
		conversation: string,
		message: string,
		what: Extract<Operation, { do: 'edit' | 'delete' }>
	): Promise<void> {
		const { replica, bodies } = this.by;
		const body = what.do === 'edit' ? await bodies.seal(what.body) : null;
		const id = v7();
		await enqueue(this.by, { what, conversation, message, id }, async () => {
			await replica.messages.update([conversation, message], { change: { operation: id, body } });
		});
	}

	private async mine(conversation: string, message: string): Promise<MessageRow> {
		const row = await this.by.replica.messages.get([conversation, message]);
		if (!row || row.sender !== this.by.me) throw new Error('Only a message of one’s own can be changed.');
		return row;
	}

	async react(conversation: string, message: string, emoji: string, on: boolean): Promise<void> {
		const row = await this.by.replica.conversations.get(conversation);
		if (!row) return;
		const felt = (operation: string) => this.feel(conversation, message, emoji, { operation, on });
		if (row.encrypted) {
			const body = { react: { to: message, emoji, on } };
			await this.say(conversation, body, (envelope) => felt(envelope.id), { about: message });
			return;
		}
		const id = v7();
		await enqueue(this.by, { what: { do: 'react', emoji, on }, conversation, message, id }, () => felt(id));
	}

	private async feel(
		conversation: string,
		message: string,
		emoji: string,
		change: { operation: string; on: boolean }
	): Promise<void> {
		const key: [string, string, string, string] = [conversation, message, this.by.me, emoji];
		const before = await this.by.replica.reactions.get(key);
		await this.by.replica.reactions.put({ ...(before ?? reaction(key)), change });
	}

	// --- what was refused -----------------------------------------------------------------------------------------------

	async retry(operation: string): Promise<void> {
		const { replica, bodies } = this.by;
		const row = await replica.outbox.get({ id: operation });
		if (!row || row.state !== 'refused') return;
		const what = await bodies.open<Operation>(row.operation);
		const body = what.do === 'edit' ? await bodies.seal(what.body) : null;
		const { outbox, messages, reactions, conversations } = replica;
		await replica.transaction('rw', outbox, messages, reactions, conversations, async () => {
			await outbox.update(row.seq, { state: 'waiting', refused: null, request: null, tries: 0 });
			const { conversation, message } = row;
			if (conversation === null) return;
			if (OF_CONVERSATION.includes(row.what)) await conversations.update(conversation, { refused: null });
			if (what.do === 'rename') await conversations.update(conversation, { alias: what.alias });
			if (message === null) return;
			await this.again(conversation, message, row, what, body);
		});
	}

	/** What is shown of an operation that is tried again. */
	private async again(
		conversation: string,
		message: string,
		{ id }: OutboxRow,
		what: Operation,
		body: MessageRow['body']
	): Promise<void> {
		const { messages } = this.by.replica;
		const key: [string, string] = [conversation, message];
		if (what.do === 'react') await this.feel(conversation, message, what.emoji, { operation: id, on: what.on });
		if (what.do === 'edit' || what.do === 'delete') await messages.update(key, { change: { operation: id, body } });
		await messages.update(key, { refused: null, ...(id === message ? { waiting: true } : {}) });
	}

	async discard(operation: string): Promise<void> {
		const { replica, bodies, me } = this.by;
		const row = await replica.outbox.get({ id: operation });
		if (!row || row.state !== 'refused') return;
		const what = await bodies.open<Operation>(row.operation);
		const { outbox, messages, reactions, conversations, members, drafts, choices } = replica;
		await replica.transaction(
			'rw',
			[outbox, messages, reactions, conversations, members, drafts, choices],
			async () => {
				await settle(replica, row);
				if (row.conversation === null) return;
				if (row.id === row.message) await messages.delete([row.conversation, row.id]);
				if (what.do === 'start_private' || what.do === 'start_group') await this.forget(row.conversation);
				else if (OF_CONVERSATION.includes(row.what)) await conversations.update(row.conversation, { refused: null });
				await recount(replica, me, row.conversation);
			}
		);
	}

	/** A conversation that was never begun, and what was to be said in it. */
	private async forget(id: string): Promise<void> {
		const { conversations, members, outbox, drafts, messages } = this.by.replica;
		await conversations.delete(id);
		await members.where('conversation').equals(id).delete();
		await outbox.where('conversation').equals(id).delete();
		await drafts.delete(id);
		await messages.where('[conversation+at]').between([id, FIRST], [id, LAST]).delete();
	}

	// --- conversations ------------------------------------------------------------------------------------------------

	async startPrivate(user: string): Promise<string> {
		const found = await this.by.replica.conversations.where('other').equals(user).first();
		if (found && !found.left) return found.id;
		const row = { ...newConversation(v7(), 'private'), sealed: true, other: user };
		return this.start(row, [user], { do: 'start_private', other: user });
	}

	async startGroup(alias: string | null, users: string[], terms: GroupTerms = {}): Promise<string> {
		const others = [...new Set(users)].filter((user) => user !== this.by.me);
		const row: ConversationRow = { ...newConversation(v7(), 'group'), alias, role: 'owner' };
		const kind = terms.open ? { encrypted: false, joining: 'anyone' } : { sealed: true };
		const begun = { ...row, ...kind, about: terms.about ?? '', approvals: terms.approvals ?? 1 };
		return this.start(begun, others, { do: 'start_group', users: others, alias, terms });
	}

	private async start(row: ConversationRow, others: string[], what: Operation): Promise<string> {
		const { replica, me } = this.by;
		const now = Date.now();
		await enqueue(this.by, { what, conversation: row.id }, async () => {
			await replica.conversations.add({ ...row, pending: true, older: null, activity: now, opened: now });
			await replica.members.bulkPut([me, ...others].map((user) => member(row.id, user)));
		});
		return row.id;
	}

	async addMembers(conversation: string, users: string[], options: { shareHistory?: boolean } = {}): Promise<void> {
		const shareHistory = options.shareHistory ?? false;
		const what: Operation = { do: 'add', users: [...new Set(users)], shareHistory };
		await enqueue(this.by, { what, conversation });
	}

	async leave(conversation: string): Promise<void> {
		await enqueue(this.by, { what: { do: 'leave' }, conversation });
	}

	async askToJoin(group: Group, note = ''): Promise<Group> {
		const json = note ? { request: await this.sealNote(group, note) } : {};
		return this.by.api.ask('PUT', `/api/groups/${group.id}/membership`, { json });
	}

	private async sealNote({ id, owner_id, public_key }: Group, text: string): Promise<string> {
		const { trust, crypto } = this.by;
		const key = (public_key ?? {}) as JsonObject;
		const owner = (await trust.signers({ [owner_id]: key }))[owner_id];
		if (!owner) throw new Refused('key_unsigned');
		return crypto.sealNote({ conversation: id, text, owner, key });
	}

	async openNote(conversation: string, user: string, note: string): Promise<string> {
		const { trust, crypto, intake } = this.by;
		await intake.ready(conversation);
		const open = async (anew: boolean) => {
			const author = (await trust.known([user], anew))[user];
			if (!author) throw new Refused('signature_wrong');
			return crypto.openNote({ conversation, note, author });
		};
		// The author may have a new identity key that this client has not seen.
		return open(false).catch((error: unknown) => {
			if (error instanceof Refused && error.code === 'signature_wrong') return open(true);
			throw error;
		});
	}

	async kick(conversation: string, user: string): Promise<void> {
		await enqueue(this.by, { what: { do: 'kick', user }, conversation });
	}

	async rename(conversation: string, alias: string | null): Promise<void> {
		const { conversations } = this.by.replica;
		const before = (await conversations.get(conversation))?.alias ?? null;
		await enqueue(this.by, { what: { do: 'rename', alias, before }, conversation }, async () => {
			await conversations.update(conversation, { alias });
		});
	}

	async setLasting(conversation: string, seconds: number | null): Promise<void> {
		await enqueue(this.by, { what: { do: 'last', expires_in: seconds }, conversation });
	}

	/** Here at once, up to the last message that is here; on the server unless more came meanwhile. */
	async markRead(conversation: string): Promise<void> {
		const { replica, me } = this.by;
		const row = await replica.conversations.get(conversation);
		if (!row || row.unread === 0 || row.pending) return;
		const waiting = await replica.outbox
			.where('conversation')
			.equals(conversation)
			.filter((one) => one.what === 'read')
			.count();
		const mark = async () => {
			const last = await replica.messages
				.where('[conversation+at]')
				.between([conversation, FIRST], [conversation, LAST])
				.last();
			await replica.conversations.update(conversation, { read: Math.max(row.read, last?.at ?? 0) });
			await recount(replica, me, conversation);
		};
		if (waiting > 0) await replica.transaction('rw', replica.conversations, replica.messages, replica.choices, mark);
		else await enqueue(this.by, { what: { do: 'read' }, conversation }, mark);
	}

	async setDraft(conversation: string, text: string, { subject, replyTo }: Above = {}): Promise<void> {
		const { replica, bodies } = this.by;
		if (!text && !subject && !replyTo) return void (await replica.drafts.delete(conversation));
		const written: Written = { text, subject: subject ?? '', replyTo: replyTo ?? null };
		const draft = await bodies.seal(written);
		await replica.drafts.put({ conversation, draft, at: Date.now() });
	}

	// --- people -------------------------------------------------------------------------------------------------------

	async setProfile(change: ProfileChange): Promise<void> {
		const { facts } = this.by.replica;
		await enqueue(this.by, { what: { do: 'profile', change }, conversation: null }, async () => {
			const before = (await facts.get('me change'))?.value as ProfileChange | undefined;
			await facts.put({ name: 'me change', value: { ...before, ...change } });
		});
	}

	async setPicture(picture: Blob | null): Promise<void> {
		const { api, me } = this.by;
		if (picture) await api.setPicture(picture);
		else await api.removePicture();
		await this.findPerson(me);
	}

	async searchPeople(text: string): Promise<PersonRow[]> {
		const { items } = await this.by.api.users({ q: text });
		const rows = items.map(personRow);
		await this.by.replica.people.bulkPut(rows);
		return rows;
	}

	async findPerson(nameOrId: string): Promise<PersonRow | null> {
		try {
			const row = personRow(await this.by.api.user(nameOrId));
			await this.by.replica.people.put(row);
			return row;
		} catch (error) {
			if (error instanceof Problem && error.status === 404) return null;
			throw error;
		}
	}

	// --- what is one's own ------------------------------------------------------------------------------------------

	async takeAlong(): Promise<TakenAlong> {
		const lines = await this.by.api.export();
		const messages: TakenMessage[] = [];
		for (const { kind, data } of lines) if (kind === 'message') messages.push(await this.taken(data));
		return { lines, messages, titles: await this.titles() };
	}

	/** What stands in a message of one's own, whether or not this browser has kept it. */
	private async taken(data: Record<string, unknown>): Promise<TakenMessage> {
		const conversation = data.conversation_id as string;
		const message = data as unknown as WireMessage;
		const here = { conversation, at: message.inserted_at };
		if (!message.sealed) return { ...here, text: message.content, unreadable: null };
		const { body, unreadable } = await this.by.intake.glance(conversation, message);
		const text = body && ('text' in body ? body.text : body.react.emoji);
		return { ...here, text, unreadable: unreadable?.sentence ?? null };
	}

	private async titles(): Promise<Record<string, string>> {
		const { conversations, people } = this.by.replica;
		const titles: Record<string, string> = {};
		for (const row of await conversations.toArray()) {
			const other = row.other ? await people.get(row.other) : undefined;
			titles[row.id] = row.alias ?? other?.display_name ?? row.name ?? row.id;
		}
		return titles;
	}

	async signOff(): Promise<Record<string, JsonObject[]>> {
		const { replica, trust, crypto, me } = this.by;
		const left: Record<string, JsonObject[]> = {};
		const mine = await replica.conversations.filter((row) => row.sealed && row.kind === 'group' && !row.left).toArray();
		for (const { id } of mine) {
			const { state } = await trust.chain(id);
			const member = state.members[me];
			if (member) left[id] = [{ ...(await crypto.link(state, 'leave', { user: me, ...member })) }];
		}
		return left;
	}

	// --- trust --------------------------------------------------------------------------------------------------------

	async safetyNumber(user: string): Promise<string | null> {
		const { trust, crypto, me } = this.by;
		const known = await trust.known([me, user]);
		const [own, theirs] = [known[me], known[user]];
		return own && theirs ? crypto.safetyNumber(own, theirs) : null;
	}

	async verify(user: string, ok: boolean): Promise<void> {
		await this.by.replica.known.update(user, { verified: ok, ...(ok ? ACCEPTED : {}) });
		if (ok) await this.release(user);
	}

	async accept(user: string): Promise<void> {
		// Believed, but compared by nobody: the mark was for the key before.
		await this.by.replica.known.update(user, { ...ACCEPTED, verified: false });
		await this.release(user);
	}

	/** What was held back because of them goes out. */
	private async release(user: string): Promise<void> {
		const { members, conversations } = this.by.replica;
		const ids = (await members.filter((row) => row.user === user).toArray()).map((row) => row.conversation);
		for (const id of ids) await conversations.update(id, { held: null });
		this.by.leading.wake();
	}
}

function textBody(text: string, { subject, replyTo }: Above = {}): TextBody {
	return { text, ...(subject ? { subject } : {}), ...(replyTo ? { reply_to: replyTo } : {}) };
}

const ACCEPTED = { accepted: true, changed: null };

function member(conversation: string, user: string): MemberRow {
	return { conversation, user, role: 'member', left: false, read: 0 };
}
