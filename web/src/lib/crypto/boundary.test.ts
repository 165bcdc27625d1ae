// The machine behind a message port, as it is in a Worker: values and refusals come across whole.

import { expose, releaseProxy, wrap, type Endpoint, type Remote } from 'comlink';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryRefusals } from './boundary.ts';
import { Machine } from './machine.ts';
import { Refused } from './refused.ts';
import { ownKeys, person } from './testing.ts';

let machine: Remote<Machine>;
let ports: MessageChannel;

beforeEach(() => {
	carryRefusals();
	ports = new MessageChannel();
	expose(new Machine(), ports.port1 as Endpoint);
	machine = wrap<Machine>(ports.port2 as Endpoint);
});

afterEach(() => {
	machine[releaseProxy]();
	ports.port1.close();
	ports.port2.close();
});

test('a refusal keeps its class, its code and its sentence', async () => {
	const alice = await person();
	const refused: unknown = await machine
		.unlock(ownKeys(alice, { slots: {} }), alice.passwordKey)
		.catch((thrown) => thrown);
	expect(refused).toBeInstanceOf(Refused);
	expect(refused).toMatchObject({ code: 'slot_missing', sentence: expect.stringMatching(/recovery words/) });
});

test('another error stays an error', async () => {
	const thrown: unknown = await machine.unlock(null as never, new Uint8Array(32)).catch((error) => error);
	expect(thrown).not.toBeInstanceOf(Refused);
	expect(thrown).toMatchObject({ name: 'TypeError', message: expect.stringMatching(/null/) });
});

test('a device key crosses, and bytes come back as bytes', async () => {
	const alice = await person();
	const deviceKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
	await machine.unlock(ownKeys(alice), alice.passwordKey);
	const kept = await machine.keep(deviceKey);
	expect(kept.ct).toBeInstanceOf(Uint8Array);
	await machine.lock();
	expect(await machine.resume(ownKeys(alice), kept, deviceKey)).toEqual(await alice.machine.me());
});
