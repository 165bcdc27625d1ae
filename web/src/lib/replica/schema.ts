/**
 * The replica: what this browser knows, in IndexedDB, one database for each account that signed in here.
 *
 * The screen shows the replica, always. Rows that the server knows carry its `version`; a row is never replaced by a
 * lower one, and what is deleted stays as a tombstone, so that a late push cannot bring it back (protocol, 2). Text is
 * kept under the device key (`Box`): neither a message nor a draft lies readable on the disk.
 */
import { Dexie, type DexieOptions, type EntityTable, type Table } from 'dexie';
import type { ChainState, JsonObject, Known, PrivateKeyRow, Seen } from '../crypto/types.ts';

export interface Trouble {
	code: string;
	sentence: string;
}

/** JSON under the device key (`crypto/atrest.ts`). */
export interface Box {
	iv: Uint8Array<ArrayBuffer>;
	ct: Uint8Array<ArrayBuffer>;
}

/** The place in the reading order, as one sortable array: index, owner, device, position, id (protocol, 4). */
export type Place = [index: number, owner: string, device: string, position: number, id: string];

/** Keys of IndexedDB before and after everything that stands in an index here: numbers, text, arrays of them. */
export const FIRST = -Infinity;
export const LAST = [[]];

/** Single values by name: `session`, `stream`, `me`, `own_keys`, `kept_key`. */
export interface Fact {
	name: string;
	value: unknown;
}

export interface PersonRow {
	id: string;
	name: string;
	display_name: string;
	email: string | null;
	about: string;
	picture: string | null;
	/** A program's account. Absent in what was kept before there were any. */
	bot?: boolean;
}

export type KnownRow = Known;

export interface ConversationRow {
	id: string;
	kind: 'private' | 'group' | 'channel' | 'room';
	alias: string | null;
	encrypted: boolean;
	sealed: boolean;
	history: string;
	/** Its policies, as the server says: who comes in, changes, reads and writes here, and how many let somebody in. */
	joining: string;
	changing: string;
	reading: string;
	posting: string;
	/** Whose order it is. */
	placing: string;
	approvals: number;
	/** Seconds that a message lasts unless it says otherwise; null: for good. */
	expires_in: number | null;
	/** In its address; null: it has none. */
	name: string | null;
	about: string;
	picture: string | null;
	role: string;
	/** The last version applied here, of which epoch; -1: nothing was read yet. */
	cursor: number;
	epoch: string;
	/** The server's version as last heard; above `cursor`: there is something to fetch. */
	head: number;
	/** Where older messages go on; null: all of the past is here; undefined: nothing was loaded yet. */
	older: string | null | undefined;
	/** No longer a member: what was visible stays, nothing can be written. */
	left: boolean;
	/** The last moment that anything was said, in milliseconds: the order of the list. */
	activity: number;
	/** When this browser showed it last, in milliseconds: what is open lately holds full history. */
	opened: number;
	/** The latest shown message, for the list: its id. */
	latest: string | null;
	unread: number;
	/** Up to when I have read, in milliseconds. */
	read: number;
	top_index: number;
	/** The other one in a private conversation. */
	other?: string;
	/** Waiting to be made on the server: made here, offline perhaps. */
	pending: boolean;
	/** Why nothing is sent for now: an identity key changed, another's after it was verified or one's own. */
	held: Trouble | null;
	/** Beginning it, or changing its members or name, was refused. */
	refused: (Trouble & { operation: string }) | null;
}

export interface MemberRow {
	conversation: string;
	user: string;
	role: string;
	/** They may not write, by a moderator's word. */
	muted?: boolean;
	left: boolean;
	/** Up to when they have read, in milliseconds; 0: never. */
	read: number;
}

export interface MessageRow {
	conversation: string;
	id: string;
	place: Place;
	/** -1: not on the server yet. */
	version: number;
	rev: number;
	sender: string;
	/** When the server took it, in milliseconds (until then one's own clock): what unread marks compare with. */
	at: number;
	/** When it was composed, in milliseconds, as signed; for plaintext the server's time. */
	sent_at: number;
	deleted: boolean;
	/** `{text, subject?, reply_to?}`, or a reaction; null: deleted, or it could not be opened. */
	body: Box | null;
	/** Whether it is shown as a message: a reaction in an encrypted conversation is not. 1 or 0, for the index. */
	shown: 0 | 1;
	/** When it goes, in milliseconds; absent: it stays. */
	expires?: number;
	/** A moderator took it away. */
	removed?: { by: string; reason: string };
	/** The envelope and one's own copy, to share it with who comes later. */
	sealed: string | null;
	copy: string | null;
	/** Why it could not be opened: a code of `crypto`'s Refused. */
	unreadable?: Trouble;
	/** Not yet on the server: the outbox has it. */
	waiting: boolean;
	/** An edit (a body) or deletion (null) of one's own that the server has not taken; shown in place of `body`. */
	change: { operation: string; body: Box | null } | null;
	/** The server's refusal of a write of one's own to it. */
	refused: (Trouble & { operation: string }) | null;
}

export interface ReactionRow {
	conversation: string;
	message: string;
	user: string;
	emoji: string;
	on: boolean;
	/** Of the server's row, in plaintext conversations. */
	version: number;
	/** The server's id of the row, in plaintext conversations. */
	row?: string;
	/** In encrypted conversations: that of the envelope that says so; a later one prevails. */
	place: Place | null;
	/** One's own that the server has not taken; shown in place of `on`. */
	change: { operation: string; on: boolean } | null;
}

/** The newest key of a member, as the server shows it; the machine judges it whenever it is used. */
export interface KeyRow {
	conversation: string;
	user: string;
	version: number;
	jwk: JsonObject;
	/** What was encrypted to last, and which identity key signed it: under that, never to an older one again. */
	seen: (Seen & { ik: string }) | null;
}

/** One's own keys for a conversation, their private parts wrapped, for the machine after a restart. */
export interface OwnKeyRow {
	conversation: string;
	rows: PrivateKeyRow[];
}

/** The membership chain as far as it was verified. */
export interface ChainRow {
	conversation: string;
	state: ChainState;
	/** Why what the server shows beyond it cannot be believed, if so. */
	refused: Trouble | null;
}

/** An operation not yet acknowledged. `seq` is the order in which they are sent, for each conversation one by one. */
export interface OutboxRow {
	seq: number;
	/** `op_id`, or the message's id. */
	id: string;
	conversation: string | null;
	/** The event, as `send_message`; or an HTTP write, as `PATCH /api/profile`. */
	what: string;
	/** The message that it is about. */
	message: string | null;
	/** The operation in plain (`operations.ts`), under the device key. */
	operation: Box;
	/** The last sealed request, under the device key: sent again, byte for byte, after silence. */
	request: Box | null;
	/** How often it was sealed anew after a refusal. */
	tries: number;
	state: 'waiting' | 'refused';
	refused: Trouble | null;
	at: number;
}

/** What one set for oneself: `block` or `watch` a user, `mute` a conversation. */
export interface ChoiceRow {
	kind: string;
	about: string;
}

export interface DraftRow {
	conversation: string;
	draft: Box;
	at: number;
}

export class Replica extends Dexie {
	facts!: EntityTable<Fact, 'name'>;
	people!: EntityTable<PersonRow, 'id'>;
	known!: EntityTable<KnownRow, 'user'>;
	conversations!: EntityTable<ConversationRow, 'id'>;
	members!: Table<MemberRow, [string, string]>;
	messages!: Table<MessageRow, [string, string]>;
	reactions!: Table<ReactionRow, [string, string, string, string]>;
	keys!: Table<KeyRow, [string, string]>;
	own_keys!: EntityTable<OwnKeyRow, 'conversation'>;
	chains!: EntityTable<ChainRow, 'conversation'>;
	outbox!: EntityTable<OutboxRow, 'seq'>;
	drafts!: EntityTable<DraftRow, 'conversation'>;
	choices!: Table<ChoiceRow, [string, string]>;

	/**
	 * `options`: another IndexedDB than the browser's, for tests. Dexie's cache is off: after a page of rows was written at
	 * once it went on answering a window with what had been there before.
	 */
	constructor(account: string, options: DexieOptions = {}) {
		super(`hubbub-${account}`, { cache: 'disabled', ...options });
		this.version(1).stores({
			facts: 'name',
			people: 'id, name',
			known: 'user',
			conversations: 'id, activity, other',
			members: '[conversation+user], conversation',
			messages:
				'[conversation+id], [conversation+shown+place], [conversation+place], [conversation+at], ' +
				'[conversation+unreadable.code], expires',
			reactions: '[conversation+message+user+emoji], [conversation+message], row',
			keys: '[conversation+user], conversation',
			own_keys: 'conversation',
			chains: 'conversation',
			outbox: '++seq, &id, conversation, state',
			drafts: 'conversation',
			choices: '[kind+about], kind'
		});
	}
}
