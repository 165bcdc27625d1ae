// What goes into the crypto machine and comes out of it. Keys, hashes and signatures are text (b64u) wherever
// they cross the network or are kept; raw bytes are `Bytes`.

export type Bytes = Uint8Array<ArrayBuffer>;

/** Text of bytes: base64url without padding, in its one canonical form. */
export type B64u = string;

export type { RefusedCode } from './refused.ts';
export { Refused } from './refused.ts';
import type { RefusedCode } from './refused.ts';

// --- what opens the account key ------------------------------------------------------------------------------

/** How the password is stretched: Argon2id over `m` KiB, `t` passes, `p` lanes, 16 bytes of salt. */
export interface Kdf {
	salt: B64u;
	m: number;
	t: number;
	p: number;
}

/** The account key, sealed under what opens the slot. */
export interface Slot {
	v: 1;
	enc: 'A256GCM';
	iv: B64u;
	ct: B64u;
}

export type SlotName = 'password' | 'recovery' | `passkey:${string}`;

/** `secret` is sent as the password; `passwordKey` opens the password slot and stays here. */
export interface Derived {
	secret: B64u;
	passwordKey: Bytes;
}

/** The account key under the device key, as `keep` gives it for the replica. */
export interface Kept {
	iv: Bytes;
	ct: Bytes;
}

// --- keys ----------------------------------------------------------------------------------------------------

/** A signed X25519 key. */
export interface PublicKey {
	kty: 'OKP';
	crv: 'X25519';
	x: B64u;
	use: 'enc';
	kid: B64u;
	gen: number;
	ik: B64u;
	sig: B64u;
}

/** The private part of an X25519 key under the account key. */
export interface WrappedKey {
	v: 1;
	enc: 'A256GCM';
	kid: B64u;
	iv: B64u;
	ct: B64u;
}

/** A key as the server shows it: any JSON until the machine has judged it. */
export type JsonObject = Record<string, unknown>;

export interface KeyPair {
	public_key: PublicKey;
	private_key: WrappedKey;
}

export interface PrivateKeyRow {
	gen: number;
	public_key: JsonObject;
	private_key: JsonObject | null;
}

/** One entry of the history of a user's identity key; `seq` counts from 1. */
export interface IdentityEntry {
	ik: B64u;
	seq: number;
	signature: B64u;
	previous_signature: B64u | null;
}

export interface NewIdentityKey extends IdentityEntry {
	wrapped_seed: string;
}

export type NewUserKey = KeyPair;

/** The answer of `GET /api/keys`, as far as the machine reads it. */
export interface OwnKeys {
	user_id: string;
	identity: (IdentityEntry & { wrapped_seed: string | null })[];
	user_keys: PrivateKeyRow[];
	slots: Partial<Record<SlotName, Slot>>;
}

/** What a new account sends to the server, and the words that the person writes down. */
export interface NewKeys {
	slots: { recovery: Slot };
	identity: NewIdentityKey;
	user_key: NewUserKey;
	words: string[];
}

/** The same, of an account with a password. */
export interface NewAccount extends NewKeys {
	slots: { password: Slot; recovery: Slot };
}

export interface Me {
	user: string;
	ik: B64u;
	seq: number;
}

/**
 * What this client believes of a user's identity; the replica keeps it.
 *
 * `earlier` are the keys before `ik`, which old links and messages were signed with. `changed` says that the key is
 * another than at the last look, and whether the old one vouched for it. `verified` is the person's own comparison
 * of safety numbers, of the key that was current then; `accepted` is their consent to the changed key.
 */
export interface Known {
	user: string;
	ik: B64u;
	seq: number;
	earlier: B64u[];
	verified: boolean;
	changed: null | { from: B64u; vouched: boolean };
	accepted: boolean;
}

export type KnownUsers = Record<string, Known>;

// --- the membership chain --------------------------------------------------------------------------------------

export type Action = 'create' | 'add' | 'approve' | 'remove' | 'leave';

export interface Link {
	action: Action;
	user: string;
	user_ik: B64u;
	gen: number;
	actor: string;
	signature: B64u;
	/** Said by `create` alone: how many members a later newcomer needs (1 unless it says otherwise), 0 for all. */
	approvals?: number;
}

/** Whom a link is about: `gen` is that of the key that is sealed to. */
export interface Named {
	user: string;
	ik: B64u;
	gen: number;
}

/** A membership under one identity key: from the head of this number (0 is the first) to before `to` (null: still). */
export interface Term {
	ik: B64u;
	from: number;
	to: number | null;
}

/**
 * A verified chain and what it proves; plain JSON, kept by the replica, begun with `newChain`.
 *
 * `heads[n]` is the head after link n, counted from 0; `terms` says who was a member at which, for a message names
 * the head that its author saw. `consents` are approvals of newcomers: newcomer, giver, the newcomer's identity
 * key. `approvals` is how many members must agree to a newcomer, as the first link says; 0: all of them.
 */
export interface ChainState {
	conversation: string;
	head: B64u | null;
	length: number;
	approvals: number;
	members: Record<string, { ik: B64u; gen: number }>;
	consents: Record<string, Record<string, B64u>>;
	heads: B64u[];
	terms: Record<string, Term[]>;
}

/** The key of a user that was sealed to last, which the replica keeps for each conversation. */
export interface Seen {
	gen: number;
	kid: B64u;
}

// --- messages ----------------------------------------------------------------------------------------------------

export interface TextBody {
	text: string;
	/** The line above it; in plaintext conversations alone. */
	subject?: string;
	reply_to?: string;
}

export interface ReactBody {
	react: { to: string; emoji: string; on: boolean };
}

export type Body = TextBody | ReactBody;

/**
 * A message to seal for exactly the members that `chain` proves and that `recipients` has keys of. Every key is judged
 * again here, so that no caller can forget to: `known` holds all recipients and oneself.
 */
export interface SealRequest {
	conversation: string;
	message: string;
	rev: number;
	device: string;
	index: number;
	position: number;
	body: Body;
	/** RFC 3339 in UTC with milliseconds, as `Date.toISOString` gives it. */
	sentAt: string;
	chain: ChainState;
	known: KnownUsers;
	recipients: Record<string, JsonObject>;
	/** By user, what was sealed to before in this conversation: never again to less. */
	seen: Record<string, Seen>;
}

/** What the request carries; `seen` is what the replica keeps for the next. */
export interface SealedMessage {
	sealed: string;
	encrypted_messages: Record<string, string>;
	seen: Record<string, Seen>;
}

/**
 * A message as the server shows it, to check and open. `held` is what this client has of the same message already
 * (null: nothing): an older revision, or other bytes of the same one, is a replay.
 */
export interface OpenRequest {
	conversation: string;
	message: string;
	sealed: string | null;
	copy: string | null;
	from: string;
	rev: number;
	index: number;
	position: number;
	device: string;
	author: Known;
	chain: ChainState;
	held: { rev: number; sealed: string } | null;
}

export interface Opened {
	body: Body;
	sentAt: string;
	/** The head of the chain that the author saw. */
	members: B64u;
}

/** A refusal as data, where many are answered at once. */
export interface Refusal {
	refused: RefusedCode;
	sentence: string;
}

/** What one says who asks to be let into a group: `key` is the group's, which must be its owner's for it. */
export interface NoteRequest {
	conversation: string;
	text: string;
	owner: Known;
	key: JsonObject;
}

/** A note as the server shows it. */
export interface ShownNote {
	conversation: string;
	note: B64u;
	author: Known;
}

/** A message whose content key goes to others: `copy` is one's own. All keys of `to` are judged as in `seal`. */
export interface ShareRequest {
	sealed: string;
	copy: string;
	chain: ChainState;
	known: KnownUsers;
	to: Record<string, JsonObject>;
	seen: Record<string, Seen>;
}
