// The vectors of tests/vectors, file by file: the bytes on which this client, the Python one and the server agree.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hkdf, openBox } from './aead.ts';
import { decodeBody, encodeBody, pad, unpad } from './bodies.ts';
import { b64u, fields, fromB64u, fromUtf8, sha256, utf8 } from './bytes.ts';
import { advance, follow, newChain } from './chain.ts';
import { isSignedBy, publicX25519 } from './curves.ts';
import { openBody, openCopy, readEnvelope, sealMessage } from './envelope.ts';
import { encodeHeader } from './header.ts';
import { judgeIdentity, makeIdentity, openIdentity } from './identity.ts';
import { judgeKey, Keyring } from './keys.ts';
import { openNote, sealNote } from './notes.ts';
import { deriveSecret } from './passwords.ts';
import { safetyNumber } from './safety.ts';
import {
	contentKeyHash,
	copyInfo,
	keyBytes,
	linkBytes,
	linkHash,
	messageBytes,
	noteBytes,
	noteInfo,
	thumbprint
} from './signing.ts';
import { isSignedInRoom, openInRoom, roomIdentity, roomJoinBytes, roomMessageBytes, signForRoom } from './rooms.ts';
import { openFromDevice, openSlot, passkeyKey, recoveryKey } from './slots.ts';
import type { Bytes, ChainState, Known, KnownUsers, Link, PublicKey, Slot, SlotName, WrappedKey } from './types.ts';
import { codeOf, wordsOf } from './words.ts';

/** A row of a file, in the shape that tests/vectors/README.md says. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Row = any;

function vectors(name: string): Row {
	return JSON.parse(readFileSync(new URL(`../../../../tests/vectors/${name}.json`, import.meta.url), 'utf-8'));
}

const raw = (text: string): Bytes => fromB64u(text)!;
const code = (refused: string) => expect.objectContaining({ code: refused });

interface Person {
	user: string;
	account_key: string;
	identity_seed: string;
	identity: { ik: string; seq: number; signature: string; previous_signature: null; wrapped_seed: string };
	identity_wrapping_key: string;
	keys: {
		conversation: string | null;
		gen: number;
		secret: string;
		signed: string;
		public_key: PublicKey;
		wrapping_key: string;
		private_key: WrappedKey;
	}[];
}

const people = vectors('keys') as Record<string, Person>;
const alice = people.alice!;

const firstSeen = ({ user, identity }: Person): Known => ({
	user,
	ik: identity.ik,
	seq: 1,
	earlier: [],
	verified: false,
	changed: null,
	accepted: true
});
const everybody: KnownUsers = Object.fromEntries(Object.values(people).map((one) => [one.user, firstSeen(one)]));

describe('server_signing.json', () => {
	const file = vectors('server_signing');

	test.each(file.fields as Row[])('fields of $parts', ({ parts, bytes }) => {
		expect(Buffer.from(fields(...parts)).toString('hex')).toBe(bytes);
	});

	test.each(['alice', 'bob'])('the keys of %s are theirs', async (name) => {
		const { user, identity_key, own_key, conversation_key } = file.people[name];
		const known = await judgeIdentity(null, user, [identity_key]);
		expect(await judgeKey(known, null, null, user, own_key)).toEqual({ gen: 1, kid: own_key.kid });
		await judgeKey(known, null, file.conversation, user, conversation_key);
		await expect(judgeKey(known, null, null, user, conversation_key)).rejects.toEqual(code('key_swapped'));
	});

	test('a change of identity is vouched for', async () => {
		const { user, identity_key } = file.people.alice;
		const known = await judgeIdentity(null, user, [identity_key]);
		const changed = await judgeIdentity(known, user, [identity_key, file.identity_change]);
		expect(changed.changed).toEqual({ from: identity_key.ik, vouched: true });
	});

	test('the chain leads to its head', async () => {
		const chain = await advance(newChain(file.conversation), file.links, everybody);
		expect(chain.head).toBe(file.head);
	});

	test('the message opens for each', async () => {
		const { header, sealed, encrypted_messages } = file.message;
		const envelope = await readEnvelope(sealed);
		expect(envelope.header).toEqual(header);
		for (const name of ['alice', 'bob']) {
			const { user, conversation_key } = file.people[name];
			const keys = await ringOf(people[name]!);
			expect(keys.find(conversation_key.kid)).toBeTruthy();
			const key = await openCopy(envelope, encrypted_messages[user], user, keys);
			expect(await openBody(envelope, key)).toEqual({ text: 'Grüße 👋', reply_to: header.message });
		}
	});
});

describe('kdf.json', () => {
	const file = vectors('kdf');

	test.each(file.cases as Row[])('$password', async ({ password, kdf, secret, password_key }) => {
		const derived = await deriveSecret(password, kdf);
		expect(derived.secret).toBe(secret);
		expect(b64u(derived.passwordKey)).toBe(password_key);
	});

	test.each((file.refused as unknown[]).map((kdf) => [JSON.stringify(kdf), kdf]))('refused: %s', async (_text, kdf) => {
		await expect(deriveSecret('a password', kdf as never)).rejects.toEqual(code('weak_kdf'));
	});
});

describe('slots.json', () => {
	const file = vectors('slots');
	const slots: [string, { key: string; aad: string; slot: Slot }][] = Object.entries(file.slots);

	test.each(slots)('%s', async (name, { key, aad, slot }) => {
		expect(b64u(fields(file.user, name))).toBe(aad);
		expect(b64u((await openSlot(raw(key), slot, file.user, name as SlotName))!)).toBe(file.account_key);
		expect(await openSlot(raw(key), slot, alice.user.replace(/a$/, 'b'), name as SlotName)).toBeNull();
	});

	test('the words open the recovery slot', () => {
		expect(b64u(codeOf(file.recovery_words))).toBe(file.recovery_code);
		expect(b64u(recoveryKey(raw(file.recovery_code)))).toBe(file.slots.recovery.key);
	});

	test('what an authenticator gives opens the slot of its passkey', () => {
		const name = Object.keys(file.slots).find((one) => one.startsWith('passkey:'))!;
		expect(b64u(passkeyKey(raw(file.prf_output)))).toBe(file.slots[name].key);
	});

	test('the device key opens what was kept', async () => {
		const { key, slot } = file.slots.device;
		const deviceKey = await crypto.subtle.importKey('raw', raw(key), 'AES-GCM', false, ['decrypt']);
		const kept = { iv: raw(slot.iv), ct: raw(slot.ct) };
		expect(b64u(await openFromDevice(deviceKey, kept, file.user))).toBe(file.account_key);
	});
});

describe('words.json', () => {
	const file = vectors('words');

	test.each(file.cases as Row[])('$code', ({ code, words }) => {
		expect(wordsOf(raw(code))).toEqual(words);
		expect(b64u(codeOf(words))).toBe(code);
	});

	test.each(file.typed as Row[])('typed: $words', ({ words, code }) => {
		expect(b64u(codeOf(words))).toBe(code);
	});

	test.each((file.refused as string[][]).map((words) => [words]))('refused: %s', (words) => {
		expect(() => codeOf(words)).toThrow(code('wrong_words'));
	});
});

async function ringOf(person: Person): Promise<Keyring> {
	const keys = new Keyring();
	for (const { conversation, gen, public_key, private_key } of person.keys) {
		const row = { gen, public_key: { ...public_key }, private_key: { ...private_key } };
		expect(await keys.add(raw(person.account_key), conversation, [row])).toEqual([public_key.kid]);
	}
	return keys;
}

describe.each(Object.entries(people))('keys.json: %s', (_name, person) => {
	test('the identity key opens and is the one that is registered', async () => {
		expect(b64u(hkdf(raw(person.account_key), fields('hubbub/ik')))).toBe(person.identity_wrapping_key);
		const { ik, wrapped_seed } = person.identity;
		const identity = await openIdentity(person.user, ik, wrapped_seed, raw(person.account_key));
		expect(b64u(identity.seed)).toBe(person.identity_seed);
		await judgeIdentity(null, person.user, [person.identity]);
	});

	test('the keys are signed, named and wrapped as written', async () => {
		for (const { conversation, gen, secret, signed, public_key, wrapping_key, private_key } of person.keys) {
			expect(b64u(publicX25519(raw(secret)))).toBe(public_key.x);
			expect(thumbprint(public_key.x)).toBe(public_key.kid);
			expect(b64u(keyBytes(conversation, person.user, gen, raw(public_key.x)))).toBe(signed);
			expect(await isSignedBy(public_key.ik, raw(public_key.sig), raw(signed))).toBe(true);
			const info = fields('hubbub/ck', conversation, public_key.kid);
			expect(b64u(hkdf(raw(person.account_key), info))).toBe(wrapping_key);
			expect(b64u((await openBox(raw(wrapping_key), private_key, info))!)).toBe(secret);
		}
		await ringOf(person);
	});
});

describe('identity.json', () => {
	const file = vectors('identity');

	test.each(file.judged as Row[])('$case', async ({ known, history, judged }) => {
		expect(await judgeIdentity(known, file.user, history)).toEqual(judged);
	});

	test.each(file.refused as Row[])('refused: $case', async ({ known, history }) => {
		await expect(judgeIdentity(known, file.user, history)).rejects.toEqual(code('identity_invalid'));
	});
});

describe('chain.json', () => {
	const file = vectors('chain');
	const links: Link[] = file.steps.map((step: { link: Link }) => step.link);

	test('each step has its bytes, its head and what it proves', async () => {
		let chain: ChainState = newChain(file.conversation);
		for (const { previous, link, signed, head, members, consents } of file.steps) {
			const before = previous === null ? null : raw(previous);
			const bytes = linkBytes(file.conversation, before, link.action, link.user, raw(link.user_ik), link.gen);
			expect(b64u(bytes)).toBe(signed);
			expect(linkHash(bytes, raw(link.signature))).toBe(head);
			chain = await advance(chain, [link], everybody);
			expect({ head: chain.head, members: chain.members, consents: chain.consents }).toEqual({
				head,
				members,
				consents
			});
		}
		expect(chain).toEqual(file.state);
	});

	test('it is the same followed from any beginning', async () => {
		for (let known = 0; known <= links.length; known++) {
			const begun = await advance(newChain(file.conversation), links.slice(0, known), everybody);
			expect(await follow(begun, links, everybody)).toEqual(file.state);
		}
	});
});

describe('padding.json', () => {
	const file = vectors('padding');

	test.each(file.cases as Row[])('$length bytes', ({ length, padded_length, sha256: hash }) => {
		const padded = pad(new Uint8Array(length).fill(0x80));
		expect(padded.length).toBe(padded_length);
		expect(b64u(sha256(padded))).toBe(hash);
		expect(unpad(padded)).toEqual(new Uint8Array(length).fill(0x80));
	});

	test.each((file.refused as string[]).map((text) => [text]))('refused: %s', (text) => {
		expect(unpad(raw(text))).toBeNull();
		expect(() => decodeBody(raw(text))).toThrow(code('altered'));
	});
});

describe('messages.json', () => {
	const file = vectors('messages');

	test.each(file.cases as Row[])('$case: sealed to the byte', async (message) => {
		const { body, body_json, header_json, content_key, stated, sealed, signature, recipients } = message;
		const { from, ...place } = stated;
		expect(from).toBe(alice.user);
		const author = await makeIdentity(alice.user, raw(alice.identity_seed));
		const to = Object.entries(recipients as Record<string, PublicKey>).map(
			([user, { kid, x }]): [string, { kid: string; x: Bytes }] => [user, { kid, x: raw(x) }]
		);
		const made = await sealMessage(body, place, author, to, raw(content_key));
		expect(made.sealed).toBe(sealed);
		expect(sealed.split('.')[3]).toBe(signature);
		expect(fromUtf8(unpad(encodeBody(body))!)).toBe(body_json);
		const { header, headerBytes, ciphertext } = await readEnvelope(made.sealed);
		expect(fromUtf8(headerBytes)).toBe(header_json);
		expect(encodeHeader(header)).toEqual(utf8(header_json));
		expect(b64u(messageBytes(headerBytes, ciphertext))).toBe(message.signed);
		expect(contentKeyHash(raw(content_key))).toBe(header.ck);
	});

	test.each(file.cases as Row[])(
		'$case: opens from the copies',
		async ({ sealed, encrypted_messages, body, recipients, copy_info }) => {
			const envelope = await readEnvelope(sealed);
			for (const person of [alice, people.bob!]) {
				const info = copyInfo(envelope.headerBytes, person.user, recipients[person.user].kid);
				expect(b64u(info)).toBe(copy_info[person.user]);
				const key = await openCopy(envelope, encrypted_messages[person.user], person.user, await ringOf(person));
				expect(await openBody(envelope, key)).toEqual(body);
			}
		}
	);
});

describe('notes.json', () => {
	const { conversation, author, key, cases } = vectors('notes');

	test.each(cases as Row[])('$text', async ({ text, note, signed, info }) => {
		expect(b64u(noteBytes(conversation, author, key.kid, text))).toBe(signed);
		expect(b64u(noteInfo(conversation, author, key.kid))).toBe(info);
		const bob = firstSeen(people.bob!);
		const ring = await ringOf(alice);
		expect(await openNote(note, conversation, bob, ring)).toBe(text);
		const identity = await makeIdentity(author, raw(people.bob!.identity_seed));
		const sealed = await sealNote(text, conversation, { kid: key.kid, x: raw(key.x) }, identity);
		expect(sealed.length).toBe(note.length);
		expect(await openNote(sealed, conversation, bob, ring)).toBe(text);
	});
});

describe('safety.json', () => {
	test.each(vectors('safety') as Row[])('$number', ({ me, them, number }) => {
		expect(safetyNumber(me, them)).toBe(number);
	});
});

describe('rooms', () => {
	const { room, seed, public_key, join, messages, sealed } = vectors('rooms');

	test('a participant signs what the server checks', async () => {
		expect(roomIdentity(seed)).toBe(public_key);
		expect(await signForRoom(seed, roomJoinBytes(room, join.nonce))).toBe(join.signature);
		for (const { message, name, text, signature } of messages) {
			const signed = roomMessageBytes(room, message, name, text);
			expect(await signForRoom(seed, signed)).toBe(signature);
			expect(await isSignedInRoom(public_key, signature, signed)).toBe(true);
			expect(await isSignedInRoom(public_key, signature, roomMessageBytes(room, message, name, `${text}!`))).toBe(
				false
			);
		}
	});

	test('what is sealed under the key of the link opens, and is signed as it is sent', async () => {
		expect(await openInRoom(sealed.key, sealed.text)).toBe(sealed.plaintext);
		const signed = roomMessageBytes(room, sealed.message, sealed.name, sealed.text);
		expect(await signForRoom(seed, signed)).toBe(sealed.signature);
		expect(await openInRoom(seed, sealed.text)).toBeNull();
	});
});
