// Conversations that are not in the replica, against a real server: guests, who only looks, rooms.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lacking, Server } from '../../../tests/server.ts';
import { newRoomKey } from '../crypto/rooms.ts';
import { Api, type SignedIn } from '../realtime/http.ts';
import { only } from '../realtime/tokens.ts';
import { until } from '../replica/watched.ts';
import type { Channel } from '../wire/types.ts';
import { openChannel } from './channel.ts';
import { Line } from './line.ts';
import { enterRoom, newSelf, openRoom, type Room } from './room.ts';
import type { Space, SpaceView } from './space.ts';

const PATIENCE = 15_000;
let count = 0;

describe.skipIf(lacking)('what is heard live', { timeout: 60_000 }, () => {
	let server: Server;
	let lobby: Channel;
	const ends: (() => void)[] = [];

	beforeAll(async () => {
		server = await Server.start();
		lobby = await guest().api.ask<Channel>('GET', '/api/channels/lobby', { signedIn: 'perhaps' });
	}, 60_000);
	afterEach(() => ends.splice(0).forEach((end) => end()));
	afterAll(() => server?.remove());

	interface Visitor {
		line: Line;
		api: Api;
	}

	function guest(): Visitor {
		const line = new Line(server.socket, () => 0.05);
		ends.push(() => line.live.stop());
		return { line, api: new Api({ origin: server.origin }) };
	}

	async function account(name: string): Promise<Visitor & { signedIn: SignedIn }> {
		const { line, api } = guest();
		const email = `live${++count}@example.com`;
		const signedIn = await api.register({ email, password: 'correct horse battery', display_name: name });
		const tokens = only(signedIn.auth_token);
		line.be(tokens);
		return { line, api: api.as(tokens), signedIn };
	}

	async function opened<Who>(space: Space<Who>): Promise<Space<Who>> {
		ends.push(() => space.close());
		await space.open();
		await sees(space, ({ state }) => state === 'open');
		return space;
	}

	const sees = (space: Space<never> | Space, enough: (view: SpaceView) => boolean) =>
		until((space as Space).view, enough, PATIENCE);
	const texts = ({ messages }: SpaceView) => messages.map(({ said }) => said.text);
	const inLobby = ({ line, api }: Visitor) => opened(openChannel(lobby.id, line, api));

	test('a guest reads the lobby as it is written, with who wrote it', async () => {
		const [looking, ada] = [guest(), await account('Ada')];
		const [seen, written] = [await inLobby(looking), await inLobby(ada)];
		written.say('To everybody', 'A subject');
		const view = await sees(seen, (now) => texts(now).includes('To everybody'));
		const last = view.messages.at(-1)!;
		expect(last.row.subject).toBe('A subject');
		expect(view.authors.get(last.row.sender)).toMatchObject({ display_name: 'Ada' });
		await sees(written, ({ waiting, messages }) => waiting.length === 0 && messages.length > 0);
	});

	test('a guest who signs in goes on on the same socket, and writes', async () => {
		const [looking, ada] = [guest(), await account('Ada')];
		const before = await inLobby(looking);
		before.close();
		looking.line.be(only(ada.signedIn.auth_token));
		const after = await inLobby(looking);
		after.say('Signed in by now');
		await sees(after, (view) => texts(view).includes('Signed in by now') && view.waiting.length === 0);
	});

	test('what a guest says is refused, and kept with the reason', async () => {
		const space = await inLobby(guest());
		space.say('May I?');
		const { waiting } = await sees(space, (view) => view.waiting.some((one) => one.refused));
		expect(waiting).toMatchObject([{ text: 'May I?', refused: { code: 'unauthorized' } }]);
	});

	test('the past comes page by page', async () => {
		const ada = await account('Ada');
		const space = await inLobby(ada);
		for (let number = 0; number < 60; number++) space.say(`Line ${number}`);
		await sees(space, (view) => view.waiting.length === 0);
		const late = await inLobby(guest());
		expect(late.view.value.messages).toHaveLength(50);
		await late.loadOlder();
		expect(texts(late.view.value)).toContain('Line 0');
		expect(texts(late.view.value).slice(-60)).toEqual([...Array(60).keys()].map((number) => `Line ${number}`));
	});

	const shown = ({ messages }: SpaceView, text: string) => messages.find(({ said }) => said.text === text)!;
	const holds = (view: SpaceView, text: string) => shown(view, text) !== undefined;

	/** A channel that anyone reads, one who only looks, its owner, and what the owner just said there. */
	async function lookedAt(text: string) {
		const [looking, ada] = [guest(), await account('Ada')];
		const channel = await ada.api.ask<Channel>('POST', '/api/channels', { json: { title: 'Seen by all' } });
		await ada.api.ask('PATCH', `/api/channels/${channel.id}`, { json: { reading: 'anyone' } });
		const enter = ({ line, api }: Visitor) => opened(openChannel(channel.id, line, api));
		const [seen, written] = [await enter(looking), await enter(ada)];
		written.say(text);
		const { id } = shown(await sees(seen, (view) => holds(view, text)), text);
		return { looking, ada, channel, seen, written, id, enter };
	}

	test('another text, reactions and an answer are seen as they come, and by who comes later', async () => {
		const { seen, written, id, enter } = await lookedAt('Frist');
		await written.edit(id, 'First');
		await written.react(id, '👍', true);
		await written.react(id, '🎉', true);
		await written.react(id, '🎉', false);
		written.say('Indeed', null, id);
		for (const space of [seen, written, await enter(guest())]) {
			const view = await sees(space, (now) => holds(now, 'Indeed') && shown(now, 'First').reactions.length === 1);
			const { row, reactions } = shown(view, 'First');
			expect(row.rev).toBe(1);
			expect(reactions).toMatchObject([{ emoji: '👍', user: row.sender }]);
			expect(shown(view, 'Indeed').row.reply_to).toBe(id);
			expect(view.authors.get(reactions[0]!.user)?.display_name).toBe('Ada');
		}
	});

	test('what its author takes back leaves its place to who saw it, and nothing to who comes later', async () => {
		const { seen, written, id, enter } = await lookedAt('Said too soon');
		await written.remove(id);
		const { messages } = await sees(seen, (view) => view.messages.some(({ row }) => row.deleted === true));
		expect(messages).toMatchObject([{ id, said: { text: null } }]);
		expect((await enter(guest())).view.value.messages).toEqual([]);
	});

	test('a removal says by whom and why, also to a guest, and takes the reactions with it', async () => {
		const { ada, channel, seen, enter } = await lookedAt('Welcome');
		const bob = await account('Bob');
		await bob.api.ask('PUT', `/api/channels/${channel.id}/subscription`);
		const rude = await enter(bob);
		rude.say('Rude');
		const { id } = shown(await sees(seen, (view) => holds(view, 'Rude')), 'Rude');
		await rude.react(id, '😂', true);
		const path = `/api/conversations/${channel.id}/messages/${id}/removal`;
		await ada.api.ask('PUT', path, { json: { reason: 'Be kind' } });
		for (const space of [seen, await enter(guest())]) {
			const view = await sees(space, ({ messages }) => messages.some(({ row }) => row.removed_by));
			const removed = view.messages.find((one) => one.id === id)!;
			expect(removed).toMatchObject({ row: { removed_because: 'Be kind' }, reactions: [], said: { text: null } });
			expect(view.authors.get(removed.row.removed_by!)?.display_name).toBe('Ada');
		}
	});

	test('who may not is refused: a guest reacts to nothing, and nobody changes what is another’s', async () => {
		const { seen, id, enter } = await lookedAt('Mine');
		await expect(seen.react(id, '👍', true)).rejects.toMatchObject({ reason: 'unauthorized' });
		const bob = await account('Bob');
		await bob.api.ask('PUT', `/api/channels/${lobby.id}/subscription`);
		const elsewhere = await enter(bob);
		await expect(elsewhere.edit(id, 'Yours')).rejects.toMatchObject({ reason: 'not_member' });
		const mine = await inLobby(await account('Cleo'));
		mine.say('In the lobby');
		const said = shown(await sees(mine, (view) => holds(view, 'In the lobby')), 'In the lobby');
		const other = await inLobby(bob);
		await expect(other.edit(said.id, 'Yours')).rejects.toMatchObject({ reason: 'not_owner' });
		await other.react(said.id, '👍', true);
		await sees(mine, (view) => shown(view, 'In the lobby').reactions.length === 1);
	});

	test('what lasts for a time only goes by itself, without a connection too', async () => {
		const { ada, channel, seen, looking } = await lookedAt('Stays');
		const topic = `conversation:${channel.id}` as const;
		await ada.line.live.push(topic, 'send_message', { content: 'Goes', expires_in: 5 });
		await sees(seen, (view) => holds(view, 'Goes'));
		looking.line.live.stop();
		expect(texts(await sees(seen, (view) => !holds(view, 'Goes')))).toEqual(['Stays']);
	});

	test('what changed while the connection was away is seen once it is back, of what was read long before too', async () => {
		const { looking, seen, written, id } = await lookedAt('Before');
		for (let number = 0; number < 60; number++) written.say(`Line ${number}`);
		await sees(seen, (view) => holds(view, 'Line 59'));
		looking.line.live.stop();
		await written.edit(id, 'Long before');
		await written.react(id, '👍', true);
		written.say('Meanwhile');
		looking.line.live.start();
		const view = await sees(seen, (now) => holds(now, 'Meanwhile'));
		expect(view.messages).toHaveLength(62);
		expect(shown(view, 'Long before').reactions).toHaveLength(1);
	});

	test('of a past that was not read yet nothing comes out of its order', async () => {
		const { written, id, enter } = await lookedAt('Old');
		for (let number = 0; number < 60; number++) written.say(`Line ${number}`);
		await sees(written, (view) => view.waiting.length === 0);
		const late = await enter(guest());
		await written.edit(id, 'Old, and edited');
		written.say('New');
		const view = await sees(late, (now) => holds(now, 'New'));
		expect(texts(view)[0]).toMatch(/^Line/);
		await late.loadOlder();
		expect(texts(late.view.value)[0]).toBe('Old, and edited');
	});

	test('what was said while the connection was away is there once it is back', async () => {
		const [looking, ada] = [guest(), await account('Ada')];
		const [seen, written] = [await inLobby(looking), await inLobby(ada)];
		looking.line.live.stop();
		written.say('While you were away');
		await sees(written, (view) => view.waiting.length === 0);
		looking.line.live.start();
		await sees(seen, (view) => texts(view).includes('While you were away'));
	});

	describe('rooms', () => {
		async function room(owner: Visitor, encrypted: boolean): Promise<Room> {
			return owner.api.ask<Room>('POST', '/api/rooms', { json: { title: 'Tea', encrypted } });
		}

		async function inside({ line, api }: Visitor, { id }: Room, name: string, key: string | null = null) {
			const self = newSelf(name);
			const joined = await enterRoom(api, id, self);
			return { self, joined, space: await opened(openRoom(joined, self, key, line, api)) };
		}

		test('two talk, one with an account and one without; a name is taken once', async () => {
			const ada = await account('Ada');
			const tea = await room(ada, false);
			const [one, other] = [await inside(ada, tea, 'Ada'), await inside(guest(), tea, 'Ada')];
			expect(other.joined.participant.name).toBe('Ada 2');
			one.space.say('Tea?');
			await sees(other.space, (view) => texts(view).includes('Tea?'));
			other.space.say('Please');
			const view = await sees(one.space, (now) => texts(now).includes('Please') && now.participants.length === 2);
			expect(view.participants.map(({ name }) => name).sort()).toEqual(['Ada', 'Ada 2']);
			expect(view.authors.get(other.joined.participant.id)?.display_name).toBe('Ada 2');
		});

		test('who comes back with the same key has the same name', async () => {
			const ada = await account('Ada');
			const tea = await room(ada, false);
			const { self, joined } = await inside(ada, tea, 'Ada');
			const again = await enterRoom(guest().api, tea.id, self);
			expect(again.participant).toEqual(joined.participant);
		});

		test('in an encrypted room the server sees nothing, and another key opens nothing', async () => {
			const ada = await account('Ada');
			const tea = await room(ada, true);
			const key = newRoomKey();
			const one = await inside(ada, tea, 'Ada', key);
			one.space.say('Between us');
			const shown = await inside(guest(), tea, 'Bob', key);
			const hidden = await inside(guest(), tea, 'Eve', newRoomKey());
			await sees(shown.space, (view) => texts(view).includes('Between us'));
			const { messages } = await sees(hidden.space, (view) => view.messages.length > 0);
			expect(messages[0]!.said).toMatchObject({ text: null, unreadable: { code: 'key_missing' } });
			expect(JSON.stringify(messages[0]!.row)).not.toContain('Between us');
		});

		test('a room that is closed has ended for everybody', async () => {
			const ada = await account('Ada');
			const tea = await room(ada, false);
			const { space } = await inside(guest(), tea, 'Bob');
			await ada.api.ask('DELETE', `/api/rooms/${tea.id}`);
			const { reason } = await sees(space, (view) => view.state === 'ended');
			expect(reason?.code).toBe('closed');
		});
	});
});
