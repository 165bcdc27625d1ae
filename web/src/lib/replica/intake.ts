/** From what the server says to rows: everything is verified and opened here, before a transaction begins. */
import type { Crypto } from './crypto.ts';
import type {
	Body,
	JsonObject,
	Known,
	KnownUsers,
	Link,
	Opened,
	OpenRequest,
	PrivateKeyRow,
	ReactBody,
	Refusal
} from '../crypto/types.ts';
import type {
	ConversationPulled,
	Document,
	MemberRow as WireMember,
	MessagePage,
	MessageRow as WireMessage,
	ResumedDocument
} from '../wire/types.ts';
import { write, type Batch } from './apply.ts';
import type { Bodies } from './bodies.ts';
import { messageRow, newConversation, personRow, standing, type Incoming, type Read } from './rows.ts';
import type { ChainRow, MessageRow, Replica } from './schema.ts';
import type { Trust } from './trust.ts';

export type Change = ConversationPulled['changes'][number];

type Members = NonNullable<Batch['members']>;

/** Refusals after which the author's identity key is asked for again, once. */
const MAYBE_NEW_KEY = ['identity_changed', 'signature_wrong', 'ghost_member', 'header_mismatch'];

/** What opening depends on; `chain` null: as the replica has it. */
interface Where {
	encrypted: boolean;
	chain: ChainRow | null;
}

export class Intake {
	private readonly readied = new Set<string>();
	/** Hears of who left: perhaps their account is gone, and nobody else says so to who was away. */
	left: (users: string[]) => void = () => {};

	constructor(
		readonly replica: Replica,
		private readonly me: string,
		private readonly machine: Crypto,
		private readonly trust: Trust,
		private readonly bodies: Bodies
	) {}

	/** The answer of a join. `anew`: in place of what was here; `fromBeginning`: nothing of the past is missing. */
	async document(answer: Document | ResumedDocument, anew: boolean, fromBeginning: boolean): Promise<void> {
		const { conversation: wire, epoch } = answer;
		const id = wire.id;
		const resumed = 'changes' in answer ? answer : null;
		await this.takeKeys(id, answer.private_keys as PrivateKeyRow[]);
		const before = (await this.replica.conversations.get(id)) ?? newConversation(id, 'group');
		const { encrypted, sealed } = standing(before, wire);
		const chain = sealed ? await this.trust.follow(id, (answer.links ?? []) as Link[]) : undefined;
		const users = chain ? Object.keys(chain.state.members) : answer.users.map((user) => user.id);
		const place = { encrypted, chain: chain ?? null };
		await this.write({
			conversation: id,
			epoch,
			anew,
			...(chain ? { chain } : {}),
			people: answer.users.map(personRow),
			...(encrypted ? { roster: users } : { members: users.map((user) => ({ user, left: false })) }),
			readTimes: answer.read_times,
			...(resumed ? await this.changed(id, resumed.changes as Change[], place) : await this.latest(answer, place)),
			keys: Object.entries(answer.public_keys).map(([user, jwk]) => ({
				user,
				version: answer.cursor,
				jwk: jwk as JsonObject
			})),
			wire,
			ownKeys: answer.private_keys as PrivateKeyRow[],
			...(fromBeginning ? { older: null } : {}),
			cursor: answer.cursor
		});
	}

	private async latest({ messages, conversation, cursor }: Document, place: Where): Promise<Partial<Batch>> {
		const incoming = messages.items.map((message) => ({ message, version: cursor }));
		const read = await this.read(conversation.id, incoming, place);
		return { ...read, reactions: messages.reactions ?? [], older: messages.page_token };
	}

	/** The changes of a push or a pull, up to `cursor`. */
	async changes(id: string, changes: Change[], cursor: number, further: Partial<Batch> = {}): Promise<void> {
		await this.write({ conversation: id, ...(await this.changed(id, changes)), ...further, cursor });
	}

	/** A row of which nothing is known but that it is so at its version: an answer of the server. */
	async rows(id: string, changes: Change[], further: Partial<Batch> = {}): Promise<void> {
		await this.write({ conversation: id, ...(await this.changed(id, changes)), ...further });
	}

	/** Older messages: what is here already knows better. `asOf`: the cursor when they were asked for. */
	async page(id: string, page: MessagePage, asOf: number): Promise<void> {
		const { items, page_token: older } = page;
		const held = await this.replica.messages.bulkGet(items.map((item): [string, string] => [id, item.message_group]));
		const fresh = items.filter((_, place) => (held[place]?.version ?? -1) < 0);
		const read = await this.read(
			id,
			fresh.map((message) => ({ message, version: asOf }))
		);
		await this.write({ conversation: id, ...read, reactions: page.reactions ?? [], older });
	}

	write(batch: Batch): Promise<void> {
		return write(this.replica, this.me, batch);
	}

	// --- keys ---------------------------------------------------------------------------------------------------------

	/** Give the machine one's keys for a conversation, and open what could not be opened without them. */
	async takeKeys(id: string, rows: PrivateKeyRow[]): Promise<void> {
		this.readied.add(id);
		if (rows.length === 0) return;
		await this.machine.addPrivateKeys(id, rows);
		await this.reopen(id);
	}

	/** The machine has one's keys for the conversation, as far as they are here. */
	async ready(id: string): Promise<void> {
		if (this.readied.has(id)) return;
		this.readied.add(id);
		const kept = await this.replica.own_keys.get(id);
		if (kept?.rows.length) await this.machine.addPrivateKeys(id, kept.rows);
	}

	private async reopen(id: string): Promise<void> {
		const locked = await this.replica.messages
			.where('[conversation+unreadable.code]')
			.equals([id, 'key_missing'])
			.toArray();
		if (locked.length === 0) return;
		const read = await this.read(
			id,
			locked.map((row) => ({ message: asWire(row), version: row.version }))
		);
		await this.replica.transaction('rw', this.replica.messages, async () => {
			for (const row of read.messages ?? []) {
				const now = await this.replica.messages.get([id, row.id]);
				if (now && now.version === row.version) await this.replica.messages.put(row);
			}
		});
	}

	// --- changes ------------------------------------------------------------------------------------------------------

	private async changed(id: string, changes: Change[], where?: Where): Promise<Partial<Batch>> {
		const links = new Map<number, Link>();
		const incoming: Incoming[] = [];
		const batch: Required<Pick<Batch, 'gone' | 'reactions' | 'members' | 'keys'>> & Partial<Batch> = {
			gone: [],
			reactions: [],
			members: [],
			keys: []
		};
		for (const change of changes) {
			const version = change.version;
			if (change.kind === 'message') {
				if (change.deleted || !change.data) batch.gone.push({ id: change.id, version });
				else incoming.push({ message: change.data, version });
			} else if (change.kind === 'reaction') batch.reactions.push(change);
			else if (change.kind === 'conversation') batch.wire = change.data;
			else if (change.kind === 'member') {
				batch.members.push({ user: change.id, left: change.deleted, ...roleOf(change.data) });
			} else if (change.kind === 'key') {
				batch.keys.push({ user: change.data.user_id, version, jwk: change.data.public_key as JsonObject });
			} else if (change.kind === 'link') links.set(change.data.seq, change.data.link as Link);
		}
		const gone = batch.members.filter(({ left }) => left).map(({ user }) => user);
		if (gone.length) this.left(gone);
		where ??= await this.where(id);
		if (links.size) {
			// Where the whole chain came with the answer, its links are in it already.
			where.chain ??= batch.chain = await this.trust.advance(id, links);
		}
		return { ...batch, ...(await this.proven(id, batch.members, where)), ...(await this.read(id, incoming, where)) };
	}

	/** Who is in a sealed conversation says its chain; of the server's word on members, only the roles count. */
	private async proven(id: string, members: Members, where: Where): Promise<Partial<Batch>> {
		const sealed = where.chain ?? (members.length ? await this.trust.chain(id) : null);
		if (!sealed?.state.head) return {};
		const roster = Object.keys(sealed.state.members);
		const roles = members.filter(({ user }) => roster.includes(user)).map((one) => ({ ...one, left: false }));
		return { roster, members: roles };
	}

	// --- opening ------------------------------------------------------------------------------------------------------

	private async where(id: string): Promise<Where> {
		const row = await this.replica.conversations.get(id);
		return { encrypted: row?.encrypted ?? true, chain: null };
	}

	/** Messages opened, or with the reason why not. */
	private async read(id: string, incoming: Incoming[], where?: Where): Promise<Partial<Batch>> {
		if (incoming.length === 0) return {};
		const { encrypted, chain } = where ?? (await this.where(id));
		const held = await this.replica.messages.bulkGet(
			incoming.map(({ message }): [string, string] => [id, message.message_group])
		);
		const reads = await Promise.all(
			incoming.map((one, place) =>
				one.message.removed_by ? gone(one.message) : encrypted ? this.kept(one, held[place]) : plain(one.message)
			)
		);
		const sealed = [...incoming.keys()].filter((place) => reads[place] === null);
		if (sealed.length) {
			const wanted = sealed.map((place) => ({ message: incoming[place]!.message, held: held[place] }));
			const opened = await this.open(id, wanted, chain ?? (await this.trust.chain(id)));
			sealed.forEach((place, at) => (reads[place] = opened[at]!));
		}
		return this.batch(
			id,
			incoming,
			reads.map((read) => read!)
		);
	}

	private async batch(id: string, incoming: Incoming[], reads: Read[]): Promise<Partial<Batch>> {
		const reacting = new Map<string, ReactBody['react']>();
		const messages = await Promise.all(
			incoming.map(async (one, place) => {
				const read = reads[place]!;
				if (read.body && 'react' in read.body) reacting.set(one.message.message_group, read.body.react);
				const box = read.box ?? (read.body ? await this.bodies.seal(read.body) : null);
				return messageRow(id, one, { ...read, box });
			})
		);
		return { messages, reacting };
	}

	/** What was opened before need not be opened again. */
	private async kept({ message }: Incoming, held: MessageRow | undefined): Promise<Read | null> {
		if (!held?.body || !message.sealed || held.sealed !== message.sealed || held.rev !== message.rev) return null;
		return { body: await this.bodies.open<Body>(held.body), box: held.body, sentAt: held.sent_at };
	}

	private async open(
		id: string,
		wanted: { message: WireMessage; held: MessageRow | undefined }[],
		chain: ChainRow
	): Promise<Read[]> {
		await this.ready(id);
		const known = await this.trust.known(wanted.map(({ message }) => message.sender));
		const requests = wanted.map(({ message, held }) => request(id, message, held, known[message.sender], chain));
		const opened = await this.machine.openMany(requests.filter((one) => one !== null));
		const answers = requests.map((one) => (one ? opened.shift()! : NO_IDENTITY));
		return Promise.all(
			answers.map(async (answer, place) => {
				const asked = requests[place];
				if (asked && 'refused' in answer && MAYBE_NEW_KEY.includes(answer.refused)) {
					answer = await this.again(asked, answer, known);
				}
				return readOf(answer, wanted[place]!.message);
			})
		);
	}

	/** A message that is kept nowhere, opened. */
	async glance(id: string, message: WireMessage): Promise<Read> {
		const { encrypted } = await this.where(id);
		if (!encrypted) return plain(message);
		return (await this.open(id, [{ message, held: undefined }], await this.trust.chain(id)))[0]!;
	}

	/** The author may have a new identity key that this client has not seen. */
	private async again(asked: OpenRequest, refusal: Refusal, known: KnownUsers): Promise<Opened | Refusal> {
		const author = (await this.trust.known([asked.from], true))[asked.from];
		if (!author || author.ik === known[asked.from]?.ik) return refusal;
		return (await this.machine.openMany([{ ...asked, author }]))[0]!;
	}
}

const NO_IDENTITY: Refusal = {
	refused: 'signature_missing',
	sentence: 'The author of this message has no identity key, so nobody knows who wrote it.'
};

function request(
	conversation: string,
	message: WireMessage,
	held: MessageRow | undefined,
	author: Known | undefined,
	chain: ChainRow
): OpenRequest | null {
	if (!author) return null;
	return {
		conversation,
		message: message.message_group,
		sealed: message.sealed ?? null,
		copy: message.sealed ? message.content : null,
		from: message.sender,
		rev: message.rev,
		index: message.index,
		position: message.position,
		device: message.device_id,
		author,
		chain: chain.state,
		held: held?.sealed ? { rev: held.rev, sealed: held.sealed } : null
	};
}

function readOf(answer: Opened | Refusal, message: WireMessage): Read {
	if ('refused' in answer) {
		const unreadable = { code: answer.refused, sentence: answer.sentence };
		return { body: null, box: null, sentAt: Date.parse(message.inserted_at), unreadable };
	}
	return { body: answer.body, box: null, sentAt: Date.parse(answer.sentAt) };
}

/** A message whose text nobody has any more. */
function gone(message: WireMessage): Read {
	return { body: null, box: null, sentAt: Date.parse(message.inserted_at) };
}

/** A message of a plaintext conversation. */
function plain(message: WireMessage): Read {
	const reply = message.reply_to ? { reply_to: message.reply_to } : {};
	const subject = message.subject ? { subject: message.subject } : {};
	const body = { text: message.content ?? '', ...subject, ...reply };
	return { body, box: null, sentAt: Date.parse(message.inserted_at) };
}

/** As the server showed it, to be opened again. */
function asWire(row: MessageRow): WireMessage {
	const [index, sender, device_id, position] = row.place;
	const at = new Date(row.at).toISOString();
	return {
		id: row.id,
		message_group: row.id,
		sender,
		content: row.copy,
		sealed: row.sealed,
		inserted_at: at,
		updated_at: at,
		index,
		position,
		device_id,
		rev: row.rev
	};
}

function roleOf(data: WireMember | null): { role?: string; muted?: boolean } {
	return data ? { role: data.role, muted: data.muted ?? false } : {};
}
