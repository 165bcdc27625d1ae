// Ed25519 and X25519: the browser's own where it has them, @noble/curves where not; decided once.

import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { concat, fromB64u, KEY_BYTES, SIGNATURE_BYTES } from './bytes.ts';
import type { Bytes } from './types.ts';

const P = 2n ** 255n - 19n;
const LOW_255_BITS = (1n << 255n) - 1n;

/** y of the points of Ed25519 whose order divides 8: under such a "key" one signature fits many texts. */
const ORDER_8_Y = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
const SMALL_ORDER_Y = new Set([0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y]);

/** u of the points of Curve25519 and of its twist whose order divides 8 (RFC 7748, 6.1): they give no secret. */
const SMALL_ORDER_U = new Set([
	0n,
	1n,
	P - 1n,
	325606250916557431795983626356110631294008115727848805560023387167927233504n,
	39382357235489614581723060781553021112529911719440698176882885853963445705823n
]);

/** Whether signatures under this Ed25519 key mean anything: canonical, and not of small order. */
export function isSoundIdentity(raw: Uint8Array): boolean {
	const y = littleEndian(raw) & LOW_255_BITS;
	return y < P && !SMALL_ORDER_Y.has(y);
}

/** Whether one can encrypt to this X25519 key. */
export function isSealable(raw: Uint8Array): boolean {
	return raw.length === KEY_BYTES && !SMALL_ORDER_U.has((littleEndian(raw) & LOW_255_BITS) % P);
}

function littleEndian(raw: Uint8Array): bigint {
	let hex = '0x';
	for (let at = raw.length - 1; at >= 0; at--) hex += raw[at]!.toString(16).padStart(2, '0');
	return BigInt(hex);
}

/** What signs as one identity; the seed is 32 bytes. */
export type Sign = (signed: Bytes) => Promise<Bytes>;

interface Ed25519 {
	verify(ik: string, key: Bytes, signature: Bytes, signed: Bytes): Promise<boolean>;
	signer(seed: Bytes): Promise<Sign>;
}

const PKCS8_ED25519 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
const MOST_KEPT_KEYS = 1024;

const nativeEd25519 = (): Ed25519 => {
	const imported = new Map<string, Promise<CryptoKey>>();
	return {
		async verify(ik, key, signature, signed) {
			if (imported.size >= MOST_KEPT_KEYS) imported.clear();
			if (!imported.has(ik)) imported.set(ik, crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']));
			return crypto.subtle.verify('Ed25519', await imported.get(ik)!, signature, signed);
		},
		async signer(seed) {
			const pkcs8 = concat(PKCS8_ED25519, seed);
			const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
			return async (signed) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, signed));
		}
	};
};

const portableEd25519 = (): Ed25519 => ({
	verify: async (_ik, key, signature, signed) => ed25519.verify(signature, signed, key, { zip215: false }),
	signer: async (seed) => async (signed) => ed25519.sign(signed, seed) as Bytes
});

export interface Curves {
	ed25519: Ed25519;
	/** Whether X25519 is the browser's own. */
	hasX25519: boolean;
}

/** The curves of this browser: `native` says which of them it has. */
export function makeCurves(native: { ed25519: boolean; x25519: boolean }): Curves {
	return { ed25519: native.ed25519 ? nativeEd25519() : portableEd25519(), hasX25519: native.x25519 };
}

async function has(name: 'Ed25519' | 'X25519', uses: KeyUsage[]): Promise<boolean> {
	try {
		await crypto.subtle.generateKey(name, false, uses);
		return true;
	} catch {
		return false;
	}
}

async function findCurves(): Promise<Curves> {
	return makeCurves({ ed25519: await has('Ed25519', ['sign']), x25519: await has('X25519', ['deriveBits']) });
}

let found: Promise<Curves> | null = null;

/** What this browser has, found out at the first call. */
export function curves(): Promise<Curves> {
	return (found ??= findCurves());
}

/** Whether `signature` over `signed` was made with the identity key `ik` (both b64u); false for an unsound key. */
export async function isSignedBy(ik: string, signature: Bytes, signed: Bytes): Promise<boolean> {
	const key = fromB64u(ik, KEY_BYTES);
	if (key === null || signature.length !== SIGNATURE_BYTES || !isSoundIdentity(key)) return false;
	try {
		return await (await curves()).ed25519.verify(ik, key, signature, signed);
	} catch {
		return false; // not a point of the curve
	}
}

/** The public keys of secret ones. */
export const publicIdentity = (seed: Bytes): Bytes => ed25519.getPublicKey(seed) as Bytes;
export const publicX25519 = (secret: Bytes): Bytes => x25519.getPublicKey(secret) as Bytes;
