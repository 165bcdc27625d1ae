// Three people on four devices say, edit, react and delete while their cables are pulled; then all replicas agree.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MessageView } from './client.ts';
import { Device, Person } from '../../../tests/persons.ts';
import { lacking, Server } from '../../../tests/server.ts';

const STEPS = 60;
const EMOJIS = ['👍', '🎉', '❤️'];

/** Numbers from 0 to below 1 that are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** What everybody has to agree on. */
function transcript(messages: MessageView[]): unknown[] {
	return messages
		.filter((message) => !message.deleted)
		.map(({ id, place, sender, text, replyTo, edited, reactions, waiting, refused, unreadable }) => ({
			id,
			place,
			sender,
			text,
			replyTo,
			edited,
			reactions: reactions.map(({ emoji, user }) => `${emoji} ${user}`).sort(),
			waiting,
			refused,
			unreadable
		}));
}

describe.skipIf(lacking)('under random cuts', () => {
	let server: Server;

	beforeAll(async () => {
		server = await Server.start();
	}, 40_000);
	afterAll(() => server.remove());

	const seeds = process.env.SEED ? [Number(process.env.SEED)] : [1, 2, Math.floor(Math.random() * 1e9)];
	test.each(seeds)('all replicas end equal (seed %i)', { timeout: 60_000 }, async (seed) => {
		const random = randomOf(seed);
		const pick = <T>(of: T[]): T => of[Math.floor(random() * of.length)]!;
		const [ada, bob, cleo] = (await Promise.all(
			['Ada', 'Bob', 'Cleo'].map((name) => Person.register(server, name))
		)) as [Person, Person, Person];
		const devices = await Promise.all([ada, bob, cleo, ada].map((person) => person.device()));
		const id = await devices[0]!.client.do.startGroup('Harbour', [bob.id, cleo.id]);
		for (const device of devices) await device.see(device.client.query.conversation(id), (view) => view?.cursor === 1);
		let said = 0;

		const step = async (device: Device): Promise<void> => {
			const { messages } = await device.window(id, () => true);
			const standing = messages.filter((message) => !message.deleted);
			const mine = standing.filter((message) => message.mine);
			const dice = random();
			if (dice < 0.2) device.cable.pull();
			else if (dice < 0.35) device.cable.plug();
			else if (dice < 0.4) device.cable.loseAnswers();
			else if (dice < 0.5 && mine.length) await device.client.do.edit(id, pick(mine).id, `edit ${said++}`);
			else if (dice < 0.57 && mine.length) await device.client.do.remove(id, pick(mine).id);
			else if (dice < 0.7 && standing.length) {
				await device.client.do.react(id, pick(standing).id, pick(EMOJIS), random() < 0.7);
			} else if (dice < 0.75) await device.restart();
			else {
				const to = standing.length && random() < 0.3 ? pick(standing).id : undefined;
				await device.client.do.send(id, `word ${said++}`, { replyTo: to });
			}
			if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 40));
		};
		for (let count = 0; count < STEPS; count++) await step(pick(devices));

		for (const device of devices) {
			device.cable.pull();
			device.cable.plug();
			device.client.do.wake();
		}
		for (const device of devices) await device.settled(20_000);
		const head = Math.max(...(await Promise.all(devices.map((one) => one.cursor(id)))));
		for (const device of devices) {
			device.client.do.wake();
			await device.see(device.client.query.conversation(id), (view) => view!.cursor >= head);
		}
		const [first, ...others] = await Promise.all(
			devices.map(async (device) => transcript((await device.window(id, () => true)).messages))
		);
		const refused = (await Promise.all(devices.map((one) => one.replica.outbox.toArray()))).flat();
		for (const other of others) expect(other).toEqual(first);
		expect(first!.length).toBeGreaterThan(3);
		expect(new Set(first!.map((message) => (message as MessageView).id)).size).toBe(first!.length);
		expect(first!.every((message) => (message as MessageView).unreadable === null)).toBe(true);
		// Only what another device of the same person deleted meanwhile may be refused.
		expect(refused.map((row) => row.refused!.code).filter((code) => code !== 'not_found')).toEqual([]);
		await Promise.all(devices.map((device) => device.close()));
	});
});
