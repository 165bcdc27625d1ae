// The account key in its slots: under the password, under the recovery words, and under the key of a device.

import { decrypt, encrypt, hkdf, openBox, sealBox } from './aead.ts';
import { fields, KEY_BYTES, random } from './bytes.ts';
import { Refused } from './refused.ts';
import type { Bytes, Kept, Slot, SlotName } from './types.ts';
import { codeOf } from './words.ts';

const aad = (user: string, name: SlotName | 'device'): Bytes => fields(user, name);

export function sealSlot(key: Bytes, accountKey: Bytes, user: string, name: SlotName): Promise<Slot> {
	return sealBox(key, accountKey, aad(user, name));
}

/** The account key, or null when `key` does not open the slot. */
export async function openSlot(key: Bytes, slot: Slot, user: string, name: SlotName): Promise<Bytes | null> {
	return sized(await openBox(key, slot, aad(user, name)));
}

export function recoveryKey(code: Bytes): Bytes {
	return hkdf(code, fields('hubbub/recovery'));
}

/** `prf` is what an authenticator gave for `PRF_INPUT` (realtime/authenticator.ts). */
export function passkeyKey(prf: Bytes): Bytes {
	return hkdf(prf, fields('hubbub/passkey'));
}

/** `slot_missing`, `slot_wrong` */
export async function openWithPasskey(
	user: string,
	name: SlotName,
	slot: Slot | undefined,
	prf: Bytes
): Promise<Bytes> {
	if (!slot) throw new Refused('slot_missing');
	const accountKey = await openSlot(passkeyKey(prf), slot, user, name);
	if (accountKey === null) throw new Refused('slot_wrong');
	return accountKey;
}

/** `slot_missing`, `slot_wrong` */
export async function openWithPassword(user: string, slot: Slot | undefined, passwordKey: Bytes): Promise<Bytes> {
	if (!slot) throw new Refused('slot_missing');
	const accountKey = await openSlot(passwordKey, slot, user, 'password');
	if (accountKey === null) throw new Refused('slot_wrong');
	return accountKey;
}

/** `slot_missing`, `wrong_words` */
export async function openWithWords(user: string, slot: Slot | undefined, words: string[]): Promise<Bytes> {
	const key = recoveryKey(codeOf(words));
	if (!slot) throw new Refused('slot_missing', 'This account has no recovery words on the server.');
	const accountKey = await openSlot(key, slot, user, 'recovery');
	if (accountKey === null) throw new Refused('wrong_words');
	return accountKey;
}

export async function keepOnDevice(deviceKey: CryptoKey, accountKey: Bytes, user: string): Promise<Kept> {
	const iv = random(12);
	return { iv, ct: await encrypt(deviceKey, iv, accountKey, aad(user, 'device')) };
}

/** `slot_wrong` */
export async function openFromDevice(deviceKey: CryptoKey, kept: Kept, user: string): Promise<Bytes> {
	const accountKey = sized(await decrypt(deviceKey, kept.iv, kept.ct, aad(user, 'device')));
	if (accountKey === null) throw new Refused('slot_wrong', 'What this device kept does not open. Sign in again.');
	return accountKey;
}

function sized(accountKey: Bytes | null): Bytes | null {
	return accountKey?.length === KEY_BYTES ? accountKey : null;
}
