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

	test('what its author takes back is gone for who looks on', async () => {
		const [looking, ada] = [guest(), await account('Ada')];
		const channel = await ada.api.ask<Channel>('POST', '/api/channels', { json: { title: 'Seen by all' } });
		await ada.api.ask('PATCH', `/api/channels/${channel.id}`, { json: { reading: 'anyone' } });
		const [seen, written] = [
			await opened(openChannel(channel.id, looking.line, looking.api)),
			await opened(openChannel(channel.id, ada.line, ada.api))
		];
		written.say('Said too soon');
		const { messages } = await sees(seen, (view) => texts(view).includes('Said too soon'));
		const said = { message_group_id: messages[0]!.id };
		await ada.line.live.push(`conversation:${channel.id}`, 'delete_message', said);
		await sees(seen, (view) => view.messages.length === 0);
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
