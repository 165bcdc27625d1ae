// Bytes and their text: length-prefixed fields, and base64url in its one canonical form.

import { sha256 as sha256Of } from '@noble/hashes/sha2.js';
import { Refused, type RefusedCode } from './refused.ts';
import type { B64u, Bytes } from './types.ts';

export const KEY_BYTES = 32; // Ed25519 and X25519 public keys, SHA-256 hashes
export const SIGNATURE_BYTES = 64;

const encoder = new TextEncoder();

/** A part of signed bytes; null is absent, and as good as empty. */
export type Part = Bytes | string | number | null;

/** Each part after its length (u32 big-endian): text in UTF-8, numbers in decimal, absent ones empty. */
export function fields(...parts: Part[]): Bytes {
	const raw = parts.map(rawPart);
	const joined = new Uint8Array(raw.reduce((length, part) => length + 4 + part.length, 0));
	const view = new DataView(joined.buffer);
	let at = 0;
	for (const part of raw) {
		view.setUint32(at, part.length);
		joined.set(part, at + 4);
		at += 4 + part.length;
	}
	return joined;
}

function rawPart(part: Part): Bytes {
	if (part === null) return new Uint8Array(0);
	if (typeof part === 'number' && !Number.isSafeInteger(part)) throw new RangeError('Only whole numbers are signed.');
	return part instanceof Uint8Array ? part : utf8(String(part));
}

export function utf8(text: string): Bytes {
	return encoder.encode(text);
}

/** The text, which must be UTF-8; throws a TypeError. */
export function fromUtf8(raw: Uint8Array): string {
	return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
}

export function concat(...parts: Uint8Array[]): Bytes {
	const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		joined.set(part, at);
		at += part.length;
	}
	return joined;
}

export function random(length: number): Bytes {
	return crypto.getRandomValues(new Uint8Array(length));
}

export function sha256(raw: Uint8Array): Bytes {
	return sha256Of(raw) as Bytes;
}

export function b64u(raw: Uint8Array): B64u {
	let binary = '';
	for (let at = 0; at < raw.length; at += 8192) binary += String.fromCharCode(...raw.subarray(at, at + 8192));
	return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * The bytes of `text`, `length` of them if given; null when it is anything but base64url without padding in its one
 * canonical form, so that equal text means equal bytes and the reverse.
 */
export function fromB64u(text: unknown, length?: number): Bytes | null {
	if (typeof text !== 'string' || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
	const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
	if (length !== undefined && binary.length !== length) return null;
	const raw = new Uint8Array(binary.length);
	for (let at = 0; at < raw.length; at++) raw[at] = binary.charCodeAt(at);
	// Only the last character can have bits that no byte holds: they are to be zero.
	return text.length % 4 === 0 || b64u(raw.subarray(raw.length - (raw.length % 3))) === text.slice(-(text.length % 4))
		? raw
		: null;
}

/** As `fromB64u`, refused with `code` instead of null. */
export function decoded(text: unknown, length: number | undefined, code: RefusedCode): Bytes {
	const raw = fromB64u(text, length);
	if (raw === null) throw new Refused(code);
	return raw;
}
