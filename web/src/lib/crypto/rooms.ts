// Rooms: who signs what, and the key in the link that the server never gets (docs/topics/encryption.md).

import { decrypt, encrypt } from './aead.ts';
import { b64u, concat, fields, fromB64u, fromUtf8, KEY_BYTES, random, SIGNATURE_BYTES, utf8 } from './bytes.ts';
import { curves, isSignedBy, publicIdentity } from './curves.ts';
import type { B64u, Bytes } from './types.ts';

const NONCE_BYTES = 12;
const NOTHING: Bytes = new Uint8Array(0);

/** What a participant signs of a message: `name` is their unique one in the room, `text` as it is sent. */
export const roomMessageBytes = (room: string, message: string, name: string, text: string): Bytes =>
	fields('hubbub-room/1', room, message, name, text);

/** What a participant signs to come back under their name. */
export const roomJoinBytes = (room: string, nonce: string): Bytes => fields('hubbub-room-join/1', room, nonce);

/** A new key of 32 bytes: what signs for one participant, or what encrypts a room. */
export const newRoomKey = (): B64u => b64u(random(KEY_BYTES));

/** The public key of a participant's secret one. */
export const roomIdentity = (seed: B64u): B64u => b64u(publicIdentity(bytesOf(seed)));

export async function signForRoom(seed: B64u, signed: Bytes): Promise<B64u> {
	const sign = await (await curves()).ed25519.signer(bytesOf(seed));
	return b64u(await sign(signed));
}

/** Whether the participant with this public key signed it. */
export async function isSignedInRoom(publicKey: B64u, signature: unknown, signed: Bytes): Promise<boolean> {
	const raw = fromB64u(signature, SIGNATURE_BYTES);
	return raw !== null && isSignedBy(publicKey, raw, signed);
}

/** Whether `text` is the key of an encrypted room. */
export const isRoomKey = (text: string): boolean => fromB64u(text, KEY_BYTES) !== null;

/** base64url of nonce and ciphertext. */
export async function sealForRoom(key: B64u, text: string): Promise<B64u> {
	const nonce = random(NONCE_BYTES);
	return b64u(concat(nonce, await encrypt(bytesOf(key), nonce, utf8(text), NOTHING)));
}

/** Null when it was not sealed under this key. */
export async function openInRoom(key: B64u, sealed: string): Promise<string | null> {
	const raw = fromB64u(sealed);
	if (raw === null || raw.length <= NONCE_BYTES) return null;
	const text = await decrypt(bytesOf(key), raw.slice(0, NONCE_BYTES), raw.slice(NONCE_BYTES), NOTHING);
	try {
		return text && fromUtf8(text);
	} catch {
		return null;
	}
}

function bytesOf(key: B64u): Bytes {
	const raw = fromB64u(key, KEY_BYTES);
	if (raw === null) throw new RangeError('A key of a room has 32 bytes.');
	return raw;
}
