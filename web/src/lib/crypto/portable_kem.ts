// X25519 for a browser without its own: the key encapsulation of @hpke/core, computed by @noble/curves.

import { DhkemX25519HkdfSha256 } from '@hpke/core';
import { x25519 } from '@noble/curves/ed25519.js';
import { KEY_BYTES, random } from './bytes.ts';
import { publicX25519 } from './curves.ts';
import type { Bytes } from './types.ts';

/** Stands where a CryptoKey would; it never leaves the suite that made it. */
interface PortableKey {
	type: 'public' | 'private';
	raw: Bytes;
}

type Raw = ArrayBufferLike | ArrayBufferView;

const keyOf = (type: PortableKey['type'], raw: Bytes): CryptoKey => ({ type, raw }) as unknown as CryptoKey;
const rawOf = (key: CryptoKey): Bytes => (key as unknown as PortableKey).raw;

function copied(raw: Raw): Bytes {
	const view = ArrayBuffer.isView(raw)
		? new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)
		: new Uint8Array(raw);
	if (view.length !== KEY_BYTES) throw new RangeError('An X25519 key has 32 bytes.');
	return view.slice() as Bytes;
}

/** What the encapsulation computes on the curve; keys are never exchanged in another form than raw. */
class PortableX25519 {
	async serializePublicKey(key: CryptoKey): Promise<ArrayBuffer> {
		return rawOf(key).slice().buffer;
	}

	serializePrivateKey(key: CryptoKey): Promise<ArrayBuffer> {
		return this.serializePublicKey(key);
	}

	async deserializePublicKey(raw: Raw): Promise<CryptoKey> {
		return keyOf('public', copied(raw));
	}

	async deserializePrivateKey(raw: Raw): Promise<CryptoKey> {
		return keyOf('private', copied(raw));
	}

	async importKey(format: 'raw' | 'jwk', key: ArrayBuffer | JsonWebKey, isPublic: boolean): Promise<CryptoKey> {
		if (format !== 'raw' || !(key instanceof ArrayBuffer)) throw new TypeError('Only raw keys are taken.');
		return isPublic ? this.deserializePublicKey(key) : this.deserializePrivateKey(key);
	}

	async generateKeyPair(): Promise<CryptoKeyPair> {
		const secret = random(KEY_BYTES);
		return { privateKey: keyOf('private', secret), publicKey: keyOf('public', publicX25519(secret)) };
	}

	async deriveKeyPair(): Promise<CryptoKeyPair> {
		throw new TypeError('Keys are random here.');
	}

	async derivePublicKey(key: CryptoKey): Promise<CryptoKey> {
		return keyOf('public', publicX25519(rawOf(key)));
	}

	/** Throws for a point of small order. */
	async dh(secret: CryptoKey, other: CryptoKey): Promise<ArrayBuffer> {
		return (x25519.getSharedSecret(rawOf(secret), rawOf(other)) as Bytes).slice().buffer;
	}
}

export class PortableKem extends DhkemX25519HkdfSha256 {
	protected override _prim = new PortableX25519();
}
