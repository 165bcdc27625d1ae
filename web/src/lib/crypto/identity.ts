// Identity keys: one's own, and what is believed of those of others.

import { hkdf, openBox, sealBox } from './aead.ts';
import { b64u, decoded, fields, fromUtf8, KEY_BYTES, random, SIGNATURE_BYTES, utf8 } from './bytes.ts';
import { curves, isSignedBy, publicIdentity, type Sign } from './curves.ts';
import { Refused } from './refused.ts';
import { identityBytes } from './signing.ts';
import type { B64u, Bytes, IdentityEntry, Known, NewIdentityKey } from './types.ts';

const SEED_INFO = fields('hubbub/ik');

/** One's own identity key, to sign with. */
export interface Identity {
	user: string;
	ik: B64u;
	ikBytes: Bytes;
	seed: Bytes;
	sign: Sign;
}

export async function makeIdentity(user: string, seed: Bytes = random(KEY_BYTES)): Promise<Identity> {
	const ikBytes = publicIdentity(seed);
	return { user, ik: b64u(ikBytes), ikBytes, seed, sign: await (await curves()).ed25519.signer(seed) };
}

/** The entry that makes it the user's identity key; `previousIk` is the lost one that it replaces: nobody vouches. */
export async function identityEntry(
	identity: Identity,
	accountKey: Bytes,
	seq = 1,
	previousIk: B64u | null = null
): Promise<NewIdentityKey> {
	const previous = previousIk === null ? null : decoded(previousIk, KEY_BYTES, 'identity_invalid');
	const signature = await identity.sign(identityBytes(identity.user, seq, identity.ikBytes, previous));
	const box = await sealBox(hkdf(accountKey, SEED_INFO), identity.seed, SEED_INFO);
	return {
		ik: identity.ik,
		seq,
		signature: b64u(signature),
		previous_signature: null,
		wrapped_seed: JSON.stringify(box)
	};
}

/** One's own identity key, which must be `ik`. `key_missing`, `key_swapped` */
export async function openIdentity(
	user: string,
	ik: B64u,
	wrappedSeed: string | null,
	accountKey: Bytes
): Promise<Identity> {
	if (wrappedSeed === null) throw new Refused('key_missing');
	const seed = await openBox(hkdf(accountKey, SEED_INFO), parsed(wrappedSeed), SEED_INFO);
	if (seed?.length !== KEY_BYTES) throw new Refused('key_swapped');
	const identity = await makeIdentity(user, seed);
	if (identity.ik !== ik) throw new Refused('key_swapped');
	return identity;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(fromUtf8(utf8(text)));
	} catch {
		return null;
	}
}

/** Whether this is or was the user's identity key. */
export function had(known: Known, ik: string): boolean {
	return ik === known.ik || known.earlier.includes(ik);
}

/** Refuses `identity_changed`: it was verified, then changed, and nobody has accepted that. */
export function requireSettled(known: Known): void {
	if (known.verified && known.changed !== null && !known.accepted) throw new Refused('identity_changed');
}

/** What is believed of `user` once the server showed this whole `history`, oldest first. `identity_invalid` */
export async function judgeIdentity(known: Known | null, user: string, history: IdentityEntry[]): Promise<Known> {
	const vouched = await verifyHistory(user, history);
	const keys = history.map((entry) => entry.ik);
	const now = { user, ik: keys.at(-1)!, seq: keys.length, earlier: keys.slice(0, -1) };
	if (known === null) return { ...now, verified: false, changed: null, accepted: true };
	if (known.user !== user || ![...known.earlier, known.ik].every((ik, at) => keys[at] === ik)) {
		throw new Refused('identity_invalid');
	}
	if (keys.length === known.seq) return known;
	const open = known.accepted ? null : known.changed;
	const changed = {
		from: open?.from ?? known.ik,
		vouched: (open?.vouched ?? true) && vouched.slice(known.seq).every(Boolean)
	};
	return { ...now, verified: known.verified, changed, accepted: false };
}

/** Of each entry, whether the one before vouches for it. `identity_invalid` */
export async function verifyHistory(user: string, history: IdentityEntry[]): Promise<boolean[]> {
	if (history.length === 0) throw new Refused('identity_invalid');
	return Promise.all(history.map((entry, at) => verifyEntry(user, entry, at, history[at - 1]?.ik ?? null)));
}

async function verifyEntry(user: string, entry: IdentityEntry, at: number, previousIk: B64u | null): Promise<boolean> {
	const bytes = (text: unknown, length: number): Bytes => decoded(text, length, 'identity_invalid');
	const previous = previousIk === null ? null : bytes(previousIk, KEY_BYTES);
	const signed = identityBytes(user, at + 1, bytes(entry.ik, KEY_BYTES), previous);
	const isNext = entry.seq === at + 1 && entry.ik !== previousIk;
	if (!isNext || !(await isSignedBy(entry.ik, bytes(entry.signature, SIGNATURE_BYTES), signed))) {
		throw new Refused('identity_invalid');
	}
	if (entry.previous_signature === null) return previousIk === null;
	const voucher = bytes(entry.previous_signature, SIGNATURE_BYTES);
	if (previousIk === null || !(await isSignedBy(previousIk, voucher, signed))) throw new Refused('identity_invalid');
	return true;
}
