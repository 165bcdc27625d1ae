// What a client keeps on its disk: JSON under a key of the device, which no script can read out. No Worker: the replica
// calls it where it stores.

import { decrypt, encrypt } from './aead.ts';
import { fromUtf8, random, utf8 } from './bytes.ts';
import type { Bytes } from './types.ts';

/** A sealed value; both are kept as they are. */
export interface AtRest {
	iv: Bytes;
	ct: Bytes;
}

/** A key that stays in this browser: IndexedDB keeps it, nobody can export it. */
export async function newDeviceKey(): Promise<CryptoKey> {
	return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** `value` (JSON) under the device key, for this `context` alone. */
export async function sealAtRest(deviceKey: CryptoKey, value: unknown, context: string): Promise<AtRest> {
	const iv = random(12);
	return { iv, ct: await encrypt(deviceKey, iv, utf8(JSON.stringify(value)), utf8(context)) };
}

/** What was sealed; undefined when the device key or the context is another, or the bytes are not as they were. */
export async function openAtRest<Value>(
	deviceKey: CryptoKey,
	sealed: AtRest,
	context: string
): Promise<Value | undefined> {
	const text = await decrypt(deviceKey, sealed.iv, sealed.ct, utf8(context));
	return text === null ? undefined : (JSON.parse(fromUtf8(text)) as Value);
}
