// What holds for everything that can be said, named and changed.

import { x25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeBody, encodeBody, isPaddedLength, pad, unpad } from './bodies.ts';
import { b64u, fields, fromB64u, type Part } from './bytes.ts';
import { isSealable } from './curves.ts';
import { Refused } from './refused.ts';
import { conversationOf, person, written, type Person } from './testing.ts';
import type { Body, Bytes, ChainState } from './types.ts';
import { codeOf, wordsOf } from './words.ts';

const bytes = (size: { minLength?: number; maxLength?: number } = {}) => fc.uint8Array(size) as fc.Arbitrary<Bytes>;
const key = bytes({ minLength: 32, maxLength: 32 });
const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const bodies: fc.Arbitrary<Body> = fc.oneof(
	text.map((said) => ({ text: said })),
	fc.record({ text, reply_to: fc.uuid() }),
	fc.record({ to: fc.uuid(), emoji: text, on: fc.boolean() }).map((react) => ({ react }))
);

describe('text of bytes', () => {
	test('is what every other program writes, and reads back', () => {
		fc.assert(
			fc.property(bytes(), (raw) => {
				expect(b64u(raw)).toBe(Buffer.from(raw).toString('base64url'));
				expect(fromB64u(b64u(raw))).toEqual(raw);
			})
		);
	});

	test('has one form alone', () => {
		const anything = fc.string({ unit: fc.constantFrom(...'ABab09-_+/= \n.é'), maxLength: 12 });
		fc.assert(
			fc.property(anything, (said) => {
				const raw = fromB64u(said);
				if (raw !== null) expect(b64u(raw)).toBe(said);
			})
		);
		for (const said of ['A', 'AB', 'AAB', 'AA==', 'AA\n', ' AA', '+/+/']) expect(fromB64u(said)).toBeNull();
	});

	test('has the length that is asked for', () => {
		expect(fromB64u(b64u(new Uint8Array(31)), 32)).toBeNull();
		expect(fromB64u(null)).toBeNull();
	});
});

test('fields of different parts are different bytes', () => {
	const part: fc.Arbitrary<Part> = fc.oneof(
		fc.string({ maxLength: 6, minLength: 1 }),
		bytes({ minLength: 1, maxLength: 6 }),
		fc.nat()
	);
	const asBytes = (parts: Part[]) =>
		parts.map((one) => (one instanceof Uint8Array ? b64u(one) : b64u(Buffer.from(String(one)))));
	fc.assert(
		fc.property(fc.array(part, { maxLength: 4 }), fc.array(part, { maxLength: 4 }), (one, other) => {
			const isSame = asBytes(one).join() === asBytes(other).join() && one.length === other.length;
			expect(b64u(fields(...one)) === b64u(fields(...other))).toBe(isSame);
		})
	);
});

describe('padding', () => {
	test('is undone, and its length is one of few', () => {
		fc.assert(
			fc.property(bytes({ maxLength: 9000 }), (said) => {
				const padded = pad(said);
				expect(unpad(padded)).toEqual(said);
				expect(isPaddedLength(padded.length)).toBe(true);
				expect(padded.length).toBeLessThanOrEqual(Math.max(128, 2 * (said.length + 1)));
			})
		);
	});

	test('around every body', () => {
		fc.assert(
			fc.property(bodies, (body) => {
				expect(decodeBody(encodeBody(body))).toEqual(body);
			})
		);
	});

	test('half a character becomes the replacement character', () => {
		expect(decodeBody(encodeBody({ text: 'a\ud800b' }))).toEqual({ text: 'a\ufffdb' });
	});
});

test('words and code say the same', () => {
	fc.assert(
		fc.property(key, (code) => {
			expect(codeOf(wordsOf(code))).toEqual(code);
		})
	);
});

test('a key is sealable exactly if it gives a secret', () => {
	const probe = new Uint8Array(32).fill(7);
	const gives = (raw: Bytes): boolean => {
		try {
			x25519.getSharedSecret(probe, raw);
			return true;
		} catch {
			return false;
		}
	};
	// u coordinates of points of small order, canonical and not, with and without the bit that is not looked at
	const small = [0, 1, 0xec, 0xed, 0xee].map((low) =>
		Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? low : low < 2 ? 0 : at === 31 ? 0x7f : 0xff))
	);
	const order8 = [
		'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
		'5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'
	];
	const points = [...small, ...order8.map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))];
	for (const point of points) {
		for (const raw of [point, Uint8Array.from(point, (byte, at) => (at === 31 ? byte | 0x80 : byte))]) {
			expect({ raw, sealable: isSealable(raw) }).toEqual({ raw, sealable: false });
			expect(gives(raw)).toBe(false);
		}
	}
	fc.assert(
		fc.property(key, (raw) => {
			expect(isSealable(raw)).toBe(gives(raw));
		}),
		{ numRuns: 30 }
	);
});

describe('messages', () => {
	let alice: Person, bob: Person, chain: ChainState;

	beforeAll(async () => {
		[alice, bob] = await Promise.all([person(), person()]);
		chain = await conversationOf(alice, bob);
	});

	test('every body opens as it was sealed', async () => {
		const place = fc.record({ rev: fc.nat(), index: fc.maxSafeNat(), position: fc.maxSafeNat() });
		await fc.assert(
			fc.asyncProperty(bodies, place, async (body, where) => {
				const shown = await written(alice, bob, chain, body, where);
				expect((await bob.machine.open(shown)).body).toEqual(body);
			})
		);
	});

	test('no bit of it can be changed', async () => {
		const shown = await written(alice, bob, chain, { text: 'as I wrote it' });
		const parts = fc.constantFrom('header', 'ciphertext', 'signature', 'copy');
		await fc.assert(
			fc.asyncProperty(parts, fc.nat(), fc.nat(7), async (part, byte, bit) => {
				const changed = flip(shown as { sealed: string; copy: string }, part, byte, bit);
				const [opened] = await bob.machine.openMany([{ ...shown, ...changed }]);
				expect(opened).toHaveProperty(
					'refused',
					part === 'copy' ? 'altered' : expect.stringMatching(/^(altered|signature_wrong)$/)
				);
			}),
			{ numRuns: 200 }
		);
	});

	test('many open in order, with what is refused in its place', async () => {
		const shown = await Promise.all(
			Array.from({ length: 200 }, (_, index) => written(alice, bob, chain, { text: `number ${index}` }, { index }))
		);
		shown[150] = { ...shown[150]!, index: 149 };
		const opened = await bob.machine.openMany(shown);
		expect(opened.map((one) => ('body' in one ? one.body : one.refused))).toEqual(
			shown.map((_, index) => (index === 150 ? 'header_mismatch' : { text: `number ${index}` }))
		);
	});

	test('shared with one who came later, they are still the author’s', async () => {
		const carl = await person();
		const shown = await written(alice, bob, chain, { text: 'from before carl' });
		const link = await bob.machine.link(chain, 'add', { user: carl.user, ik: carl.known.ik, gen: 1 });
		const known = { [alice.user]: alice.known, [bob.user]: bob.known, [carl.user]: carl.known };
		const later = await bob.machine.advance(chain, [link], known);
		const copies = await bob.machine.share({
			sealed: shown.sealed!,
			copy: shown.copy!,
			chain: later,
			known,
			to: { [carl.user]: carl.jwk },
			seen: {}
		});
		const { body } = await carl.machine.open({ ...shown, copy: copies[carl.user]!, chain: later });
		expect(body).toEqual({ text: 'from before carl' });
	});

	test('a locked machine opens nothing', async () => {
		const shown = await written(alice, bob, chain, { text: 'hello' });
		const carl = await person();
		await carl.machine.lock();
		await expect(carl.machine.open(shown)).rejects.toBeInstanceOf(Refused);
	});
});

function flip(shown: { sealed: string; copy: string }, part: string, byte: number, bit: number) {
	const turn = (said: string): string => {
		const raw = fromB64u(said)!;
		raw[byte % raw.length]! ^= 1 << bit;
		return b64u(raw);
	};
	if (part === 'copy') {
		const [kid, box] = shown.copy.split('.') as [string, string];
		return { copy: `${kid}.${turn(box)}` };
	}
	const parts = shown.sealed.split('.');
	const at = ['', 'header', 'ciphertext', 'signature'].indexOf(part);
	parts[at] = turn(parts[at]!);
	return { sealed: parts.join('.') };
}
