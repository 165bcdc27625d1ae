// Accounts with their keys, against a real server; the crypto machine is the real one too.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Browser } from '../../../tests/browser.ts';
import { lacking, Server, until } from '../../../tests/server.ts';
import { Machine } from '../crypto/machine.ts';
import { Refused, type Derived, type Kdf } from '../crypto/types.ts';
import { Api } from '../realtime/http.ts';
import { Unreachable } from '../realtime/problems.ts';
import { Live, type LiveState } from '../realtime/socket.ts';
import { only } from '../realtime/tokens.ts';
import { Accounts } from './accounts.ts';

const PASSWORD = 'correct horse battery';
const OTHER = 'staple after staple';
let count = 0;

/** The machine, which derives each password of an account once in all these tests: it takes half a second each time. */
class PatientMachine extends Machine {
	static readonly #derived = new Map<string, Promise<Derived>>();

	override async deriveSecret(password: string, kdf: Kdf | null | undefined): Promise<Derived> {
		const of = JSON.stringify([password, kdf]);
		const derived = PatientMachine.#derived.get(of) ?? super.deriveSecret(password, kdf);
		PatientMachine.#derived.set(of, derived);
		return derived;
	}
}

interface Tab {
	browser: Browser;
	crypto: Machine;
	accounts: Accounts;
}

describe.skipIf(lacking)('accounts', { timeout: 120_000 }, () => {
	let server: Server;
	let email: string;
	const open: Accounts[] = [];

	beforeAll(async () => {
		server = await Server.start();
	}, 60_000);
	afterEach(() => open.splice(0).forEach((accounts) => accounts.close()));
	afterAll(() => server?.remove());

	/** A page, in a browser of its own unless one is given. */
	function page(browser = new Browser()): Tab {
		const crypto = new PatientMachine();
		browser.use();
		const accounts = new Accounts({ origin: server.origin, crypto, fetch: browser.fetch });
		open.push(accounts);
		return { browser, crypto, accounts };
	}

	/** Someone who has just made an account. */
	async function registered(): Promise<Tab & { words: string[] }> {
		email = `someone${++count}@example.com`;
		const tab = page();
		const { words } = await tab.accounts.register(email, PASSWORD, 'Ada');
		return { ...tab, words };
	}

	/** What another program may do with the account: it knows the password, and derives as anyone does. */
	async function program(password = PASSWORD) {
		const api = new Api({ origin: server.origin });
		const { kdf } = await api.prelogin(email);
		const { secret } = await new PatientMachine().deriveSecret(password, kdf);
		const { auth_token, user } = await api.login({ email, password: secret });
		return { api: api.as(only(auth_token)), secret, kdf, user };
	}

	/** The password slot goes, as it does after the password was set without one. */
	async function loseSlot(): Promise<void> {
		const { api, secret, kdf } = await program();
		const same = { password: secret, new_password: secret, new_password_confirmation: secret, kdf };
		await api.changePassword(same);
	}

	describe('making one', () => {
		test('it is open at once, and on another device by its password', async () => {
			const { accounts, crypto, words } = await registered();
			expect(words).toHaveLength(24);
			expect(accounts.standing.access).toBe('open');
			const other = page();
			expect(await other.accounts.login(email, PASSWORD)).toBe('open');
			expect(await other.crypto.me()).toEqual(await crypto.me());
			expect(other.accounts.standing.account!.user).toBe(accounts.standing.account!.user);
			expect(other.accounts.standing.account!.device).not.toBe(accounts.standing.account!.device);
		});

		test('what was typed never leaves the browser, and lies nowhere in it', async () => {
			const { browser, accounts } = await registered();
			await accounts.login(email, PASSWORD);
			expect(browser.asked.map(({ path }) => path)).toContain('/auth/login');
			for (const { body } of browser.asked) expect(body).not.toContain(PASSWORD);
			const { replica, deviceKey, session } = accounts.standing.account!;
			const kept = JSON.stringify(await replica.facts.toArray(), (_, value) =>
				value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value
			);
			expect(kept).toContain('kept_key');
			const sent = JSON.parse(browser.asked.at(-2)!.body) as { password: string };
			for (const secret of [PASSWORD, sent.password, await session.token()]) expect(kept).not.toContain(secret);
			await expect(crypto.subtle.exportKey('raw', deviceKey)).rejects.toThrow();
		});

		test('the answer is lost: the same again signs in, and its words are the account’s', async () => {
			email = `someone${++count}@example.com`;
			const { browser, accounts } = page();
			browser.loses = 'POST /auth/register';
			await expect(accounts.register(email, PASSWORD, 'Ada')).rejects.toBeInstanceOf(Unreachable);
			expect(accounts.standing.access).toBe('none');
			const { words } = await accounts.register(email, PASSWORD, 'Ada');
			expect(accounts.standing.access).toBe('open');
			const crypto = new PatientMachine();
			await crypto.unlockWithWords(await accounts.standing.account!.api.ownKeys(), words);
			expect((await crypto.me())!.user).toBe(accounts.standing.account!.user);
		});

		test('a taken address is refused, and no password is tried on it', async () => {
			await registered();
			const { browser, accounts } = page();
			await expect(accounts.register(email, OTHER, 'Eve')).rejects.toMatchObject({ code: 'email_taken' });
			expect(browser.times('/auth/login')).toBe(0);
			expect(accounts.standing.access).toBe('none');
		});
	});

	describe('coming back', () => {
		test('a restart without a network lands in the same account, with its keys', async () => {
			const { browser, accounts, crypto } = await registered();
			const me = await crypto.me();
			accounts.close();
			browser.offline = true;
			const again = page(browser);
			expect(await again.accounts.resume()).toBe('open');
			expect(await again.crypto.me()).toEqual(me);
			expect(again.accounts.standing.account!.device).toBe(accounts.standing.account!.device);
			await expect(again.accounts.standing.account!.api.ownKeys()).rejects.toBeInstanceOf(Unreachable);
			browser.offline = false;
			expect(await again.accounts.standing.account!.api.ownKeys()).toMatchObject({ user_id: me!.user });
		});

		test('nobody was here: none', async () => {
			expect(await page().accounts.resume()).toBe('none');
		});

		test('a wrong password is refused', async () => {
			await registered();
			const { accounts } = page();
			await expect(accounts.login(email, OTHER)).rejects.toMatchObject({ code: 'invalid_credentials' });
			expect(accounts.standing.access).toBe('none');
		});

		test.each([
			['weaker', { salt: 'AAAAAAAAAAAAAAAAAAAAAA', m: 1024, t: 1, p: 1 }],
			['none', null]
		])('a server that wants the password less protected (%s) gets nothing', async (_, kdf) => {
			await registered();
			const { browser, accounts } = page();
			browser.instead = ({ path }) => (path === '/auth/prelogin' ? { kdf } : undefined);
			const refused = await accounts.login(email, PASSWORD).catch((error: unknown) => error);
			expect(refused).toBeInstanceOf(Refused);
			expect(refused).toMatchObject({ code: 'weak_kdf' });
			expect(browser.asked.map(({ path }) => path)).toEqual(['/auth/prelogin']);
		});

		test('a server that shows the keys of another is not believed', async () => {
			await registered();
			const mine = email;
			const { accounts: others } = await registered();
			const theirs = await others.standing.account!.api.ownKeys();
			const { browser, accounts } = page();
			browser.instead = ({ path }) => (path === '/api/keys' ? theirs : undefined);
			await expect(accounts.login(mine, PASSWORD)).rejects.toMatchObject({ code: 'identity_invalid' });
			expect(accounts.standing.access).toBe('none');
		});
	});

	describe('without the password slot', () => {
		test('the recovery words open the account, and the password does from then on', async () => {
			const { crypto, words } = await registered();
			await loseSlot();
			const other = page();
			expect(await other.accounts.login(email, PASSWORD)).toBe('recover');
			expect(other.accounts.standing.access).toBe('recover');
			const wrong = words.toReversed();
			await expect(other.accounts.recover(wrong, PASSWORD)).rejects.toMatchObject({ code: 'wrong_words' });
			const typo = other.accounts.recover(words, OTHER);
			await expect(typo).rejects.toMatchObject({ code: 'invalid_credentials' });
			expect(other.accounts.standing.access).toBe('recover');
			await other.accounts.recover(words, PASSWORD);
			expect(other.accounts.standing.access).toBe('open');
			expect(await other.crypto.me()).toEqual(await crypto.me());
			expect(await page().accounts.login(email, PASSWORD)).toBe('open');
		});

		test('a restart before that asks for the words again', async () => {
			await registered();
			await loseSlot();
			const { browser, accounts } = page();
			await accounts.login(email, PASSWORD);
			accounts.close();
			expect(await page(browser).accounts.resume()).toBe('recover');
		});

		test('a device that still has the account key needs no words', async () => {
			const { accounts } = await registered();
			await loseSlot();
			expect(await accounts.login(email, PASSWORD)).toBe('open');
			expect(await page().accounts.login(email, PASSWORD)).toBe('open');
		});

		test('one starts anew; when the answer is lost, the same keys are sent again', async () => {
			const { crypto } = await registered();
			await loseSlot();
			const other = page();
			await other.accounts.login(email, PASSWORD);
			other.browser.loses = 'POST /api/keys';
			await expect(other.accounts.startAnew(PASSWORD)).rejects.toBeInstanceOf(Unreachable);
			const { words } = await other.accounts.startAnew(PASSWORD);
			expect(await other.crypto.me()).toMatchObject({ user: (await crypto.me())!.user, seq: 2 });
			const third = new PatientMachine();
			await third.unlockWithWords(await other.accounts.standing.account!.api.ownKeys(), words);
			expect(await page().accounts.login(email, PASSWORD)).toBe('open');
		});
	});

	describe('another password', () => {
		test('the one who sets it stays live, every other sign-in ends, and only the new one signs in', async () => {
			const { browser, accounts, crypto } = await registered();
			const elsewhere = page();
			await elsewhere.accounts.login(email, PASSWORD);
			browser.use();
			const { session, user } = accounts.standing.account!;
			const line = new Live({ url: server.socket, tokens: session });
			const seen: LiveState[] = [];
			line.subscribe((state) => seen.push(state));
			try {
				line.start();
				await until(() => line.state === 'live', 'it is live');
				await accounts.changePassword(PASSWORD, OTHER);
				await until(() => seen.length > 2 && line.state === 'live', 'it is live again');
				expect(seen).toEqual(['connecting', 'live', 'connecting', 'live']);
			} finally {
				line.stop();
			}
			expect(browser.times('/auth/refresh')).toBe(0);
			expect(accounts.standing.access).toBe('open');
			elsewhere.browser.use();
			const theirs = elsewhere.accounts.standing.account!;
			expect(await theirs.session.renew((await theirs.session.token())!)).toBeNull();
			const third = page();
			await expect(third.accounts.login(email, PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
			expect(await third.accounts.login(email, OTHER)).toBe('open');
			expect(await third.crypto.me()).toEqual(await crypto.me());
			expect(third.accounts.standing.account!.user).toBe(user);
		});

		test('the answer is lost: whether it was set is found out', async () => {
			const { browser, accounts } = await registered();
			browser.loses = 'PATCH /api/password';
			await accounts.changePassword(PASSWORD, OTHER);
			expect(await accounts.standing.account!.api.ownKeys()).toBeDefined();
			expect(await page().accounts.login(email, OTHER)).toBe('open');
		});

		test('with a wrong old one nothing changes, and one stays signed in', async () => {
			const { accounts } = await registered();
			const wrong = accounts.changePassword(OTHER, OTHER);
			await expect(wrong).rejects.toMatchObject({ code: 'invalid_credentials' });
			expect(await accounts.standing.account!.api.ownKeys()).toBeDefined();
			expect(await page().accounts.login(email, PASSWORD)).toBe('open');
		});

		test('other recovery words open the account, the old ones do not', async () => {
			const { accounts, words: old } = await registered();
			const { words } = await accounts.newRecoveryCode(PASSWORD);
			await loseSlot();
			const { accounts: other } = page();
			await other.login(email, PASSWORD);
			await expect(other.recover(old, PASSWORD)).rejects.toMatchObject({ code: 'wrong_words' });
			await other.recover(words, PASSWORD);
			expect(other.standing.access).toBe('open');
		});
	});

	describe('leaving', () => {
		test('nothing of the account is left here, and the other tab leaves too', async () => {
			const { browser, accounts, crypto } = await registered();
			const tab = page(browser);
			await tab.accounts.resume();
			const { user } = accounts.standing.account!;
			expect(await browser.databases()).toContain(`hubbub-${user}`);
			await accounts.signOut();
			expect(accounts.standing.access).toBe('none');
			expect(await crypto.me()).toBeNull();
			expect(await browser.databases()).toEqual(['hubbub-device']);
			await until(() => tab.accounts.standing.access === 'none', 'the other tab has left');
			expect(await tab.crypto.me()).toBeNull();
			expect(await accounts.known()).toEqual([]);
			expect(await page(browser).accounts.resume()).toBe('none');
			expect(await browser.databases()).toEqual(['hubbub-device']);
		});

		test('the server ends this sign-in, and no other', async () => {
			const { accounts } = await registered();
			const elsewhere = await program();
			const token = await accounts.standing.account!.session.token();
			await accounts.signOut();
			expect(await new Api({ origin: server.origin }).refuses(token!)).toBe(true);
			await elsewhere.api.ownKeys();
		});

		test('it works offline', async () => {
			const { browser, accounts } = await registered();
			browser.offline = true;
			await accounts.signOut();
			expect(await browser.databases()).toEqual(['hubbub-device']);
		});

		test('everywhere: other sign-ins end too', async () => {
			const { browser, accounts } = await registered();
			const elsewhere = await program();
			await elsewhere.api.ownKeys();
			await accounts.signOutEverywhere();
			await expect(elsewhere.api.ownKeys()).rejects.toMatchObject({ code: 'invalid_token' });
			expect(await browser.databases()).toEqual(['hubbub-device']);
		});

		test('everywhere, but offline: nothing is done', async () => {
			const { browser, accounts } = await registered();
			browser.offline = true;
			await expect(accounts.signOutEverywhere()).rejects.toBeInstanceOf(Unreachable);
			expect(accounts.standing.access).toBe('open');
		});

		test('signed out from elsewhere, it needs a sign-in, and the password brings back all that it had', async () => {
			const { accounts } = await registered();
			const { session, replica, device } = accounts.standing.account!;
			await replica.drafts.put({ conversation: 'c', draft: { iv: new Uint8Array(), ct: new Uint8Array() }, at: 1 });
			const line = new Live({ url: server.socket, tokens: session });
			try {
				line.start();
				await until(() => line.state === 'live', 'it is live');
				await (await program()).api.signOutAll();
				await until(() => line.state === 'needs_sign_in', 'it needs a sign-in');
				expect(accounts.standing.access).toBe('open');
				expect(await accounts.login(email, PASSWORD)).toBe('open');
				line.start();
				await until(() => line.state === 'live', 'it is live again');
			} finally {
				line.stop();
			}
			expect(accounts.standing.account).toMatchObject({ device, session });
			expect(await replica.drafts.count()).toBe(1);
		});
	});
});
