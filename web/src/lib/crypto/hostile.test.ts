// A hostile server: what it may show instead of the truth is refused, each by its code and with a sentence for the person.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { b64u, concat, fromB64u, random, utf8 } from './bytes.ts';
import { newChain } from './chain.ts';
import { isSignedBy, isSoundIdentity } from './curves.ts';
import { readEnvelope } from './envelope.ts';
import { sealTo } from './hpke.ts';
import { identityEntry, makeIdentity, openIdentity } from './identity.ts';
import { Machine } from './machine.ts';
import { Refused, type RefusedCode } from './refused.ts';
import { copyInfo } from './signing.ts';
import { sealSlot } from './slots.ts';
import {
	conversationOf,
	knownOf,
	named,
	OTHER_CONVERSATION,
	ownKeys,
	person,
	PLACE,
	recipientsOf,
	SENT_AT,
	written,
	type Person
} from './testing.ts';
import type { ChainState, JsonObject, Known, SealedMessage } from './types.ts';

/** That `asked` is refused so, in words. */
async function expectRefused(asked: Promise<unknown>, code: RefusedCode): Promise<void> {
	const refused = await asked.then(
		() => null,
		(thrown: unknown) => thrown
	);
	expect(refused).toBeInstanceOf(Refused);
	expect((refused as Refused).code).toBe(code);
	expect((refused as Refused).sentence).toMatch(/^[A-Z].{20,}[.]$/);
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shapes are those of tests/vectors/README.md
function vectors(name: string): any {
	return JSON.parse(readFileSync(new URL(`../../../../tests/vectors/${name}.json`, import.meta.url), 'utf-8'));
}

describe('refusals.json', () => {
	const file = vectors('refusals');
	const machine = new Machine();
	const calls: Record<string, (a: never) => Promise<unknown>> = {
		open: (request: Parameters<Machine['open']>[0]) => machine.open(request),
		judge_key: (a: {
			known: Known;
			chain: ChainState;
			conversation: string;
			user: string;
			jwk: JsonObject;
			seen: null;
		}) => machine.judgeKey(a.known, a.chain, a.conversation, a.user, a.jwk, a.seen),
		advance: (a: { chain: ChainState; links: []; known: Record<string, Known> }) =>
			machine.advance(a.chain, a.links, a.known),
		follow: (a: { chain: ChainState; whole: []; known: Record<string, Known> }) =>
			machine.follow(a.chain, a.whole, a.known)
	};

	beforeAll(async () => {
		const { user, account_key, identity, keys } = vectors('keys')[file.reader];
		const passwordKey = new Uint8Array(32);
		const slots = { password: await sealSlot(passwordKey, fromB64u(account_key)!, user, 'password') };
		const [own, forConversation] = keys;
		await machine.unlock({ user_id: user, identity: [identity], user_keys: [own], slots }, passwordKey);
		await machine.addPrivateKeys(forConversation.conversation, [forConversation]);
	});

	const cases = Object.keys(calls).flatMap((call) =>
		file[call].cases.map((one: { case: string; code: RefusedCode | null; arguments: object }) => ({ call, ...one }))
	);

	test.each(cases as { call: string; case: string; code: RefusedCode | null; arguments: object }[])(
		'$call: $case',
		async ({ call, code, arguments: changed }) => {
			const asked = calls[call]!({ ...file[call].arguments, ...changed } as never);
			await (code === null ? asked : expectRefused(asked, code));
		}
	);
});

let alice: Person, bob: Person, eve: Person, chain: ChainState;

beforeAll(async () => {
	[alice, bob, eve] = await Promise.all([person(), person(), person()]);
	chain = await conversationOf(alice, bob);
});

describe('signing in', () => {
	const unlock = (changed: Parameters<typeof ownKeys>[1]) =>
		new Machine().unlock(ownKeys(alice, changed), alice.passwordKey);

	test('what the server should show opens', async () => {
		expect(await unlock({})).toEqual(await alice.machine.me());
	});

	test('no password slot', () => expectRefused(unlock({ slots: {} }), 'slot_missing'));

	test('the slot of another account', () => expectRefused(unlock({ slots: eve.account.slots }), 'slot_wrong'));

	test('the recovery slot in place of the password slot', () =>
		expectRefused(unlock({ slots: { password: alice.account.slots.recovery } }), 'slot_wrong'));

	test('no identity', () => expectRefused(unlock({ identity: [] }), 'key_missing'));

	test('the identity of another', () =>
		expectRefused(unlock({ identity: [eve.account.identity] }), 'identity_invalid'));

	test('another identity of the same user, made by the server', async () => {
		const forged = await new Machine().createAccount(alice.user, eve.passwordKey);
		await expectRefused(unlock({ identity: [forged.identity] }), 'key_swapped');
	});

	test('the seed of another identity under the same account key', async () => {
		const accountKey = random(32);
		const [one, other] = await Promise.all([makeIdentity(alice.user), makeIdentity(alice.user)]);
		const { wrapped_seed } = await identityEntry(other, accountKey);
		await expectRefused(openIdentity(alice.user, one.ik, wrapped_seed, accountKey), 'key_swapped');
	});

	test('a history that does not hold, to begin anew after', () =>
		expectRefused(
			new Machine().startAnew(ownKeys(alice, { identity: [eve.account.identity] }), alice.passwordKey),
			'identity_invalid'
		));

	test('no seed for the identity', () =>
		expectRefused(unlock({ identity: [{ ...alice.account.identity, wrapped_seed: null }] }), 'key_missing'));

	test('the key of another as own key', () =>
		expectRefused(unlock({ user_keys: ownKeys(eve).user_keys }), 'key_swapped'));

	test('an unsigned own key', async () => {
		const row = ownKeys(alice).user_keys[0]!;
		const { sig: _, ...unsigned } = row.public_key;
		await expectRefused(unlock({ user_keys: [{ ...row, public_key: unsigned }] }), 'key_unsigned');
	});

	test('the words of another account', async () => {
		const asked = new Machine().unlockWithWords(ownKeys(alice), eve.account.words);
		await expectRefused(asked, 'wrong_words');
	});

	test('what another user kept on this device', async () => {
		const deviceKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
		const kept = await eve.machine.keep(deviceKey);
		await expectRefused(new Machine().resume(ownKeys(alice), kept, deviceKey), 'slot_wrong');
	});

	test('nothing is believed of what was refused', async () => {
		const machine = new Machine();
		await expectRefused(
			machine.unlock(ownKeys(alice, { user_keys: ownKeys(eve).user_keys }), alice.passwordKey),
			'key_swapped'
		);
		expect(await machine.me()).toBeNull();
		await expectRefused(machine.newRecoverySlot(), 'key_missing');
	});
});

describe('sealing', () => {
	const seal = (changed: object): Promise<SealedMessage> =>
		alice.machine.seal({
			...PLACE,
			body: { text: 'for bob alone' },
			sentAt: SENT_AT,
			chain,
			known: knownOf(alice, bob, eve),
			recipients: recipientsOf(alice, bob),
			seen: {},
			...changed
		});

	test('to the members', async () => {
		const { seen, encrypted_messages } = await seal({});
		expect(Object.keys(encrypted_messages).sort()).toEqual([alice.user, bob.user].sort());
		expect(seen[bob.user]).toEqual({ gen: 1, kid: bob.jwk.kid });
	});

	test('to a ghost', () => expectRefused(seal({ recipients: recipientsOf(alice, bob, eve) }), 'ghost_member'));

	test('to one who is not known', () => expectRefused(seal({ known: knownOf(alice) }), 'ghost_member'));

	test('to the key of another', () => expectRefused(seal({ recipients: { [bob.user]: eve.jwk } }), 'key_swapped'));

	test('to a key that names another signer', () =>
		expectRefused(seal({ recipients: { [bob.user]: { ...bob.jwk, ik: eve.known.ik } } }), 'key_swapped'));

	test('to an unsigned key', () =>
		expectRefused(seal({ recipients: { [bob.user]: { kty: 'OKP', crv: 'X25519', x: bob.jwk.x } } }), 'key_unsigned'));

	test('to the key for another conversation', async () => {
		const { public_key } = await bob.machine.newConversationKey('0198c0de-0000-7000-8000-0000000000c9', 2);
		await expectRefused(seal({ recipients: { [bob.user]: public_key } }), 'key_swapped');
	});

	test('to an older key than before', async () => {
		const { public_key } = await bob.machine.newConversationKey(PLACE.conversation, 2);
		const { seen } = await seal({ recipients: { [bob.user]: public_key } });
		await expectRefused(seal({ seen }), 'older_gen');
	});

	test('to an older key than the chain has', async () => {
		const links = await alice.machine.found(PLACE.conversation, [named(alice), { ...named(bob), gen: 2 }]);
		const newer = await alice.machine.advance(newChain(PLACE.conversation), links, knownOf(alice, bob));
		await expectRefused(seal({ chain: newer }), 'older_gen');
	});

	test('to another key of the same generation', async () => {
		const { public_key } = await bob.machine.newConversationKey(PLACE.conversation, 1);
		const { seen } = await seal({});
		await expectRefused(seal({ seen, recipients: { [bob.user]: public_key } }), 'key_swapped');
	});

	test('for another conversation than the chain is of', () =>
		expectRefused(seal({ conversation: '0198c0de-0000-7000-8000-0000000000c9' }), 'header_mismatch'));

	test('more than anybody opens', async () => {
		const shown = await written(alice, bob, chain, { text: 'x'.repeat(32 * 1024) });
		await expectRefused(bob.machine.open(shown), 'altered');
	});
});

describe('sharing', () => {
	const share = async (changed: object): Promise<Record<string, string>> => {
		const { sealed, copy } = await written(bob, alice, chain, { text: 'shared?' });
		const known = knownOf(alice, bob, eve);
		const to = recipientsOf(bob);
		return alice.machine.share({ sealed: sealed!, copy: copy!, chain, known, to, seen: {}, ...changed });
	};

	test('with a member', async () => {
		expect(Object.keys(await share({}))).toEqual([bob.user]);
	});

	test('with a ghost', () => expectRefused(share({ to: recipientsOf(eve) }), 'ghost_member'));

	test('what was said elsewhere', () =>
		expectRefused(share({ chain: { ...chain, conversation: OTHER_CONVERSATION } }), 'header_mismatch'));

	test('another content key than the author’s', async () => {
		const { sealed } = await written(bob, alice, chain, { text: 'mine' });
		const { kid, x } = alice.jwk as { kid: string; x: string };
		const { headerBytes } = await readEnvelope(sealed);
		const box = await sealTo(fromB64u(x)!, copyInfo(headerBytes, alice.user, kid), random(32));
		await expectRefused(share({ sealed, copy: `${kid}.${b64u(box)}` }), 'altered');
	});
});

describe('opening', () => {
	test('by the members of another conversation', async () => {
		const shown = await written(alice, bob, chain, { text: 'here' });
		const elsewhere = { ...chain, conversation: OTHER_CONVERSATION };
		await expectRefused(bob.machine.open({ ...shown, chain: elsewhere }), 'header_mismatch');
	});

	test('what is signed under a key of small order, also where the browser would take it', async () => {
		// The neutral element as key and as R, and 0 as S: the equation of the signature holds for every text.
		const neutral = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0));
		const signature = concat(neutral, new Uint8Array(32));
		expect(await isSignedBy(b64u(neutral), signature, utf8('anything'))).toBe(false);
		vi.spyOn(crypto.subtle, 'importKey').mockResolvedValue({} as CryptoKey);
		vi.spyOn(crypto.subtle, 'verify').mockResolvedValue(true);
		try {
			expect(await isSignedBy(alice.known.ik, signature, utf8('anything'))).toBe(true);
			expect(await isSignedBy(b64u(neutral), signature, utf8('anything'))).toBe(false);
		} finally {
			vi.restoreAllMocks();
		}
	});

	test('keys of small order are not sound, in any form of them', () => {
		const order8 = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05';
		const minus1 = 'ec' + 'ff'.repeat(30) + '7f';
		const p = 'ed' + 'ff'.repeat(30) + '7f';
		for (const hex of ['00'.repeat(32), '01' + '00'.repeat(31), '00'.repeat(31) + '80', order8, minus1, p]) {
			expect({ hex, sound: isSoundIdentity(Buffer.from(hex, 'hex')) }).toEqual({ hex, sound: false });
		}
		expect(isSoundIdentity(fromB64u(alice.known.ik)!)).toBe(true);
	});
});

describe('a changed identity', () => {
	let anew: Person;

	beforeAll(async () => {
		const machine = new Machine();
		const account = await machine.startAnew(ownKeys(bob), eve.passwordKey);
		const known = await machine.judgeIdentity(bob.known, bob.user, [bob.account.identity, account.identity]);
		anew = {
			user: bob.user,
			machine,
			account,
			passwordKey: eve.passwordKey,
			known,
			jwk: { ...account.user_key.public_key }
		};
	});

	const sealTo = (known: Known, to: ChainState): Promise<SealedMessage> =>
		alice.machine.seal({
			...PLACE,
			body: { text: 'is it still you?' },
			sentAt: SENT_AT,
			chain: to,
			known: { [alice.user]: alice.known, [bob.user]: known },
			recipients: recipientsOf(alice, anew),
			seen: {}
		});
	const added = async (known: Known): Promise<ChainState> => {
		const link = await alice.machine.link(chain, 'add', { ...named(anew), gen: 2 });
		return alice.machine.advance(chain, [link], { [alice.user]: alice.known, [bob.user]: known });
	};

	test('is noted, and nobody vouched', () => {
		expect(anew.known).toMatchObject({
			seq: 2,
			earlier: [bob.known.ik],
			changed: { from: bob.known.ik, vouched: false }
		});
	});

	test('is not sealed to before a member added them again', () =>
		expectRefused(sealTo(anew.known, chain), 'identity_changed'));

	test('is sealed to once they were added again, if it never was verified', async () => {
		expect((await sealTo(anew.known, await added(anew.known))).encrypted_messages[bob.user]).toBeTruthy();
	});

	test('stops sealing after a verification, until it is accepted', async () => {
		const verified = { ...anew.known, verified: true };
		await expectRefused(sealTo(verified, await added(verified)), 'identity_changed');
		const accepted = { ...verified, accepted: true, changed: null };
		expect((await sealTo(accepted, await added(accepted))).encrypted_messages[bob.user]).toBeTruthy();
	});

	test('leaves what was written before readable', async () => {
		const before = await written(bob, alice, chain, { text: 'from before' });
		const now = await added(anew.known);
		const { body } = await alice.machine.open({ ...before, author: anew.known, chain: now });
		expect(body).toEqual({ text: 'from before' });
	});

	test('cannot be undone by showing the old history', () =>
		expectRefused(alice.machine.judgeIdentity(anew.known, bob.user, [bob.account.identity]), 'identity_invalid'));

	test('signs nothing in the chain before a member added them', async () => {
		const link = await anew.machine.link(chain, 'add', named(eve));
		const asked = alice.machine.advance(chain, [link], { ...knownOf(alice, eve), [bob.user]: anew.known });
		await expectRefused(asked, 'chain_invalid');
	});
});
