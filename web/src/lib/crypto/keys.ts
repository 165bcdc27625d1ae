// X25519 keys: one's own for each conversation, and whether one of another may be encrypted to.

import { hkdf, openBox, sealBox } from './aead.ts';
import { b64u, fields, fromB64u, KEY_BYTES, random, SIGNATURE_BYTES } from './bytes.ts';
import { isSealable, isSignedBy, publicX25519 } from './curves.ts';
import { openerOf, type Opener } from './hpke.ts';
import type { Identity } from './identity.ts';
import { entryOf } from './records.ts';
import { Refused } from './refused.ts';
import { keyBytes, thumbprint } from './signing.ts';
import type { Bytes, ChainState, JsonObject, KeyPair, Known, PrivateKeyRow, PublicKey, Seen } from './types.ts';

const MOST_GENERATIONS = 2 ** 31 - 1;

/** One's own private keys, by `kid`. */
export class Keyring {
	readonly #openers = new Map<string, Opener>();

	/** A new key for `conversation` (null: the user's own); it opens copies from now on. */
	async make(identity: Identity, accountKey: Bytes, conversation: string | null, gen: number): Promise<KeyPair> {
		const secret = random(KEY_BYTES);
		const raw = publicX25519(secret);
		const x = b64u(raw);
		const kid = thumbprint(x);
		const sig = b64u(await identity.sign(keyBytes(conversation, identity.user, gen, raw)));
		const info = wrappingInfo(conversation, kid);
		const { v, enc, iv, ct } = await sealBox(hkdf(accountKey, info), secret, info);
		this.#openers.set(kid, await openerOf(secret));
		return {
			public_key: { kty: 'OKP', crv: 'X25519', x, use: 'enc', kid, gen, ik: identity.ik, sig },
			private_key: { v, enc, kid, iv, ct }
		};
	}

	/**
	 * Takes one's keys in; answers the `kid` of each that opens copies now. Those that this account key does not open
	 * are passed over: an earlier one wrapped them, or nobody did.
	 */
	async add(accountKey: Bytes, conversation: string | null, rows: PrivateKeyRow[]): Promise<string[]> {
		const opened = await Promise.all(rows.map((row) => this.#take(accountKey, conversation, row.private_key)));
		return opened.filter((kid) => kid !== null);
	}

	async #take(accountKey: Bytes, conversation: string | null, wrapped: JsonObject | null): Promise<string | null> {
		if (typeof wrapped?.kid !== 'string') return null;
		const info = wrappingInfo(conversation, wrapped.kid);
		const secret = await openBox(hkdf(accountKey, info), wrapped, info);
		if (secret?.length !== KEY_BYTES) return null;
		const kid = thumbprint(b64u(publicX25519(secret)));
		this.#openers.set(kid, await openerOf(secret));
		return kid;
	}

	/** `key_missing` */
	find(kid: string): Opener {
		const opener = this.#openers.get(kid);
		if (!opener) throw new Refused('key_missing');
		return opener;
	}

	clear(): void {
		this.#openers.clear();
	}
}

function wrappingInfo(conversation: string | null, kid: string): Bytes {
	return fields('hubbub/ck', conversation, kid);
}

/**
 * Whether `jwk` may be encrypted to: it is `user`'s, for `conversation` (null: their own), and not an older one.
 *
 * `known` is what is believed of the user, `chain` that of the conversation (null: it is about to begin), `seen` what
 * this answered last for them there. `key_unsigned`, `ghost_member`, `key_swapped`, `identity_changed` (a member has
 * to add the user again under their new key), `older_gen`
 */
export async function judgeKey(
	known: Known,
	chain: ChainState | null,
	conversation: string | null,
	user: string,
	jwk: JsonObject,
	seen: Seen | null = null
): Promise<Seen> {
	if (!('sig' in jwk)) throw new Refused('key_unsigned');
	const proven = chain ? entryOf(chain.members, user) : null;
	if (chain && !proven) throw new Refused('ghost_member');
	if (known.user !== user) throw new Refused('key_swapped');
	const key = await verifiedKey(jwk, conversation, user, known.ik);
	if (proven && proven.ik !== known.ik) throw new Refused('identity_changed');
	if (key.gen < Math.max(proven?.gen ?? 0, seen?.gen ?? 0)) throw new Refused('older_gen');
	if (seen && key.gen === seen.gen && key.kid !== seen.kid) throw new Refused('key_swapped');
	return { gen: key.gen, kid: key.kid };
}

/** As `judgeKey`, for a member's key for the conversation or, before they made one, their own. */
export async function judgeMemberKey(
	known: Known,
	chain: ChainState,
	jwk: JsonObject,
	seen: Seen | null
): Promise<Seen & { x: Bytes }> {
	const conversation = chain.conversation;
	const judged = await judgeKey(known, chain, conversation, known.user, jwk, seen).catch((refused: unknown) => {
		if (refused instanceof Refused && refused.code === 'key_swapped') {
			return judgeKey(known, chain, null, known.user, jwk, seen);
		}
		throw refused;
	});
	return { ...judged, x: fromB64u(jwk.x, KEY_BYTES)! };
}

async function verifiedKey(jwk: JsonObject, conversation: string | null, user: string, ik: string): Promise<PublicKey> {
	const { kty, crv, x, use, kid, gen, ik: signer, sig } = jwk;
	const raw = fromB64u(x, KEY_BYTES);
	const signature = fromB64u(sig, SIGNATURE_BYTES);
	const isShaped = kty === 'OKP' && crv === 'X25519' && use === 'enc' && isGeneration(gen);
	const holds =
		isShaped &&
		raw !== null &&
		signature !== null &&
		signer === ik &&
		kid === thumbprint(x as string) &&
		isSealable(raw) &&
		(await isSignedBy(ik, signature, keyBytes(conversation, user, gen, raw)));
	if (!holds) throw new Refused('key_swapped');
	return jwk as unknown as PublicKey;
}

function isGeneration(gen: unknown): gen is number {
	return Number.isInteger(gen) && (gen as number) >= 0 && (gen as number) <= MOST_GENERATIONS;
}
