import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Device, Person } from '../../../tests/persons.ts';
import { lacking, Server } from '../../../tests/server.ts';
import { conversationTopic } from '../realtime/events.ts';
import { Live } from '../realtime/socket.ts';
import { only } from '../realtime/tokens.ts';

describe.skipIf(lacking)('clients of a server', () => {
	let server: Server;
	let ada: Person, bob: Person, cleo: Person;
	const devices: Device[] = [];
	const ends: (() => void)[] = [];

	beforeAll(async () => {
		server = await Server.start();
	}, 40_000);
	beforeEach(async () => {
		[ada, bob, cleo] = (await Promise.all(['Ada', 'Bob', 'Cleo'].map((name) => Person.register(server, name)))) as [
			Person,
			Person,
			Person
		];
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

	/** Two devices with a conversation that both have. */
	async function talking(one: Person, other: Person): Promise<[Device, Device, string]> {
		const [a, b] = (await open(one, other)) as [Device, Device];
		const id = await a.client.do.startPrivate(other.id);
		await a.client.do.send(id, 'first');
		await b.reads(id, 'first');
		return [a, b, id];
	}

	test('a first message needs nobody online, and arrives', async () => {
		const [a] = (await open(ada)) as [Device];
		const conversation = await a.client.do.startPrivate(bob.id);
		await a.client.do.send(conversation, 'Hello Bob');
		await a.settled();
		const [b] = (await open(bob)) as [Device];
		const read = await b.reads(conversation, 'Hello Bob');
		expect(read).toMatchObject({ sender: ada.id, mine: false, waiting: false, unreadable: null });
		await b.client.do.send(conversation, 'Hello Ada');
		expect(await a.reads(conversation, 'Hello Ada')).toMatchObject({ sender: bob.id, unreadable: null });
	});

	test('a conversation begun on a device that did not know of it becomes the one that the two have', async () => {
		const [, b, id] = await talking(ada, bob);
		const phone = await ada.device();
		devices.push(phone);
		phone.cable.pull();
		const begun = await phone.client.do.startPrivate(bob.id);
		await phone.client.do.send(begun, 'from the phone');
		phone.cable.plug();
		await b.reads(id, 'from the phone');
		await phone.reads(id, 'first');
		expect(await phone.texts(id)).toEqual(['first', 'from the phone']);
		const view = await phone.see(phone.client.query.conversation(begun), (one) => one?.pending === false);
		expect(view!.id).toBe(id);
	});

	test('what is done without a network is shown at once, and sent in its order when it is back', async () => {
		const [a, b, id] = await talking(ada, bob);
		await a.settled();
		a.cable.pull();
		const one = await a.client.do.send(id, 'one');
		await a.client.do.send(id, 'two', { replyTo: one });
		await a.client.do.edit(id, one, 'one, mended');
		await a.client.do.react(id, one, '👍', true);
		const three = await a.client.do.send(id, 'three');
		await a.client.do.remove(id, three);
		const offline = await a.window(id, () => true);
		expect(offline.messages.map((message) => message.text)).toEqual(['first', 'one, mended', 'two', null]);
		expect(offline.messages.at(-2)!.reply).toMatchObject({ id: one, text: 'one, mended' });
		expect(offline.messages[1]!.reactions).toEqual([{ emoji: '👍', user: ada.id, waiting: true }]);
		expect(a.client.live).toMatchObject({ value: { waiting: 6 } });
		a.cable.plug();
		await a.settled();
		const there = await b.window(id, ({ messages }) => messages.length === 4 && messages[3]!.deleted);
		expect(there.messages.map((message) => message.text)).toEqual(['first', 'one, mended', 'two', null]);
		expect(there.messages[1]).toMatchObject({ edited: true, reactions: [{ emoji: '👍', user: ada.id }] });
		expect(there.messages[2]!.reply).toMatchObject({ id: one, text: 'one, mended' });
		const online = await a.window(id, () => true);
		expect(online.messages.every((message) => !message.waiting && !message.refused)).toBe(true);
		expect(await b.see(b.client.query.unread(), () => true)).toBe(3);
		const listed = await b.see(b.client.query.conversation(id), (view) => view?.unread === 3);
		expect(listed!.unreadTexts.sort()).toEqual(['first', 'one, mended', 'two']);
	});

	test('where the answer is lost, the same bytes go again and count once', async () => {
		const [a, b, id] = await talking(ada, bob);
		await a.settled();
		a.cable.loseAnswers();
		const sent = await a.client.do.send(id, 'only once');
		await b.reads(id, 'only once');
		const [kept] = await a.replica.outbox.toArray();
		expect(kept).toMatchObject({ id: sent, state: 'waiting', request: expect.anything() });
		a.cable.pull();
		await a.restart();
		a.cable.plug();
		await a.settled();
		expect(await a.texts(id)).toEqual(['first', 'only once']);
		expect(await b.texts(id)).toEqual(['first', 'only once']);
		expect(await a.replica.messages.get([id, sent])).toMatchObject({ rev: 0, version: 3, waiting: false });
	});

	test('what the server refuses is undone, with the reason, and can be given up', async () => {
		const [a, b, id] = await talking(ada, bob);
		const sent = await a.client.do.send(id, 'x'.repeat(60_000));
		const refused = await a.window(id, ({ messages }) => messages.at(-1)!.refused !== null);
		expect(refused.messages.at(-1)).toMatchObject({ waiting: false, refused: { code: 'too_large', operation: sent } });
		await a.client.do.send(id, 'after it');
		await b.reads(id, 'after it');
		await a.client.do.discard(sent);
		expect(await a.texts(id)).toEqual(['first', 'after it']);
	});

	test('an edit of a message that was deleted elsewhere is undone', async () => {
		const [a, b, id] = await talking(ada, bob);
		const [other] = (await open(ada)) as [Device];
		const message = await other.reads(id, 'first');
		await a.settled();
		a.cable.pull();
		await a.client.do.edit(id, message.id, 'second thoughts');
		expect(await a.texts(id)).toEqual(['second thoughts']);
		await other.client.do.remove(id, message.id);
		await b.window(id, ({ messages }) => messages[0]!.deleted);
		a.cable.plug();
		await a.settled();
		expect((await a.window(id, () => true)).messages[0]).toMatchObject({ deleted: true, text: null, waiting: false });
	});

	test('both devices of a person write in one order, and both may edit', async () => {
		const [a, b, id] = await talking(ada, bob);
		const [other] = (await open(ada)) as [Device];
		const message = await other.reads(id, 'first');
		a.cable.pull();
		await a.client.do.edit(id, message.id, 'from one');
		await other.client.do.edit(id, message.id, 'from the other');
		await b.reads(id, 'from the other');
		a.cable.plug();
		await b.reads(id, 'from one');
		await other.reads(id, 'from one');
		expect(await a.texts(id)).toEqual(['from one']);
	});

	test('who joins late reads what is shared with them', async () => {
		const [a, b, c] = (await open(ada, bob, cleo)) as [Device, Device, Device];
		const id = await a.client.do.startGroup('Sailing', [bob.id]);
		const early = await a.client.do.send(id, 'before Cleo');
		await b.reads(id, 'before Cleo');
		await b.client.do.react(id, early, '⛵', true);
		await a.window(id, ({ messages }) => messages[0]!.reactions.length === 1);
		await a.client.do.addMembers(id, [cleo.id], { shareHistory: true });
		const read = await c.reads(id, 'before Cleo');
		expect(read).toMatchObject({ sender: ada.id, unreadable: null });
		await c.window(id, ({ messages }) => messages[0]!.reactions.some(({ emoji }) => emoji === '⛵'));
		await c.client.do.send(id, 'thanks');
		await Promise.all([a.reads(id, 'thanks'), b.reads(id, 'thanks')]);
		await b.see(b.client.query.people([cleo.id]), ([person]) => person?.display_name === 'Cleo');
		const shown = await c.see(c.client.query.conversation(id), (view) => view?.members.length === 3);
		expect(shown).toMatchObject({ alias: 'Sailing', kind: 'group', sealed: true, disbelieved: null });
	});

	test('what was composed before somebody joined is sealed for them, too', async () => {
		const [a, b, c] = (await open(ada, bob, cleo)) as [Device, Device, Device];
		const id = await a.client.do.startGroup('Rowing', [bob.id]);
		await b.see(b.client.query.conversation(id), (view) => view?.cursor === 1);
		await a.settled();
		a.cable.pull();
		await a.client.do.send(id, 'to whoever is in it');
		await b.client.do.addMembers(id, [cleo.id]);
		await c.see(c.client.query.conversation(id), (view) => view?.members.length === 3);
		a.cable.plug();
		expect(await c.reads(id, 'to whoever is in it')).toMatchObject({ unreadable: null });
		await b.reads(id, 'to whoever is in it');
	});

	test('who leaves keeps what was there, and hears nothing more', async () => {
		const [a, b] = (await open(ada, bob)) as [Device, Device];
		const id = await a.client.do.startGroup('Chess', [bob.id]);
		await a.client.do.rename(id, 'Chess club');
		await a.client.do.send(id, 'your move');
		await b.reads(id, 'your move');
		await b.see(b.client.query.conversation(id), (view) => view?.alias === 'Chess club');
		await b.client.do.leave(id);
		await b.see(b.client.query.conversation(id), (view) => view?.left === true);
		await a.see(a.client.query.conversation(id), (view) => view?.members.length === 1);
		await a.client.do.send(id, 'alone now');
		await a.settled();
		await b.settled();
		expect(await b.texts(id)).toEqual(['your move']);
		await b.client.do.send(id, 'too late');
		const view = await b.window(id, ({ messages }) => messages.at(-1)!.refused !== null);
		expect(view.messages.at(-1)!.refused).toMatchObject({ code: 'not_member' });
	});

	/** The lobby as its subscriber has it, and a connection of somebody who writes there. */
	async function lobby(reader: Person, writer: Person) {
		const { id } = await reader.api.ask<{ id: string }>('GET', '/api/channels/lobby');
		const live = new Live({ url: server.socket, tokens: only(writer.signedIn.auth_token) });
		const topic = conversationTopic(id);
		live.start();
		live.join(
			topic,
			() => ({}),
			() => {}
		);
		ends.push(() => live.stop());
		const subscribed = async () => {
			await reader.api.ask('PUT', `/api/channels/${id}/subscription`);
			return ((await open(reader)) as [Device])[0];
		};
		return { id, live, topic, subscribed };
	}

	test('a subject is kept with its message, sent with it, and stays when the text is edited', async () => {
		const { id, live, topic, subscribed } = await lobby(ada, bob);
		await live.push(topic, 'send_message', { content: 'from outside', subject: 'Weather' });
		const a = await subscribed();
		expect(await a.reads(id, 'from outside')).toMatchObject({ subject: 'Weather' });
		a.cable.pull();
		const mine = await a.client.do.send(id, 'from within', { subject: 'News' });
		await a.restart();
		expect(await a.reads(id, 'from outside')).toMatchObject({ subject: 'Weather', waiting: false });
		expect(await a.reads(id, 'from within')).toMatchObject({ subject: 'News', waiting: true });
		await a.client.do.edit(id, mine, 'edited');
		expect(await a.reads(id, 'edited')).toMatchObject({ subject: 'News' });
		a.cable.plug();
		await a.settled();
		expect(await a.reads(id, 'edited')).toMatchObject({ subject: 'News', edited: true, waiting: false });
		const page = await a.account.api.messages({ conversation_id: id });
		expect(page.items.find((one) => one.message_group === mine)).toMatchObject({ subject: 'News', content: 'edited' });
	});

	test('of a long channel that begins with its latest page, reactions and subjects come with the pages', async () => {
		const { id, live, topic, subscribed } = await lobby(cleo, bob);
		const say = async (content: string, subject?: string) =>
			(await live.push(topic, 'send_message', { content, ...(subject ? { subject } : {}) })).message.message_group;
		const old = await say('old', 'Of old');
		await live.push(topic, 'react', { message_group_id: old, emoji: '👍' });
		for (let round = 0; round < 6; round++)
			await Promise.all([...Array(90).keys()].map((one) => say(`${round} ${one}`)));
		const late = await say('late', 'Of late');
		await live.push(topic, 'react', { message_group_id: late, emoji: '🎉' });
		const c = await subscribed();
		const reactions = [{ emoji: '🎉', user: bob.id, waiting: false }];
		expect(await c.reads(id, 'late')).toMatchObject({ subject: 'Of late', reactions });
		while (await c.client.do.loadOlder(id));
		const { messages } = await c.see(
			c.client.query.window(id, { around: old }, 1, 1),
			(view) => view.messages.length > 0
		);
		const found = messages.find((one) => one.id === old);
		expect(found).toMatchObject({ subject: 'Of old', reactions: [{ emoji: '👍', user: bob.id, waiting: false }] });
	});

	test('one knows oneself before one knows anybody, and a change of oneself is shown before it is sent', async () => {
		const [a] = (await open(ada)) as [Device];
		await a.see(a.client.query.people([ada.id]), ([person]) => person?.display_name === 'Ada');
		a.cable.pull();
		await a.client.do.setProfile({ theme: 'night', about: 'I sail.' });
		await a.see(a.client.query.me(), (me) => me?.theme === 'night' && me.about === 'I sail.');
		a.cable.plug();
		await a.settled();
		const [phone] = (await open(ada)) as [Device];
		await phone.see(phone.client.query.me(), (me) => me?.theme === 'night' && me.about === 'I sail.');
	});

	test('drafts and read marks', async () => {
		const [a, b, id] = await talking(ada, bob);
		const [phone] = (await open(bob)) as [Device];
		await phone.reads(id, 'first');
		await phone.see(phone.client.query.unread(), (count) => count === 1);
		await b.client.do.markRead(id);
		await phone.see(phone.client.query.unread(), (count) => count === 0);
		await a.see(
			a.client.query.conversation(id),
			(view) => (view?.members.find(({ user }) => user === bob.id)?.read ?? 0) > 0
		);
		await b.client.do.setDraft(id, 'well …');
		expect(await b.see(b.client.query.draft(id), (draft) => draft !== undefined)).toMatchObject({ text: 'well …' });
		await b.client.do.send(id, 'well');
		await b.see(b.client.query.draft(id), (draft) => draft === undefined);
		await b.client.do.typing(id, true);
		await a.see(a.client.typing(id), (users) => users.includes(bob.id));
		await a.see(a.client.presence, (there) => there.get(bob.id) === 'online');
	});

	test('a verified person whose identity changes is not written to until that is accepted', async () => {
		const [a, , id] = await talking(ada, bob);
		const number = await a.client.do.safetyNumber(bob.id);
		expect(number).toMatch(/^\d{60}$/);
		await a.client.do.verify(bob.id, true);
		await bob.startAnew();
		await a.client.do.send(id, 'is it you?');
		const held = await a.see(a.client.query.conversation(id), (view) => view?.held !== null);
		expect(held!.held).toMatchObject({ code: 'identity_changed' });
		expect((await a.window(id, () => true)).messages.at(-1)).toMatchObject({ text: 'is it you?', waiting: true });
		const [person] = await a.see(a.client.query.people([bob.id]), ([one]) => Boolean(one?.known?.changed));
		expect(person!.known).toMatchObject({ verified: true, accepted: false });

		const [anew] = (await open(bob)) as [Device];
		const waiting = await anew.see(anew.client.query.conversation(id), (view) => Boolean(view?.held));
		expect(waiting!.held).toMatchObject({ code: 'not_proven' });
		await anew.client.do.send(id, 'it is');
		expect((await a.texts(id)).at(-1)).toBe('is it you?');

		await a.client.do.accept(bob.id);
		expect(await anew.reads(id, 'is it you?')).toMatchObject({ sender: ada.id, unreadable: null });
		expect(await a.reads(id, 'it is')).toMatchObject({ sender: bob.id, unreadable: null });
		await anew.see(anew.client.query.conversation(id), (view) => view?.held === null);
		await a.see(a.client.query.conversation(id), (view) => view?.held === null);
	});

	describe('who started anew', () => {
		/** The first made a key for the conversation, the other has none but their own. */
		test.each(['first', 'other'] as const)('is added again, and writes first: the %s of two', async (which) => {
			const [a, b, id] = await talking(ada, bob);
			const [stays, loses] = which === 'first' ? [b, ada] : [a, bob];
			await (which === 'first' ? a : b).close();
			await loses.startAnew();
			const [anew] = (await open(loses)) as [Device];
			const before = await anew.window(id, ({ messages }) => messages.length === 1);
			expect(before.messages[0]).toMatchObject({ text: null, unreadable: { code: 'key_missing' } });
			await anew.client.do.send(id, 'I lost everything');
			expect(await stays.reads(id, 'I lost everything')).toMatchObject({ sender: loses.id, unreadable: null });
			const [person] = await stays.see(stays.client.query.people([loses.id]), ([one]) => Boolean(one?.known?.changed));
			expect(person!.known).toMatchObject({ verified: false });
			await stays.client.do.send(id, 'welcome back');
			expect(await anew.reads(id, 'welcome back')).toMatchObject({ unreadable: null });
		});

		test.each(['first', 'other'] as const)('is written to before they were here: the %s of two', async (which) => {
			const [a, b, id] = await talking(ada, bob);
			const [stays, loses] = which === 'first' ? [b, ada] : [a, bob];
			await (which === 'first' ? a : b).close();
			await loses.startAnew();
			await stays.client.do.send(id, 'are you there?');
			await stays.settled();
			const [anew] = (await open(loses)) as [Device];
			expect(await anew.reads(id, 'are you there?')).toMatchObject({ unreadable: null });
			await anew.client.do.send(id, 'I am');
			expect(await stays.reads(id, 'I am')).toMatchObject({ unreadable: null });
			await stays.restart();
			await stays.client.do.send(id, 'good');
			await anew.reads(id, 'good');
		});

		test('is added again in a group, whoever of the others does it', async () => {
			const [a, b, c] = (await open(ada, bob, cleo)) as [Device, Device, Device];
			const id = await a.client.do.startGroup('Choir', [bob.id, cleo.id]);
			await a.client.do.send(id, 'sing');
			await Promise.all([b.reads(id, 'sing'), c.reads(id, 'sing')]);
			await b.close();
			await bob.startAnew();
			const [anew] = (await open(bob)) as [Device];
			await anew.window(id, ({ messages }) => messages.length === 1);
			await Promise.all([a.client.do.send(id, 'one'), c.client.do.send(id, 'two'), anew.client.do.send(id, 'three')]);
			for (const text of ['one', 'two', 'three']) {
				for (const device of [a, c, anew]) expect(await device.reads(id, text)).toMatchObject({ unreadable: null });
			}
			await anew.client.do.leave(id);
			await a.see(a.client.query.conversation(id), (view) => view?.members.length === 2);
		});
	});
});
