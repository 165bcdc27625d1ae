// A sealed message: made for its recipients, checked and opened by each of them. The text is encrypted once, under a
// content key that encrypts nothing else; what each recipient gets is a copy of that key.

import { decrypt, encrypt } from './aead.ts';
import { decodeBody, encodeBody, isPaddedLength } from './bodies.ts';
import { b64u, fromB64u, KEY_BYTES, random, SIGNATURE_BYTES } from './bytes.ts';
import { isSignedBy } from './curves.ts';
import { decodeHeader, encodeHeader, type Header } from './header.ts';
import { openWith, sealTo } from './hpke.ts';
import type { Identity } from './identity.ts';
import type { Keyring } from './keys.ts';
import { Refused } from './refused.ts';
import { contentKeyHash, copyInfo, messageBytes } from './signing.ts';
import type { Body, Bytes } from './types.ts';

const PREFIX = 'e1';
const TAG_BYTES = 16;
const MOST_CIPHERTEXT = 32 * 1024 + TAG_BYTES;
const COPY_BYTES = KEY_BYTES + KEY_BYTES + TAG_BYTES;
const NONCE = new Uint8Array(12); // each content key seals once

/** A parsed `sealed`, signed by the key that it names; `headerBytes` is the header exactly as it was signed. */
export interface Envelope {
	header: Header;
	headerBytes: Bytes;
	ciphertext: Bytes;
}

/** A judged key to encrypt to. */
export interface Recipient {
	kid: string;
	x: Bytes;
}

export type Stated = Omit<Header, 'v' | 'from' | 'ik' | 'ck'>;
export type Recipients = [user: string, key: Recipient][];

export async function sealMessage(
	body: Body,
	stated: Stated,
	author: Identity,
	recipients: Recipients,
	contentKey: Bytes = random(KEY_BYTES)
): Promise<{ sealed: string; encrypted_messages: Record<string, string> }> {
	const header = { ...stated, v: 1, from: author.user, ik: author.ik, ck: contentKeyHash(contentKey) } as Header;
	const raw = encodeHeader(header);
	const ciphertext = await encrypt(contentKey, NONCE, encodeBody(body), raw);
	const signature = await author.sign(messageBytes(raw, ciphertext));
	const sealed = [PREFIX, b64u(raw), b64u(ciphertext), b64u(signature)].join('.');
	return { sealed, encrypted_messages: await sealCopies(contentKey, raw, recipients) };
}

/** The content key for each of the recipients: `kid` `.` b64u(HPKE). */
export async function sealCopies(
	contentKey: Bytes,
	header: Bytes,
	recipients: Recipients
): Promise<Record<string, string>> {
	const copies = recipients.map(async ([user, { kid, x }]): Promise<[string, string]> => {
		const box = await sealTo(x, copyInfo(header, user, kid), contentKey);
		return [user, `${kid}.${b64u(box)}`];
	});
	return Object.fromEntries(await Promise.all(copies));
}

/**
 * The envelope, signed by the identity key that it names; whose that is, is for the caller to check. `not_sealed`,
 * `signature_missing`, `signature_wrong`, `altered`
 */
export async function readEnvelope(sealed: string | null): Promise<Envelope> {
	const parts = (sealed ?? '').split('.');
	if (parts[0] !== PREFIX) throw new Refused('not_sealed');
	if (parts.length === 3 || !parts.at(-1)) throw new Refused('signature_missing');
	const headerBytes = fromB64u(parts[1]);
	const ciphertext = fromB64u(parts[2]);
	const signature = fromB64u(parts[3], SIGNATURE_BYTES);
	const header = headerBytes && decodeHeader(headerBytes);
	if (parts.length !== 4 || !header || !ciphertext || !signature || !isCiphertext(ciphertext)) {
		throw new Refused('altered');
	}
	if (!(await isSignedBy(header.ik, signature, messageBytes(headerBytes, ciphertext)))) {
		throw new Refused('signature_wrong');
	}
	return { header, headerBytes, ciphertext };
}

function isCiphertext(raw: Bytes): boolean {
	return raw.length <= MOST_CIPHERTEXT && isPaddedLength(raw.length - TAG_BYTES);
}

/** The content key in one's own copy. `copy_missing`, `key_missing`, `altered` */
export async function openCopy(envelope: Envelope, copy: string | null, user: string, keys: Keyring): Promise<Bytes> {
	if (!copy) throw new Refused('copy_missing');
	const [kid, sealedKey, ...more] = copy.split('.');
	const box = fromB64u(sealedKey, COPY_BYTES);
	if (box === null || more.length > 0 || fromB64u(kid, KEY_BYTES) === null) throw new Refused('altered');
	const key = await openWith(keys.find(kid!), copyInfo(envelope.headerBytes, user, kid!), box);
	if (key === null || contentKeyHash(key) !== envelope.header.ck) throw new Refused('altered');
	return key;
}

/** What the author wrote. `altered` */
export async function openBody(envelope: Envelope, contentKey: Bytes): Promise<Body> {
	const padded = await decrypt(contentKey, NONCE, envelope.ciphertext, envelope.headerBytes);
	if (padded === null) throw new Refused('altered');
	return decodeBody(padded);
}
