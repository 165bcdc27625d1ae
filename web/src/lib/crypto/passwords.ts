// What a password becomes before anything of it leaves the browser.

import { argon2id } from 'hash-wasm';
import { b64u, fromB64u, random, utf8 } from './bytes.ts';
import { Refused } from './refused.ts';
import type { Bytes, Derived, Kdf } from './types.ts';

const SALT_BYTES = 16;

/** A fresh salt with the parameters of the design. */
export function newKdf(): Kdf {
	return { salt: b64u(random(SALT_BYTES)), m: 65_536, t: 3, p: 4 };
}

/** The server's parameters, refused when they are weaker than the design's or would bring the device to a halt. */
function checkedSalt(kdf: unknown): Bytes {
	const { salt, m, t, p } = (kdf ?? {}) as Partial<Record<string, unknown>>;
	const raw = fromB64u(salt, SALT_BYTES);
	const holds = raw !== null && isWithin(m, 65_536, 1_048_576) && isWithin(t, 3, 16) && isWithin(p, 1, 16);
	if (!holds) throw new Refused('weak_kdf');
	return raw;
}

function isWithin(value: unknown, least: number, most: number): boolean {
	return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** Argon2id over the password in NFC: the first half is sent, the second opens the account key. `weak_kdf` */
export async function deriveSecret(password: string, kdf: Kdf | null | undefined): Promise<Derived> {
	const salt = checkedSalt(kdf);
	const { m, t, p } = kdf!;
	const raw = await argon2id({
		password: utf8(password.normalize('NFC')),
		salt,
		memorySize: m,
		iterations: t,
		parallelism: p,
		hashLength: 64,
		outputType: 'binary'
	});
	return { secret: b64u(raw.subarray(0, 32)), passwordKey: new Uint8Array(raw.subarray(32)) };
}
