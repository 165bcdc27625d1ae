// An account's keys over time: signed in again, a forgotten password, a restart without network, a new beginning.

import { expect, test } from 'vitest';
import { Machine } from './machine.ts';
import { CONVERSATION, conversationOf, ownKeys, OTHER_CONVERSATION, person, written } from './testing.ts';

test('a new account opens again with the password, and reads what is new', async () => {
	const [alice, bob] = await Promise.all([person(), person()]);
	const shown = await written(bob, alice, await conversationOf(bob, alice), { text: 'hello again' });
	const machine = new Machine();
	expect(await machine.unlock(ownKeys(alice), alice.passwordKey)).toEqual({
		user: alice.user,
		ik: alice.known.ik,
		seq: 1
	});
	expect((await machine.open(shown)).body).toEqual({ text: 'hello again' });
});

test('the words open it when the password is forgotten, and make a new slot', async () => {
	const alice = await person();
	const machine = new Machine();
	const typed = alice.account.words.map((word) => ` ${word.toUpperCase()}`);
	await machine.unlockWithWords(ownKeys(alice), typed);
	const passwordKey = new Uint8Array(32).fill(5);
	const slots = { password: await machine.newPasswordSlot(passwordKey) };
	expect(await new Machine().unlock(ownKeys(alice, { slots }), passwordKey)).toEqual(await alice.machine.me());
});

test('new words replace the old', async () => {
	const alice = await person();
	const { slot, words } = await alice.machine.newRecoverySlot();
	const own = ownKeys(alice, { slots: { recovery: slot } });
	await expect(new Machine().unlockWithWords(own, alice.account.words)).rejects.toMatchObject({ code: 'wrong_words' });
	expect(await new Machine().unlockWithWords(own, words)).toEqual(await alice.machine.me());
});

test('what a device kept opens without a password', async () => {
	const alice = await person();
	const deviceKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
	const kept = structuredClone(await alice.machine.keep(deviceKey));
	await alice.machine.lock();
	expect(await alice.machine.me()).toBeNull();
	expect(await alice.machine.resume(ownKeys(alice), kept, deviceKey)).toMatchObject({ user: alice.user });
});

test('a key for a conversation opens on another device', async () => {
	const alice = await person();
	const pair = await alice.machine.newConversationKey(CONVERSATION, 2);
	const machine = new Machine();
	await machine.unlock(ownKeys(alice), alice.passwordKey);
	const row = { gen: 2, public_key: { ...pair.public_key }, private_key: { ...pair.private_key } };
	expect(await machine.addPrivateKeys(OTHER_CONVERSATION, [row])).toEqual([]);
	expect(await machine.addPrivateKeys(CONVERSATION, [{ ...row, private_key: null }, row])).toEqual([
		pair.public_key.kid
	]);
});

test('a new beginning has the next identity, a later key, and does not read what was before', async () => {
	const [alice, bob] = await Promise.all([person(), person()]);
	const shown = await written(bob, alice, await conversationOf(bob, alice), { text: 'lost' });
	const machine = new Machine();
	const account = await machine.startAnew(ownKeys(alice), new Uint8Array(32));
	expect(account.identity).toMatchObject({ seq: 2, previous_signature: null });
	expect(account.user_key.public_key.gen).toBe(2);
	await expect(machine.open(shown)).rejects.toMatchObject({ code: 'key_missing' });

	const row = {
		gen: 2,
		public_key: { ...account.user_key.public_key },
		private_key: { ...account.user_key.private_key }
	};
	const before = ownKeys(alice);
	const own = {
		user_id: alice.user,
		identity: [...before.identity, account.identity],
		user_keys: [row, ...before.user_keys],
		slots: account.slots
	};
	expect(await new Machine().unlock(own, new Uint8Array(32))).toEqual({
		user: alice.user,
		ik: account.identity.ik,
		seq: 2
	});
});

test('an account of a program that knows no keys begins with the first', async () => {
	const own = { user_id: (await person()).user, identity: [], user_keys: [], slots: {} };
	const { identity, user_key } = await new Machine().startAnew(own, new Uint8Array(32));
	expect([identity.seq, user_key.public_key.gen]).toEqual([1, 1]);
});
