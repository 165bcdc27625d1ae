// AES-256-GCM and the keys that are derived for it.

import { hkdf as hkdfOf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { b64u, fromB64u, random } from './bytes.ts';
import type { B64u, Bytes } from './types.ts';

const NONCE_BYTES = 12;

/** HKDF-SHA256 with empty salt and 32 bytes out. */
export function hkdf(key: Bytes, info: Bytes): Bytes {
	return hkdfOf(sha256, key, undefined, info, 32) as Bytes;
}

export async function encrypt(key: Bytes | CryptoKey, iv: Bytes, plaintext: Bytes, aad: Bytes): Promise<Bytes> {
	const params = { name: 'AES-GCM', iv, additionalData: aad };
	return new Uint8Array(await crypto.subtle.encrypt(params, await aesKey(key, 'encrypt'), plaintext));
}

/** Null when key, AAD or ciphertext are not those of the sealing. */
export async function decrypt(key: Bytes | CryptoKey, iv: Bytes, ciphertext: Bytes, aad: Bytes): Promise<Bytes | null> {
	const params = { name: 'AES-GCM', iv, additionalData: aad };
	const imported = await aesKey(key, 'decrypt');
	try {
		return new Uint8Array(await crypto.subtle.decrypt(params, imported, ciphertext));
	} catch {
		return null;
	}
}

async function aesKey(key: Bytes | CryptoKey, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
	return key instanceof Uint8Array ? crypto.subtle.importKey('raw', key, 'AES-GCM', false, [use]) : key;
}

/** A secret under a key, as it is kept on the server. */
export interface Box {
	v: 1;
	enc: 'A256GCM';
	iv: B64u;
	ct: B64u;
}

export async function sealBox(key: Bytes, plaintext: Bytes, aad: Bytes): Promise<Box> {
	const iv = random(NONCE_BYTES);
	return { v: 1, enc: 'A256GCM', iv: b64u(iv), ct: b64u(await encrypt(key, iv, plaintext, aad)) };
}

/** The secret in a box of any origin; null when it does not open or is none. */
export async function openBox(key: Bytes, box: unknown, aad: Bytes): Promise<Bytes | null> {
	if (typeof box !== 'object' || box === null) return null;
	const { v, enc, iv, ct } = box as Partial<Record<string, unknown>>;
	const nonce = fromB64u(iv, NONCE_BYTES);
	const ciphertext = fromB64u(ct);
	if (v !== 1 || enc !== 'A256GCM' || nonce === null || ciphertext === null) return null;
	return decrypt(key, nonce, ciphertext, aad);
}
