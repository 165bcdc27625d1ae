// The number that two people compare to know that nobody stands between them.

import { sha512 } from '@noble/hashes/sha2.js';
import { concat, decoded, fields, KEY_BYTES } from './bytes.ts';
import type { Bytes } from './types.ts';

const ROUNDS = 5200;
const GROUPS = 6;

/** 60 digits, the same for both. `ik` is b64u; `identity_invalid` when it is not a key. */
export function safetyNumber(me: { user: string; ik: string }, them: { user: string; ik: string }): string {
	return [digits(me), digits(them)].sort().join('');
}

function digits(who: { user: string; ik: string }): string {
	const ik = decoded(who.ik, KEY_BYTES, 'identity_invalid');
	let digest: Bytes = fields('hubbub-safety/1', who.user, ik);
	for (let round = 0; round < ROUNDS; round++) digest = sha512(concat(digest, ik)) as Bytes;
	return Array.from({ length: GROUPS }, (_, group) => fiveDigits(digest, group * 5)).join('');
}

function fiveDigits(digest: Bytes, at: number): string {
	let number = 0;
	for (const byte of digest.subarray(at, at + 5)) number = number * 256 + byte; // at most 2^40
	return String(number % 100_000).padStart(5, '0');
}
