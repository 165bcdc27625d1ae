// Tokens, against a real server that takes each refresh token once.

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Browser } from '../../../tests/browser.ts';
import { lacking, Server, until } from '../../../tests/server.ts';
import { newDeviceKey } from '../crypto/atrest.ts';
import { Api } from '../realtime/http.ts';
import { Unreachable } from '../realtime/problems.ts';
import { only } from '../realtime/tokens.ts';
import { Replica } from './schema.ts';
import { Session, webLocks } from './session.ts';

const MINUTE = 60_000;
const REFRESH = '/auth/refresh';
const PASSWORD = 'correct horse battery';
let count = 0;

describe.skipIf(lacking)('a session', { timeout: 60_000 }, () => {
	let server: Server;
	const open: Replica[] = [];

	beforeAll(async () => {
		server = await Server.start();
	}, 60_000);
	afterEach(() => {
		vi.useRealTimers();
		open.splice(0).forEach((replica) => replica.close());
	});
	afterAll(() => server?.remove());

	/** Someone signed in in a browser; `tab` opens another tab there. */
	async function signedIn() {
		const browser = new Browser().use();
		const api = new Api({ origin: server.origin, fetch: browser.fetch });
		const answer = await api.register({ email: `someone${++count}@example.com`, password: PASSWORD });
		const user = answer.user.id;
		const deviceKey = await newDeviceKey();
		const tab = () => {
			const replica = new Replica(user);
			open.push(replica);
			return new Session({ user, replica, deviceKey, api, locks: webLocks });
		};
		const session = tab();
		await session.begin(answer);
		return { browser, api, answer, session, tab, replica: open.at(-1)! };
	}

	const works = async (api: Api, token: string | null) => token !== null && !(await api.refuses(token));
	const bodies = (browser: Browser) => browser.asked.filter(({ path }) => path === REFRESH).map(({ body }) => body);

	test('a token that holds is given as it is, to a tab that is opened later too', async () => {
		const { browser, answer, tab } = await signedIn();
		expect(await tab().token()).toBe(answer.auth_token);
		expect(browser.times(REFRESH)).toBe(0);
	});

	test('a token that is about to end is renewed, whatever the clock says', async () => {
		const { browser, api, answer, session } = await signedIn();
		vi.useFakeTimers({ toFake: ['Date'] });
		vi.setSystemTime(Date.now() + 28 * MINUTE);
		expect(await session.token()).toBe(answer.auth_token);
		vi.setSystemTime(Date.now() + 1.5 * MINUTE);
		expect(browser.times(REFRESH)).toBe(0);
		const renewed = await session.token();
		expect(browser.times(REFRESH)).toBe(1);
		expect(await works(api, renewed)).toBe(true);
		expect(await session.token()).toBe(renewed);
		expect(browser.times(REFRESH)).toBe(1);
	});

	test('the answer of an exchange is lost: the same is asked again, and answered', async () => {
		const { browser, api, answer, session } = await signedIn();
		browser.loses = `POST ${REFRESH}`;
		await expect(session.renew(answer.auth_token)).rejects.toBeInstanceOf(Unreachable);
		const renewed = await session.renew(answer.auth_token);
		expect(await works(api, renewed)).toBe(true);
		const [first, second] = bodies(browser);
		expect(second).toBe(first);
		// The tokens of the repeated answer are good for the next exchange, too.
		expect(await works(api, await session.renew(renewed!))).toBe(true);
		expect(new Set(bodies(browser)).size).toBe(2);
	});

	test('and it is the same after the page was closed in between', async () => {
		const { browser, api, answer, session, tab, replica } = await signedIn();
		browser.loses = `POST ${REFRESH}`;
		await expect(session.renew(answer.auth_token)).rejects.toBeInstanceOf(Unreachable);
		replica.close();
		expect(await works(api, await tab().renew(answer.auth_token))).toBe(true);
		expect(new Set(bodies(browser)).size).toBe(1);
	});

	test('tabs that find the token refused at once make one exchange', async () => {
		const { browser, answer, session, tab } = await signedIn();
		// Tokens of one second are alike, and these must not be.
		const issued = Math.floor(Date.now() / 1000);
		await until(() => Date.now() / 1000 >= issued + 1, 'the next second has begun');
		const tabs = [session, tab(), tab(), session];
		const renewed = await Promise.all(tabs.map((one) => one.renew(answer.auth_token)));
		expect(new Set(renewed).size).toBe(1);
		expect(renewed[0]).not.toBe(answer.auth_token);
		expect(browser.times(REFRESH)).toBe(1);
	});

	test('ended by the server, it has no token any more, and nothing is asked in vain', async () => {
		const { browser, api, answer, session, tab } = await signedIn();
		await api.as(only(answer.auth_token)).signOutAll();
		expect(await session.renew(answer.auth_token)).toBeNull();
		expect(await session.token()).toBeNull();
		expect(await tab().renew(answer.auth_token)).toBeNull();
		expect(browser.times(REFRESH)).toBe(1);
		expect(await session.email()).toBe(answer.user.email);
	});

	test('offline, or with a server in trouble, the session stays', async () => {
		const { browser, api, answer, session } = await signedIn();
		browser.offline = true;
		await expect(session.renew(answer.auth_token)).rejects.toBeInstanceOf(Unreachable);
		expect(await session.token()).toBe(answer.auth_token);
		browser.offline = false;
		expect(await works(api, await session.renew(answer.auth_token))).toBe(true);
	});

	test('who finds their token refused while another sign-in replaces it waits for that one', async () => {
		const { browser, api, answer, session } = await signedIn();
		let renewed: Promise<string | null> | undefined;
		await session.exchange(async (token, email) => {
			await api.as(only(token)).signOutAll();
			renewed = session.renew(token);
			return api.login({ email, password: PASSWORD });
		});
		expect(await renewed).toBe(await session.token());
		expect(await renewed).not.toBe(answer.auth_token);
		expect(await works(api, await renewed!)).toBe(true);
		expect(browser.times(REFRESH)).toBe(0);
	});

	test('an exchange of sign-ins that fails leaves the old one', async () => {
		const { answer, session } = await signedIn();
		await expect(session.exchange(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
		expect(await session.token()).toBe(answer.auth_token);
	});

	test('on the disk there is no token', async () => {
		const { answer, replica } = await signedIn();
		const facts = JSON.stringify(await replica.facts.toArray(), (_, value) =>
			value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value
		);
		expect(facts).toContain('session');
		for (const secret of [answer.auth_token, answer.refresh_token, answer.user.email]) {
			expect(facts).not.toContain(secret);
		}
	});
});
