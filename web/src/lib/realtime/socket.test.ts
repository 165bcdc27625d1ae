// The live connection, against a real server.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lacking, Server, until } from '../../../tests/server.ts';
import { SYSTEM, userTopic } from './events.ts';
import { Api, type SignedIn } from './http.ts';
import { Refusal, Silence } from './problems.ts';
import { Live, type LiveState } from './socket.ts';
import { only, type Tokens } from './tokens.ts';

const PASSWORD = 'correct horse battery';
let count = 0;

describe.skipIf(lacking)('the live connection', { timeout: 60_000 }, () => {
	let server: Server;
	let api: Api;
	const open: Live[] = [];

	beforeAll(async () => {
		server = await Server.start();
		api = new Api({ origin: server.origin });
	}, 60_000);
	afterEach(() => open.splice(0).forEach((live) => live.stop()));
	afterAll(() => server?.remove());

	const someone = (): Promise<SignedIn> =>
		api.register({ email: `person${++count}@example.com`, password: PASSWORD, display_name: 'Ada' });

	/** A connection that is live; `seen` are its states from the first. */
	async function live(tokens: Tokens): Promise<{ line: Live; seen: LiveState[] }> {
		const line = connection(tokens);
		const seen: LiveState[] = [];
		line.subscribe((state) => seen.push(state));
		line.start();
		await until(() => line.state === 'live', 'it is live');
		return { line, seen };
	}

	function connection(tokens: Tokens): Live {
		const line = new Live({ url: server.socket, tokens });
		open.push(line);
		return line;
	}

	const joining = (line: Live, user: string) =>
		new Promise<unknown>((resolve, reject) => line.join(userTopic(user), () => ({}), resolve, reject));

	test('a topic is joined, a push answered, and what others are told is heard', async () => {
		const { user, auth_token } = await someone();
		const { line, seen } = await live(only(auth_token));
		const heard: unknown[] = [];
		line.on(SYSTEM, 'update_display_name', (told) => heard.push(told));
		line.join(
			SYSTEM,
			() => ({}),
			() => {}
		);
		await expect(joining(line, user.id)).resolves.toMatchObject({ heads: {}, cursor: expect.any(Number) });
		const answer = await line.push(SYSTEM, 'set_display_name', { display_name: 'Countess' });
		expect(answer).toEqual({ user_id: user.id, display_name: 'Countess' });
		await until(() => heard.length > 0, 'the new name is heard');
		expect(heard).toEqual([answer]);
		expect(seen).toEqual(['connecting', 'live']);
	});

	test('a push before the join is answered after it', async () => {
		const { user, auth_token } = await someone();
		const line = connection(only(auth_token));
		line.join(
			userTopic(user.id),
			() => ({}),
			() => {}
		);
		const pushed = line.push(userTopic(user.id), 'sync', { cursor: 0 });
		line.start();
		await expect(pushed).resolves.toMatchObject({ more: false });
	});

	test('what is refused is a refusal with its reason; one that would come again ends the join', async () => {
		const [one, other] = [await someone(), await someone()];
		const { line } = await live(only(one.auth_token));
		const refused = await new Promise<[Refusal, boolean]>((resolve) =>
			line.join(
				userTopic(other.user.id),
				() => ({}),
				() => {},
				(...told) => resolve(told)
			)
		);
		expect(refused).toEqual([expect.objectContaining({ reason: 'forbidden' }), true]);
		await expect(line.push(userTopic(other.user.id), 'sync', {})).rejects.toMatchObject({ reason: 'unmatched topic' });
		await joining(line, one.user.id);
		const wrong = line.push(userTopic(one.user.id), 'sync', { cursor: -1 });
		await expect(wrong).rejects.toMatchObject({ reason: 'invalid_payload', detail: expect.stringContaining('cursor') });
	});

	test('without an answer in time there is silence, and the connection stands', async () => {
		const { user, auth_token } = await someone();
		const { line } = await live(only(auth_token));
		await joining(line, user.id);
		server.freeze();
		try {
			const asked = line.push(userTopic(user.id), 'sync', {}, { timeout: 100 });
			await expect(asked).rejects.toBeInstanceOf(Silence);
		} finally {
			server.thaw();
		}
		expect(line.state).toBe('live');
		await expect(line.push(userTopic(user.id), 'sync', {})).resolves.toBeDefined();
	});

	test('the server dies: what was asked ends at once, and topics are joined again when it is back', async () => {
		const { user, auth_token } = await someone();
		const { line, seen } = await live(only(auth_token));
		const cursors: number[] = [];
		let joins = 0;
		line.join(
			userTopic(user.id),
			() => ({ cursor: cursors.push(0) - 1, epoch: 'none' }),
			() => {},
			() => joins++
		);
		await until(() => joins > 0, 'the first join is answered'); // `cursor_expired`: tried again, not ended
		line.join(
			SYSTEM,
			() => ({}),
			() => joins++
		);
		await until(() => line.isJoined(SYSTEM), 'it is joined');
		server.freeze();
		const asked = line.push(SYSTEM, 'set_hidden', { hidden: false }, { timeout: 60_000 });
		const ended = expect(asked).rejects.toBeInstanceOf(Silence);
		await server.kill();
		await ended;
		await until(() => line.state === 'offline', 'it knows that it is offline');
		const before = cursors.length;
		await server.start();
		await until(() => line.isJoined(SYSTEM) && cursors.length > before, 'it is joined again', 40_000);
		expect(line.state).toBe('live');
		expect(seen).toEqual(['connecting', 'live', 'connecting', 'offline', 'live']);
	});

	test('a token that ends is renewed once, and the connection goes on', async () => {
		const first = await someone();
		const rejected: string[] = [];
		const tokens: Tokens = {
			...only(first.auth_token),
			renew: async (old) => {
				rejected.push(old);
				return (await api.login({ email: first.user.email, password: PASSWORD })).auth_token;
			}
		};
		const { line, seen } = await live(tokens);
		await joining(line, first.user.id);
		await api.as(only(first.auth_token)).signOutAll();
		await until(() => rejected.length > 0 && line.isJoined(userTopic(first.user.id)), 'it is joined again');
		expect(rejected).toEqual([first.auth_token]);
		expect(seen).toEqual(['connecting', 'live', 'connecting', 'live']);
	});

	test('signed out everywhere, it needs a sign-in, and start brings it back', async () => {
		const { user, auth_token } = await someone();
		let now: string | null = auth_token;
		const tokens: Tokens = { ...only(auth_token), token: async () => now, renew: async () => (now = null) };
		const { line } = await live(tokens);
		await api.as(only(auth_token)).signOutAll();
		await until(() => line.state === 'needs_sign_in', 'it needs a sign-in');
		now = (await api.login({ email: user.email, password: PASSWORD })).auth_token;
		line.start();
		await until(() => line.state === 'live', 'it is live');
	});

	test('a token that ended while it was offline is found out, though a browser is not told why it may not connect', async () => {
		const { user, auth_token } = await someone();
		await api.as(only(auth_token)).signOutAll();
		const fresh = (await api.login({ email: user.email, password: PASSWORD })).auth_token;
		let now = auth_token;
		const rejected: string[] = [];
		const tokens: Tokens = {
			token: async () => now,
			renew: async (old) => {
				rejected.push(old);
				return (now = fresh);
			},
			isRefused: (token) => api.refuses(token)
		};
		await live(tokens);
		expect(rejected).toEqual([auth_token]);
	});

	test('woken after a sleep, it finds out that the other end is gone, and comes back', async () => {
		const { user, auth_token } = await someone();
		const { line } = await live(only(auth_token));
		await joining(line, user.id);
		server.freeze();
		try {
			line.wake();
			await until(() => line.state !== 'live', 'it noticed');
		} finally {
			server.thaw();
		}
		line.wake();
		await until(() => line.isJoined(userTopic(user.id)), 'it is joined again', 30_000);
	});

	test('stopped, it stays away', async () => {
		const { user, auth_token } = await someone();
		let asked = 0;
		const tokens: Tokens = { ...only(auth_token), token: async () => (asked++, auth_token) };
		const { line } = await live(tokens);
		await joining(line, user.id);
		line.stop();
		line.wake();
		expect(line.state).toBe('offline');
		await expect(line.push(userTopic(user.id), 'sync', {}, { timeout: 400 })).rejects.toBeInstanceOf(Silence);
		expect(asked).toBe(1);
	});
});
