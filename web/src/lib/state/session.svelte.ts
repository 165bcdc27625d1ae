/** Who is signed in here, and everything that changes it. Pages see this; the work is done by replica/accounts.ts. */
import { openCrypto } from '../crypto/client.ts';
import { Accounts, type AtTheDoor, type Made, type Standing as Access } from '../replica/accounts.ts';
import type { Client } from '../replica/client.ts';
import { openClient } from '../replica/open.ts';
import type { Passkeys } from '../replica/passkeys.ts';
import type { LinkOwner, OwnUser } from '../wire/types.ts';
import type { Standing } from './guard.ts';
import { Live } from './live.svelte.ts';
import { look } from './look.svelte.ts';

/** Where it is noted whose recovery code was shown here and never typed back. */
const UNCONFIRMED = 'hubbub-unconfirmed-code';

class Session {
	standing = $state<Standing>('starting');
	/** What pages read and write through; null: nobody is signed in, or their messages are not open. */
	client = $state.raw<Client | null>(null);
	/** A recovery code that was just made: shown, in place of every page, until it is confirmed. */
	words = $state.raw<string[] | null>(null);

	/** The address of an account that was made here and is of no use before it is confirmed. */
	awaited = $state<string | null>(null);

	#unconfirmed = $state(localStorage.getItem(UNCONFIRMED));
	#me = $derived(this.client && new Live<OwnUser | undefined>(this.client.query.me(), undefined));
	#crypto = openCrypto();
	#accounts: Accounts | null = null;
	/** Words are being made: they have to be seen before any page is. */
	#making = false;

	/** Oneself as the server last said; undefined: not signed in, or nothing was heard yet. */
	get me(): OwnUser | undefined {
		return this.#me?.current;
	}

	/** Whether the recovery code of who is signed in was made here and never confirmed. */
	get codeUnconfirmed(): boolean {
		return this.client !== null && this.#unconfirmed === this.client.user;
	}

	/** At page start: opens the account that was open here last, without a network too. `origin`: of the API. */
	async start(origin: string): Promise<void> {
		this.#accounts = new Accounts({ origin, crypto: this.#crypto });
		try {
			await this.#accounts.resume();
		} finally {
			this.#accounts.subscribe((access) => this.#follow(access));
		}
	}

	/** What is sent as `captcha`, solved in the background. */
	proveWork(purpose: 'register' | 'login') {
		return this.#here.proveWork(purpose);
	}

	register(address: string, password: string, name: string, door: AtTheDoor = {}): Promise<void> {
		return this.#join(address, () => this.#here.register(address, password, name, door));
	}

	registerWithPasskey(address: string, name: string, passkey: string, door: AtTheDoor = {}): Promise<void> {
		return this.#join(address, () => this.#here.registerWithPasskey(address, name, passkey, door));
	}

	registerWithoutPassword(address: string, name: string, door: AtTheDoor = {}): Promise<void> {
		return this.#join(address, () => this.#here.registerWithoutPassword(address, name, door));
	}

	askForLink(address: string, captcha: string | null = null): Promise<void> {
		return this.#here.askForLink(address, captcha);
	}

	whoseLink(token: string): Promise<LinkOwner> {
		return this.#here.whoseLink(token);
	}

	async loginByLink(token: string, anyway: boolean): Promise<void> {
		await this.#here.loginByLink(token, anyway);
		this.client?.do.wake();
	}

	/** `autofill`: waits until a passkey is picked where a name is typed. */
	async loginWithPasskey(autofill = false): Promise<void> {
		await this.#here.loginWithPasskey(autofill);
		this.client?.do.wake();
	}

	get passkeys(): Passkeys {
		return this.#here.passkeys;
	}

	hasPassword(): Promise<boolean> {
		return this.#here.hasPassword();
	}

	async login(address: string, password: string, captcha: string | null = null): Promise<void> {
		await this.#here.login(address, password, captcha);
		// Who was here already goes on: the connection that ended with the sign-in before is made anew.
		this.client?.do.wake();
	}

	recover(words: string[], password: string): Promise<void> {
		return this.#here.recover(words, password);
	}

	async startAnew(password: string): Promise<void> {
		await this.#make(() => this.#here.startAnew(password));
	}

	forgotPassword(address: string): Promise<void> {
		return this.#here.forgotPassword(address);
	}

	async resetPassword(token: string, password: string): Promise<void> {
		await this.#here.resetPassword(token, password);
		this.client?.do.wake();
	}

	confirmAddress(token: string): Promise<void> {
		return this.#here.confirmAddress(token);
	}

	askToConfirm(): Promise<void> {
		return this.#here.askToConfirm();
	}

	askToChangeAddress(): Promise<void> {
		return this.#here.askToChangeAddress();
	}

	changeAddress(token: string, address: string, password: string): Promise<void> {
		return this.#here.changeAddress(token, address, password);
	}

	changePassword(old: string, next: string): Promise<void> {
		return this.#here.changePassword(old, next);
	}

	async newRecoveryCode(password: string): Promise<void> {
		await this.#make(() => this.#here.newRecoveryCode(password));
	}

	/** The words were typed back: they are forgotten here. */
	confirmed(): void {
		this.words = null;
		this.#note(null);
	}

	/** On this device alone; what was not sent yet is lost, so ask before. */
	async signOut(): Promise<void> {
		await this.#here.signOut();
	}

	/** On every device; what was not sent yet from here is lost, so ask before. */
	async signOutEverywhere(): Promise<void> {
		await this.#here.signOutEverywhere();
	}

	/** For good. */
	async deleteAccount(messages: 'remove' | 'keep', password: string): Promise<void> {
		const leaves = (await this.client?.do.signOff()) ?? {};
		await this.#here.deleteAccount({ messages, leaves }, password);
	}

	get #here(): Accounts {
		if (!this.#accounts) throw new Error('The session was not started.');
		return this.#accounts;
	}

	async #join(address: string, ask: () => Promise<Made>): Promise<void> {
		const { theme, size } = look;
		if (!(await this.#make(ask))) this.awaited = address;
		// What was chosen before there was an account goes with the person.
		await this.client?.do.setProfile({ theme, magnification: size });
	}

	/** Whether one is signed in now. */
	async #make(ask: () => Promise<Made>): Promise<boolean> {
		this.#making = true;
		let made: Made;
		try {
			made = await ask();
		} finally {
			this.#making = false;
			this.#follow(this.#here.standing);
		}
		this.words = made.words;
		if (this.client) this.#note(this.client.user);
		return made.signedIn;
	}

	#note(user: string | null): void {
		this.#unconfirmed = user;
		if (user) localStorage.setItem(UNCONFIRMED, user);
		else localStorage.removeItem(UNCONFIRMED);
	}

	#follow({ access, account }: Access): void {
		if (this.#making) return;
		if (this.client && this.client.user !== account?.user) {
			void this.client.close();
			this.client = null;
		}
		if (access !== 'none') this.awaited = null;
		if (access === 'open') this.client ??= openClient(account, this.#crypto);
		else this.words = null;
		this.standing = access === 'open' ? 'user' : access === 'recover' ? 'recover' : 'guest';
	}
}

export const session = new Session();
