// HPKE (RFC 9180), base mode, one shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { concat, KEY_BYTES } from './bytes.ts';
import { curves, publicX25519 } from './curves.ts';
import { PortableKem } from './portable_kem.ts';
import type { Bytes } from './types.ts';

/** A key pair that opens what was sealed to its public key. */
export type Opener = CryptoKeyPair;

let chosen: Promise<CipherSuite> | null = null;

function suite(): Promise<CipherSuite> {
	return (chosen ??= curves().then(({ hasX25519 }) => makeSuite(hasX25519)));
}

/** The suite on the browser's own X25519, or on that of @noble/curves. */
export function makeSuite(isNative: boolean): CipherSuite {
	const kem = isNative ? new DhkemX25519HkdfSha256() : new PortableKem();
	return new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/** enc || ct. `publicKey` is one that `isSealable`. */
export async function sealTo(
	publicKey: Bytes,
	info: Bytes,
	plaintext: Bytes,
	hpke: CipherSuite | null = null
): Promise<Bytes> {
	hpke ??= await suite();
	const recipientPublicKey = await hpke.kem.deserializePublicKey(publicKey);
	const { enc, ct } = await hpke.seal({ recipientPublicKey, info }, plaintext);
	return concat(new Uint8Array(enc), new Uint8Array(ct));
}

/** Null when it was sealed to another key, for another purpose, or was changed. */
export async function openWith(
	recipientKey: Opener,
	info: Bytes,
	box: Bytes,
	hpke: CipherSuite | null = null
): Promise<Bytes | null> {
	hpke ??= await suite();
	try {
		const enc = box.slice(0, KEY_BYTES);
		return new Uint8Array(await hpke.open({ recipientKey, enc, info }, box.slice(KEY_BYTES)));
	} catch {
		return null;
	}
}

export async function openerOf(secret: Bytes, hpke: CipherSuite | null = null): Promise<Opener> {
	const { kem } = hpke ?? (await suite());
	const publicKey = await kem.deserializePublicKey(publicX25519(secret));
	return { privateKey: await kem.deserializePrivateKey(secret), publicKey };
}
