// The crypto of one signed-in user: bytes in, bytes out, no network, nothing on disk. It runs in a Worker (client.ts) or
// directly (tests, Node). What a client keeps between runs (what it believes of others, the state of the chains) it
// hands in and gets back.

import { fromB64u, KEY_BYTES, random } from './bytes.ts';
import * as chains from './chain.ts';
import {
	openBody,
	openCopy,
	readEnvelope,
	sealCopies,
	sealMessage,
	type Envelope,
	type Recipients
} from './envelope.ts';
import * as identities from './identity.ts';
import { judgeKey, judgeMemberKey, Keyring } from './keys.ts';
import { openNote, sealNote } from './notes.ts';
import * as passwords from './passwords.ts';
import { entryOf } from './records.ts';
import { Refused } from './refused.ts';
import { safetyNumber } from './safety.ts';
import {
	keepOnDevice,
	openFromDevice,
	openWithPasskey,
	openWithPassword,
	openWithWords,
	passkeyKey,
	recoveryKey,
	sealSlot
} from './slots.ts';
import type {
	Action,
	B64u,
	Bytes,
	ChainState,
	Derived,
	IdentityEntry,
	JsonObject,
	Kdf,
	Kept,
	KeyPair,
	Known,
	KnownUsers,
	Link,
	Me,
	Named,
	NewAccount,
	NewKeys,
	NoteRequest,
	Opened,
	OpenRequest,
	OwnKeys,
	PrivateKeyRow,
	Refusal,
	SealedMessage,
	SealRequest,
	Seen,
	ShareRequest,
	ShownNote,
	Slot,
	SlotName
} from './types.ts';
import { wordsOf } from './words.ts';

/** How many messages are opened at once: enough to keep the browser's crypto threads busy. */
const AT_ONCE = 64;

interface Unlocked {
	accountKey: Bytes;
	identity: identities.Identity;
	seq: number;
	keys: Keyring;
}

/** All of it throws `Refused`; what needs keys throws `key_missing` while locked. State is in memory only. */
export class Machine {
	#unlocked: Unlocked | null = null;

	/** Who is unlocked; null while locked. */
	async me(): Promise<Me | null> {
		return this.#unlocked && meOf(this.#unlocked);
	}

	// --- the password ---------------------------------------------------------------------------------------------

	async newKdf(): Promise<Kdf> {
		return passwords.newKdf();
	}

	/** Takes about half a second and the memory that `kdf` asks for. `weak_kdf` */
	async deriveSecret(password: string, kdf: Kdf | null | undefined): Promise<Derived> {
		return passwords.deriveSecret(password, kdf);
	}

	// --- one's own keys -------------------------------------------------------------------------------------------

	/** Makes all keys of a new user and is then unlocked. */
	async createAccount(user: string, passwordKey: Bytes): Promise<NewAccount> {
		return this.#underPassword(await this.createKeys(user), passwordKey);
	}

	/** As `createAccount`, for an account without a password. */
	async createKeys(user: string): Promise<NewKeys> {
		return this.#make(user, 1, null, 1);
	}

	/** New keys for a user whose account key is lost: what was sealed before stays sealed. `identity_invalid` */
	async startAnew(own: OwnKeys, passwordKey: Bytes): Promise<NewAccount> {
		return this.#underPassword(await this.startKeysAnew(own), passwordKey);
	}

	/** As `startAnew`, for an account without a password. */
	async startKeysAnew(own: OwnKeys): Promise<NewKeys> {
		if (own.identity.length > 0) await identities.verifyHistory(own.user_id, own.identity);
		const gen = Math.max(0, ...own.user_keys.map((key) => key.gen)) + 1;
		const lost = own.identity.at(-1)?.ik ?? null;
		return this.#make(own.user_id, own.identity.length + 1, lost, gen);
	}

	/** `slot_missing`, `slot_wrong`, `identity_invalid`, `key_missing`, `key_swapped`, `key_unsigned` */
	async unlock(own: OwnKeys, passwordKey: Bytes): Promise<Me> {
		return this.#take(own, await openWithPassword(own.user_id, own.slots.password, passwordKey));
	}

	/** As `unlock`, with what the authenticator of this passkey gave. */
	async unlockWithPasskey(own: OwnKeys, passkey: string, prf: Bytes): Promise<Me> {
		const name: SlotName = `passkey:${passkey}`;
		return this.#take(own, await openWithPasskey(own.user_id, name, own.slots[name], prf));
	}

	/** As `unlock`; `wrong_words` instead of `slot_wrong`. */
	async unlockWithWords(own: OwnKeys, words: string[]): Promise<Me> {
		return this.#take(own, await openWithWords(own.user_id, own.slots.recovery, words));
	}

	/** The account key under a new password. */
	async newPasswordSlot(passwordKey: Bytes): Promise<Slot> {
		const { accountKey, identity } = this.#keys();
		return sealSlot(passwordKey, accountKey, identity.user, 'password');
	}

	/** The account key under what the authenticator of a passkey gave. */
	async newPasskeySlot(passkey: string, prf: Bytes): Promise<Slot> {
		const { accountKey, identity } = this.#keys();
		return sealSlot(passkeyKey(prf), accountKey, identity.user, `passkey:${passkey}`);
	}

	/** The account key under new recovery words; the old ones open nothing once this slot is stored. */
	async newRecoverySlot(): Promise<{ slot: Slot; words: string[] }> {
		const { accountKey, identity } = this.#keys();
		const code = random(KEY_BYTES);
		return { slot: await sealSlot(recoveryKey(code), accountKey, identity.user, 'recovery'), words: wordsOf(code) };
	}

	/** The account key for a restart without network, bound to the user. */
	async keep(deviceKey: CryptoKey): Promise<Kept> {
		const { accountKey, identity } = this.#keys();
		return keepOnDevice(deviceKey, accountKey, identity.user);
	}

	/** As `unlock`, with what `keep` gave; `slot_wrong` when it was kept under another device key or for another user. */
	async resume(own: OwnKeys, kept: Kept, deviceKey: CryptoKey): Promise<Me> {
		return this.#take(own, await openFromDevice(deviceKey, kept, own.user_id));
	}

	/** Forgets every key. */
	async lock(): Promise<void> {
		this.#unlocked = null;
	}

	/** A new key of one's own; `gen` is above every one of one's keys that was used in this conversation. */
	async newConversationKey(conversation: string, gen: number): Promise<KeyPair> {
		const { keys, identity, accountKey } = this.#keys();
		return keys.make(identity, accountKey, conversation, gen);
	}

	/** Takes one's keys of a conversation in; answers the `kid`s that open copies now. Others are passed over. */
	async addPrivateKeys(conversation: string, rows: PrivateKeyRow[]): Promise<string[]> {
		const { keys, accountKey } = this.#keys();
		return keys.add(accountKey, conversation, rows);
	}

	// --- members --------------------------------------------------------------------------------------------------

	/** The links that begin a sealed conversation; `members` begins with oneself. */
	async found(conversation: string, members: Named[], approvals = 1): Promise<Link[]> {
		return chains.found(conversation, members, this.#keys().identity, approvals);
	}

	/** The next link after `chain`. For `remove` and `leave`, `member` is as the chain has them. */
	async link(chain: ChainState, action: Action, member: Named): Promise<Link> {
		return chains.signLink(chain, action, member, this.#keys().identity);
	}

	/** `chain` with verified `links` that follow its head. `chain_invalid`, `ghost_member`, `key_swapped` */
	async advance(chain: ChainState, links: Link[], known: KnownUsers): Promise<ChainState> {
		return chains.advance(chain, links, known);
	}

	/**
	 * `chain` brought up to the whole chain that the server shows, of which it must be the beginning.
	 * `chain_forked`, and as `advance`
	 */
	async follow(chain: ChainState, whole: Link[], known: KnownUsers): Promise<ChainState> {
		return chains.follow(chain, whole, known);
	}

	/** First use is trusted, a change noted. `identity_invalid` */
	async judgeIdentity(known: Known | null, user: string, history: IdentityEntry[]): Promise<Known> {
		return identities.judgeIdentity(known, user, history);
	}

	/**
	 * Whether `jwk` may be encrypted to; `seen` is what was before. `conversation`: null for a user's own key.
	 * `key_unsigned`, `ghost_member`, `key_swapped`, `identity_changed`, `older_gen`
	 */
	async judgeKey(
		known: Known,
		chain: ChainState | null,
		conversation: string | null,
		user: string,
		jwk: JsonObject,
		seen: Seen | null = null
	): Promise<Seen> {
		return judgeKey(known, chain, conversation, user, jwk, seen);
	}

	/** 60 digits that both see alike. */
	async safetyNumber(me: { user: string; ik: string }, them: { user: string; ik: string }): Promise<string> {
		return safetyNumber(me, them);
	}

	// --- messages -------------------------------------------------------------------------------------------------

	/** As `judgeKey` for each recipient; `identity_changed` also for a verified one whose new key waits for consent. */
	async seal(request: SealRequest): Promise<SealedMessage> {
		const { conversation, message, rev, device, index, position, body, sentAt, chain } = request;
		const { identity } = this.#keys();
		if (chain.conversation !== conversation) throw new Refused('header_mismatch');
		const judged = await judgeAll(request.recipients, request);
		const members = chain.head ?? '';
		const stated = { conversation, message, rev, device, index, position, members, sent_at: sentAt };
		return { ...(await sealMessage(body, stated, identity, judged.recipients)), seen: judged.seen };
	}

	/**
	 * What `author` wrote, once everything about it holds. `not_sealed`, `signature_missing`, `signature_wrong`,
	 * `header_mismatch`, `replayed`, `ghost_member`, `copy_missing`, `key_missing`, `altered`
	 */
	async open(request: OpenRequest): Promise<Opened> {
		const { keys, identity } = this.#keys();
		const envelope = await readEnvelope(request.sealed);
		requirePlace(envelope, request);
		const { from, ik, members, sent_at } = envelope.header;
		chains.requireAuthor(request.chain, from, ik, members);
		const contentKey = await openCopy(envelope, request.copy, identity.user, keys);
		return { body: await openBody(envelope, contentKey), sentAt: sent_at, members };
	}

	/** Each opened or refused, in order; pipelined. */
	async openMany(requests: OpenRequest[]): Promise<(Opened | Refusal)[]> {
		const opened: (Opened | Refusal)[] = [];
		for (let at = 0; at < requests.length; at += AT_ONCE) {
			const some = requests.slice(at, at + AT_ONCE);
			opened.push(...(await Promise.all(some.map((request) => this.open(request).catch(asRefusal)))));
		}
		return opened;
	}

	/** Copies of a message for members without one. As `judgeKey` for each of `to`, and as `open` for one's own copy. */
	async share(request: ShareRequest): Promise<Record<string, string>> {
		const { keys, identity } = this.#keys();
		const envelope = await readEnvelope(request.sealed);
		if (envelope.header.conversation !== request.chain.conversation) throw new Refused('header_mismatch');
		const { recipients } = await judgeAll(request.to, request);
		const contentKey = await openCopy(envelope, request.copy, identity.user, keys);
		return sealCopies(contentKey, envelope.headerBytes, recipients);
	}

	// --- asking to be let in --------------------------------------------------------------------------------------

	/** For the owner of a group that one asks to be let into. `key_unsigned`, `key_swapped`, `identity_changed` */
	async sealNote({ conversation, text, owner, key }: NoteRequest): Promise<B64u> {
		const { identity } = this.#keys();
		identities.requireSettled(owner);
		const { kid } = await judgeKey(owner, null, conversation, owner.user, key);
		return sealNote(text, conversation, { kid, x: fromB64u(key.x, KEY_BYTES)! }, identity);
	}

	/** What somebody said who asks to be let in. `altered`, `key_missing`, `signature_wrong` */
	async openNote({ conversation, note, author }: ShownNote): Promise<string> {
		return openNote(note, conversation, author, this.#keys().keys);
	}

	// --- inside ---------------------------------------------------------------------------------------------------

	#keys(): Unlocked {
		if (this.#unlocked === null) throw new Refused('key_missing', 'The keys of this account are locked. Sign in.');
		return this.#unlocked;
	}

	async #underPassword(made: NewKeys, passwordKey: Bytes): Promise<NewAccount> {
		return { ...made, slots: { ...made.slots, password: await this.newPasswordSlot(passwordKey) } };
	}

	async #make(user: string, seq: number, previousIk: string | null, gen: number): Promise<NewKeys> {
		const accountKey = random(KEY_BYTES);
		const identity = await identities.makeIdentity(user);
		const keys = new Keyring();
		const userKey = await keys.make(identity, accountKey, null, gen);
		const entry = await identities.identityEntry(identity, accountKey, seq, previousIk);
		this.#unlocked = { accountKey, identity, seq, keys };
		const { slot: recovery, words } = await this.newRecoverySlot();
		return { slots: { recovery }, identity: entry, user_key: userKey, words };
	}

	/** Everything is checked before anything is believed: the server has these rows, and might swap one. */
	async #take(own: OwnKeys, accountKey: Bytes): Promise<Me> {
		const newest = own.identity.at(-1);
		if (!newest) throw new Refused('key_missing', 'The server shows no keys of this account.');
		const known = await identities.judgeIdentity(null, own.user_id, own.identity);
		const identity = await identities.openIdentity(own.user_id, known.ik, newest.wrapped_seed, accountKey);
		const current = own.user_keys.toSorted((one, other) => other.gen - one.gen)[0];
		if (current) await judgeKey(known, null, null, own.user_id, current.public_key);
		const keys = new Keyring();
		await keys.add(accountKey, null, own.user_keys);
		this.#unlocked = { accountKey, identity, seq: known.seq, keys };
		return meOf(this.#unlocked);
	}
}

function meOf({ identity, seq }: Unlocked): Me {
	return { user: identity.user, ik: identity.ik, seq };
}

interface Judging {
	chain: ChainState;
	known: KnownUsers;
	seen: Record<string, Seen>;
}

/** Every key anew, each time: so no caller can encrypt to one that was never judged. */
async function judgeAll(
	jwks: Record<string, JsonObject>,
	{ chain, known, seen }: Judging
): Promise<{ recipients: Recipients; seen: Record<string, Seen> }> {
	const judged = await Promise.all(
		Object.entries(jwks).map(async ([user, jwk]) => {
			const believed = entryOf(known, user);
			if (!believed) throw new Refused('ghost_member');
			identities.requireSettled(believed);
			return [user, await judgeMemberKey(believed, chain, jwk, entryOf(seen, user))] as const;
		})
	);
	const now = Object.fromEntries(judged.map(([user, { gen, kid }]) => [user, { gen, kid }]));
	return { recipients: judged.map(([user, key]) => [user, key]), seen: { ...seen, ...now } };
}

/** It is its author's, the message that it is shown as, where it is shown, and not an older state of it. */
function requirePlace({ header }: Envelope, request: OpenRequest): void {
	const { author, chain, conversation, from } = request;
	const isSame = (name: 'conversation' | 'message' | 'rev' | 'device' | 'index' | 'position') =>
		header[name] === request[name];
	if (header.from !== from || author.user !== from) throw new Refused('header_mismatch');
	if (!identities.had(author, header.ik)) throw new Refused('signature_wrong');
	if (!isSame('conversation') || !isSame('message') || !isSame('rev') || isReplay(header.rev, request)) {
		throw new Refused('replayed');
	}
	if (!isSame('device') || !isSame('index') || !isSame('position') || chain.conversation !== conversation) {
		throw new Refused('header_mismatch');
	}
}

function isReplay(rev: number, { held, sealed }: OpenRequest): boolean {
	return held !== null && (rev < held.rev || (rev === held.rev && sealed !== held.sealed));
}

function asRefusal(thrown: unknown): Refusal {
	if (thrown instanceof Refused) return { refused: thrown.code, sentence: thrown.sentence };
	throw thrown;
}
