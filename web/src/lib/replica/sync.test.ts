import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Device, Person } from '../../../tests/persons.ts';
import { lacking, Server } from '../../../tests/server.ts';
import { conversationTopic, SYSTEM } from '../realtime/events.ts';
import { Api } from '../realtime/http.ts';
import { Live } from '../realtime/socket.ts';
import { only } from '../realtime/tokens.ts';
import { openClient } from './open.ts';

const PROGRAM = join(import.meta.dirname, '../../../../.venv/bin/hubbub');

describe.skipIf(lacking)('keeping up with a server', () => {
	let server: Server;
	let ada: Person, bob: Person;
	const devices: Device[] = [];
	const ends: (() => void)[] = [];

	beforeAll(async () => {
		server = await Server.start();
	}, 40_000);
	beforeEach(async () => {
		[ada, bob] = (await Promise.all(['Ada', 'Bob'].map((name) => Person.register(server, name)))) as [Person, Person];
	});
	afterEach(async () => {
		ends.splice(0).forEach((end) => end());
		await Promise.all(devices.splice(0).map((device) => device.close()));
	});
	afterAll(() => server.remove());

	async function open(...persons: Person[]): Promise<Device[]> {
		const opened = await Promise.all(persons.map((person) => person.device()));
		devices.push(...opened);
		return opened;
	}

	async function talking(): Promise<[Device, Device, string]> {
		const [a, b] = (await open(ada, bob)) as [Device, Device];
		const id = await a.client.do.startPrivate(bob.id);
		await a.client.do.send(id, 'first');
		await b.reads(id, 'first');
		return [a, b, id];
	}

	/** Another program of this person, without a replica. */
	function program(person: Person): Live {
		const live = new Live({ url: server.socket, tokens: only(person.signedIn.auth_token) });
		live.join(
			SYSTEM,
			() => ({}),
			() => {}
		);
		live.start();
		ends.push(() => live.stop());
		return live;
	}

	test('a plaintext group: messages, edits, reactions, and what another program says in it', async () => {
		const other = program(bob);
		const begun = { user_ids: [ada.id], open: true, alias: 'Square' };
		const { conversation_id: id } = await other.push(SYSTEM, 'start_group_conversation', begun);
		const topic = conversationTopic(id);
		other.join(
			topic,
			() => ({}),
			() => {}
		);
		const first = await other.push(topic, 'send_message', { content: 'hear, hear' });
		const [a, b] = (await open(ada, bob)) as [Device, Device];
		const read = await a.reads(id, 'hear, hear');
		await a.client.do.react(id, read.id, '👏', true);
		const answer = await a.client.do.send(id, 'what?', { replyTo: read.id });
		expect(await b.reads(id, 'what?')).toMatchObject({ reply: { id: read.id, text: 'hear, hear' } });
		await b.window(id, ({ messages }) => messages[0]!.reactions.some(({ user }) => user === ada.id));
		await a.client.do.react(id, read.id, '👏', false);
		await b.window(id, ({ messages }) => messages[0]!.reactions.length === 0);
		await a.client.do.edit(id, answer, 'what is it?');
		await b.reads(id, 'what is it?');
		await other.push(topic, 'edit_message', { message_group_id: first.message.message_group, content: 'hear me' });
		await a.reads(id, 'hear me');
		await a.client.do.remove(id, answer);
		await b.window(id, ({ messages }) => messages.at(-1)!.deleted);
		expect(await a.see(a.client.query.conversation(id), () => true)).toMatchObject({
			encrypted: false,
			alias: 'Square'
		});
	});

	test('a long conversation begins with its latest page; the past comes as one scrolls', async () => {
		const other = program(bob);
		const begun = { user_ids: [ada.id], open: true };
		const { conversation_id: id } = await other.push(SYSTEM, 'start_group_conversation', begun);
		const topic = conversationTopic(id);
		other.join(
			topic,
			() => ({}),
			() => {}
		);
		const author = program(ada);
		author.join(
			topic,
			() => ({}),
			() => {}
		);
		const { message: rude } = await author.push(topic, 'send_message', { content: 'rude words' });
		const bobs = new Api({ origin: server.origin, tokens: only(bob.signedIn.auth_token) });
		const removal = `/api/conversations/${id}/messages/${rude.message_group}/removal`;
		await bobs.ask('PUT', removal, { json: { reason: 'Be kind' } });
		const said = Array.from({ length: 620 }, (_, at) => `message ${at}`);
		for (const content of said) await other.push(topic, 'send_message', { content });
		const [a] = (await open(ada)) as [Device];
		await a.reads(id, said.at(-1)!);
		expect(await a.replica.messages.count()).toBe(50);
		expect(await a.window(id, () => true)).toMatchObject({ older: 'server', newer: false });
		let pages = 0;
		while (await a.client.do.loadOlder(id)) pages++;
		expect(pages).toBe(11);
		const everything = await a.see(a.client.query.window(id, 'newest', 1000), () => true);
		expect(everything.messages.map((message) => message.text)).toEqual([null, ...said]);
		expect(everything.messages[0]).toMatchObject({ removed: { by: bob.id, reason: 'Be kind' } });
		expect(everything.older).toBe('none');
		const middle = everything.messages[301]!.id;
		const around = await a.see(a.client.query.window(id, { around: middle }, 2, 3), () => true);
		expect(around.messages.map((message) => message.text)).toEqual(said.slice(298, 303));
		expect(around).toMatchObject({ older: 'here', newer: true });
	});

	test('a page of the past does not bring back what was deleted since it was asked for', async () => {
		const [a, b, id] = await talking();
		const [message] = (await b.window(id, () => true)).messages;
		const page = await b.account.api.messages({ conversation_id: id });
		await a.client.do.remove(id, message!.id);
		await b.window(id, ({ messages }) => messages[0]!.deleted);
		vi.spyOn(b.account.api, 'messages').mockResolvedValueOnce(page);
		await b.replica.conversations.update(id, { older: 'a token' });
		await b.client.do.loadOlder(id);
		expect((await b.window(id, () => true)).messages).toMatchObject([{ deleted: true, text: null }]);
	});

	test('of another epoch everything is rebuilt, and what was not sent is kept', async () => {
		const [a, b, id] = await talking();
		await a.settled();
		await server.stop();
		await a.client.do.send(id, 'written meanwhile');
		await a.client.do.setDraft(id, 'a draft');
		const { HUBBUB_DATA: _, ...environment } = process.env;
		await promisify(execFile)(PROGRAM, ['new-epoch'], {
			cwd: server.folder,
			env: { ...environment, HUBBUB_DATA: join(server.folder, 'data') }
		});
		const before = (await a.replica.conversations.get(id))!.epoch;
		await server.start();
		a.client.do.wake();
		b.client.do.wake();
		await b.reads(id, 'written meanwhile');
		await a.settled();
		expect((await a.replica.conversations.get(id))!.epoch).not.toBe(before);
		expect(await a.texts(id)).toEqual(['first', 'written meanwhile']);
		expect(await a.see(a.client.query.draft(id), () => true)).toMatchObject({ text: 'a draft' });
	});

	test('one tab talks to the server; another one writes through it, and takes over when it goes', async () => {
		const [a, b, id] = await talking();
		const second = openClient(a.account, a.machine);
		ends.push(() => void second.close());
		await a.see(second.live, ({ connection }) => connection === 'live');
		expect(second.live).toMatchObject({ value: { leading: false } });
		await second.do.send(id, 'from the second tab');
		await b.reads(id, 'from the second tab');
		await a.reads(id, 'from the second tab');
		await b.client.do.typing(id, true);
		await a.see(second.typing(id), (users) => users.includes(bob.id));
		expect(await second.do.loadOlder(id)).toBe(false);
		await a.client.close();
		await a.see(second.live, ({ leading, connection }) => leading && connection === 'live');
		await second.do.send(id, 'from the one that is left');
		await b.reads(id, 'from the one that is left');
	});

	test('who was away reads everything after coming back, without a push for it', async () => {
		const [a, b, id] = await talking();
		await b.settled();
		b.cable.pull();
		for (const text of ['one', 'two', 'three']) await a.client.do.send(id, text);
		await a.settled();
		b.cable.plug();
		await b.reads(id, 'three');
		expect(await b.texts(id)).toEqual(['first', 'one', 'two', 'three']);
		expect(await b.cursor(id)).toBe(await a.cursor(id));
	});

	test('nothing that was said lies readable in the replica', async () => {
		const [a, , id] = await talking();
		await a.client.do.send(id, 'a very particular sentence');
		await a.client.do.setDraft(id, 'another particular thought');
		await a.settled();
		for (const table of a.replica.tables) {
			for (const row of await table.toArray()) {
				const bytes = JSON.stringify(row, (_, value: unknown) =>
					value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
				);
				expect(bytes).not.toContain('particular');
			}
		}
	});
});
