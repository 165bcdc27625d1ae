// The exact bytes that are signed and hashed; the server's and the Python client's are the same.

import { b64u, fields, sha256, utf8 } from './bytes.ts';
import type { Action, B64u, Bytes } from './types.ts';

/** What an identity key signs of an X25519 key; no conversation: the user's own key. */
export const keyBytes = (conversation: string | null, user: string, gen: number, x: Bytes): Bytes =>
	fields('hubbub-key/1', conversation, user, gen, x);

/** What an author signs of a sealed message: `header` as it was sent, byte for byte. */
export const messageBytes = (header: Bytes, ciphertext: Bytes): Bytes =>
	fields('hubbub-msg/1', header, sha256(ciphertext));

/**
 * What an actor signs of one link of the membership chain; the first link has no previous hash. `approvals`, where it
 * is not 1, is one field more: so nobody can lower, unseen, what the first link asks for.
 */
export const linkBytes = (
	conversation: string,
	previous: Bytes | null,
	action: Action,
	user: string,
	userIk: Bytes,
	gen: number,
	approvals = 1
): Bytes =>
	fields('hubbub-member/1', conversation, previous, action, user, userIk, gen, ...(approvals === 1 ? [] : [approvals]));

/** The hash by which the next link names this one, and by which messages name the members. */
export const linkHash = (signed: Bytes, signature: Bytes): B64u => b64u(sha256(fields(signed, signature)));

/** What is signed when a user's identity key changes: by the new key always, by the one before if at hand. */
export const identityBytes = (user: string, seq: number, newIk: Bytes, previousIk: Bytes | null): Bytes =>
	fields('hubbub-identity/1', user, seq, newIk, previousIk);

/** The header's `ck`: binds the author's signature to the one key that opens the text. */
export const contentKeyHash = (contentKey: Bytes): B64u => b64u(sha256(fields('hubbub-ck/1', contentKey)));

/** The HPKE info of one recipient's copy. */
export const copyInfo = (header: Bytes, to: string, kid: string): Bytes =>
	fields('hubbub-copy/1', sha256(header), to, kid);

/** What who asks to be let into a group signs of what they say; `kid` is that of the group's key. */
export const noteBytes = (conversation: string, user: string, kid: string, text: string): Bytes =>
	fields('hubbub-note/1', conversation, user, kid, text);

/** The HPKE info of such a note. */
export const noteInfo = (conversation: string, user: string, kid: string): Bytes =>
	fields('hubbub-note-box/1', conversation, user, kid);

/** The `kid` of the X25519 key whose JWK has this `x` (RFC 7638; members of RFC 8037, 2). */
export const thumbprint = (x: B64u): B64u => b64u(sha256(utf8(`{"crv":"X25519","kty":"OKP","x":"${x}"}`)));
