/**
 * Who is signed in here: making an account, signing in and out, and opening the account key in every way there is.
 *
 * What is typed as a password goes into the crypto machine and nowhere else. Methods throw `Refused` (the crypto
 * machine), `Problem` or `Unreachable` (the server); after any of them the same may be tried again.
 */
import { Refused, type Bytes, type OwnKeys } from '../crypto/types.ts';
import { browserAuthenticator, type Authenticator } from '../realtime/authenticator.ts';
import { proven, solve } from '../realtime/captcha.ts';
import { Api, type OwnKeys as WireKeys, type SignedIn } from '../realtime/http.ts';
import { Problem, Unreachable } from '../realtime/problems.ts';
import { only } from '../realtime/tokens.ts';
import type { Challenge, DeleteAccount, LinkOwner, Login, OwnUser, Proof } from '../wire/types.ts';
import { keepKeys, openAccount, openKept, wipe, type Account, type AccountCrypto } from './account.ts';
import { askedHere, forgetSecret, secretKept } from './asking.ts';
import { Attempts, type Attempt } from './attempts.ts';
import { Device, type AccountRow } from './device.ts';
import { Passkeys } from './passkeys.ts';
import { webLocks, type Locks } from './session.ts';

export type { Account, AccountCrypto };

/**
 * `recover`: signed in, but by what does not open the account key; the recovery words do, or one starts anew.
 * `none`: nobody is signed in here.
 */
export type Standing = { access: 'open' | 'recover'; account: Account } | { access: 'none'; account: null };

export interface AccountsOptions {
	/** The server's origin, empty: that of the page. */
	origin: string;
	crypto: AccountCrypto;
	locks?: Locks;
	fetch?: typeof fetch;
	authenticator?: Authenticator;
}

/** What a new person brings: the code of an invitation, a solution of `proveWork`. */
export interface AtTheDoor {
	invitation?: string | null;
	captcha?: string | null;
}

/** `signedIn`: false where the address has to be confirmed first. */
export interface Made {
	words: string[];
	signedIn: boolean;
}

const NOBODY: Standing = { access: 'none', account: null };
/** When to sign in with a password that was just set, and to try that again, in milliseconds. */
const TRIES = [0, 500, 2_000];
/** How long who leaves waits for the server to hear of it, in milliseconds. */
const FAREWELL = 2_000;

export class Accounts {
	readonly #api: Api;
	readonly #crypto: AccountCrypto;
	readonly #locks: Locks;
	readonly #authenticator: Authenticator;
	readonly #attempts: Attempts;
	readonly #device = new Device();
	readonly #otherTabs = new BroadcastChannel('hubbub-accounts');
	readonly #watchers = new Set<(standing: Standing) => void>();
	#standing: Standing = NOBODY;

	constructor({ origin, crypto, locks = webLocks, fetch, authenticator = browserAuthenticator }: AccountsOptions) {
		this.#api = new Api({ origin, fetch });
		this.#crypto = crypto;
		this.#locks = locks;
		this.#authenticator = authenticator;
		this.#attempts = new Attempts(crypto);
		this.#otherTabs.onmessage = ({ data }: MessageEvent<{ signedOut: string }>) => {
			if (data.signedOut === this.#standing.account?.user) void this.#become(NOBODY);
		};
	}

	get standing(): Standing {
		return this.#standing;
	}

	/** Calls `watch` with the standing now and at every change; answers how to stop that. */
	subscribe(watch: (standing: Standing) => void): () => void {
		this.#watchers.add(watch);
		watch(this.#standing);
		return () => this.#watchers.delete(watch);
	}

	/** The accounts whose replicas are here, the latest first. */
	known(): Promise<AccountRow[]> {
		return this.#device.accounts();
	}

	/** At the start of a page: opens the account that was open last, without a network too. */
	async resume(): Promise<Standing['access']> {
		const row = await this.#device.current();
		if (!row) return 'none';
		const account = await this.#accountOf(row);
		if (await openKept(account, this.#crypto)) return this.#become({ access: 'open', account });
		if (await account.session.email()) return this.#become({ access: 'recover', account });
		account.replica.close();
		return 'none';
	}

	// --- coming in ------------------------------------------------------------------------------------------------

	/** Makes an account and signs in. The words are shown to the person once, and are kept nowhere. */
	async register(
		email: string,
		password: string,
		displayName: string,
		{ invitation = null, captcha = null }: AtTheDoor = {}
	): Promise<Made> {
		const id = crypto.randomUUID();
		const kdf = await this.#crypto.newKdf();
		const attempt = await this.#attempts.of(email, id, password, kdf, (passwordKey) =>
			this.#crypto.createAccount(id, passwordKey)
		);
		const wasLost = attempt.lost;
		const signedIn = await unlessUnconfirmed(
			this.#attempts.send(attempt, async () => {
				try {
					const account = { ...registration(attempt, email, displayName), invitation };
					return await proven(captcha, (captcha) => this.#api.register({ ...account, captcha }));
				} catch (error) {
					if (!wasLost || !isTaken(error)) throw error;
					return this.#registeredBefore(email, attempt, error);
				}
			})
		);
		if (signedIn) await this.#open(await this.#settle(signedIn), ownKeys(attempt));
		return { words: attempt.made.words, signedIn: signedIn !== null };
	}

	/**
	 * Makes an account without a password and signs in. Throws `PasskeyTrouble`, too. When the answer is lost, one signs
	 * in with the passkey.
	 */
	async registerWithPasskey(
		email: string,
		displayName: string,
		passkeyName: string,
		{ invitation = null, captcha = null }: AtTheDoor = {}
	): Promise<Made> {
		const id = crypto.randomUUID();
		const asked = { id, email, display_name: displayName || null };
		const begun = await this.#api.beginPasskeyRegistration(asked);
		const { credential, prf } = await this.#authenticator.create(begun.options);
		const { words, ...keys } = await this.#crypto.createKeys(id);
		const slot = prf && (await this.#crypto.newPasskeySlot(begun.id, prf));
		const passkey = { id: begun.id, name: passkeyName, credential, slot };
		const account = { ...asked, ...keys, passkey, invitation };
		return this.#enter(
			words,
			proven(captcha, (captcha) => this.#api.registerWithPasskey({ ...account, captcha }))
		);
	}

	/**
	 * Signs in with whichever passkey the person picks; `recover` where that opens nothing, and this device neither.
	 * `autofill`: waits until one is picked where a name is typed. Throws `PasskeyTrouble`, too.
	 */
	async loginWithPasskey(autofill = false): Promise<'open' | 'recover'> {
		const { options } = await this.#api.beginPasskeySignIn();
		const { credential, prf } = await this.#authenticator.get(options, autofill);
		const signedIn = await this.#api.passkeySignIn({ credential });
		const id = signedIn.passkey_id;
		const own = await this.#api.as(only(signedIn.auth_token)).ownKeys();
		requireUser(own, signedIn.user.id);
		const isOpen = prf !== null && (await opens(this.#crypto.unlockWithPasskey(own, id, prf)));
		const account = await this.#settle(signedIn);
		if (isOpen || (await openKept(account, this.#crypto, own))) await this.#open(account, own);
		else await this.#become({ access: 'recover', account });
		return this.#standing.access === 'open' ? 'open' : 'recover';
	}

	/** Makes an account without a password and signs in. When the answer is lost, one asks for a link. */
	async registerWithoutPassword(
		email: string,
		displayName: string,
		{ invitation = null, captcha = null }: AtTheDoor = {}
	): Promise<Made> {
		const id = crypto.randomUUID();
		const { words, ...keys } = await this.#crypto.createKeys(id);
		const account = { id, email, display_name: displayName || null, ...keys, invitation };
		return this.#enter(
			words,
			proven(captcha, (captcha) => this.#api.registerByLink({ ...account, captcha }))
		);
	}

	/** Has a link sent that signs in, if the address has an account. */
	async askForLink(email: string, captcha: string | null = null): Promise<void> {
		const browser = await askedHere();
		await proven(captcha, (captcha) => this.#api.askForLink({ email, browser, captcha }));
	}

	/** Whom the token of a link signs in; it stays good. */
	whoseLink(token: string): Promise<LinkOwner> {
		return this.#api.ownerOfLink({ token, secret: secretKept() });
	}

	/**
	 * Signs in by the token of a link; `recover` unless this device still holds the account key. `anyway`: the person wants
	 * to be signed in here, though the link was asked for elsewhere.
	 */
	async loginByLink(token: string, anyway: boolean): Promise<'open' | 'recover'> {
		const signedIn = await this.#api.signInByLink({ token, secret: secretKept(), anyway });
		forgetSecret();
		const own = await this.#api.as(only(signedIn.auth_token)).ownKeys();
		requireUser(own, signedIn.user.id);
		const account = await this.#settle(signedIn);
		if (await openKept(account, this.#crypto, own)) await this.#open(account, own);
		else await this.#become({ access: 'recover', account });
		return this.#standing.access === 'open' ? 'open' : 'recover';
	}

	/** Of who is signed in. */
	get passkeys(): Passkeys {
		return new Passkeys(this.#required(), this.#crypto, this.#authenticator);
	}

	/** Whether who is signed in has a password that keys hang on. */
	async hasPassword(): Promise<boolean> {
		return (await this.#ownKeys(this.#required())).kdf !== null;
	}

	/** Solves what the server asks of who registers or signs in; the solution is good for one try. */
	async proveWork(purpose: 'register' | 'login'): Promise<{ challenge: Challenge; captcha: string }> {
		const challenge = await this.#api.challenge(purpose);
		return { challenge, captcha: await solve(challenge) };
	}

	/** `recover`: the password is right, but it does not open the account key. */
	async login(email: string, password: string, captcha: string | null = null): Promise<'open' | 'recover'> {
		const { kdf } = await this.#api.prelogin(email);
		const { secret, passwordKey } = await this.#crypto.deriveSecret(password, kdf);
		const signedIn = await this.#login({ email, password: secret, device_proof: await this.#proof() }, captcha);
		const own = await this.#api.as(only(signedIn.auth_token)).ownKeys();
		requireUser(own, signedIn.user.id);
		const isOpen = await opens(this.#crypto.unlock(own, passwordKey));
		const account = await this.#settle(signedIn);
		if (isOpen) await this.#open(account, own);
		// This device may still hold the account key whose slot went with an old password.
		else if (await openKept(account, this.#crypto, own)) await this.#newPasswordSlot(account, secret, passwordKey);
		else await this.#become({ access: 'recover', account });
		return this.#standing.access === 'open' ? 'open' : 'recover';
	}

	/**
	 * Opens the account key with the recovery words, and puts it under the password, which is the current one. Words
	 * alone open it here, and so does the password alone, where it has a slot.
	 */
	async recover(words: string[], password: string): Promise<void> {
		const account = this.#required();
		const own = await this.#ownKeys(account);
		if (!password) {
			await this.#crypto.unlockWithWords(own, words);
			return this.#open(account, own);
		}
		const { secret, passwordKey } = await this.#crypto.deriveSecret(password, own.kdf);
		if (words.length === 0) {
			await this.#crypto.unlock(own, passwordKey);
			return this.#open(account, own);
		}
		await this.#crypto.unlockWithWords(own, words);
		await this.#newPasswordSlot(account, secret, passwordKey);
	}

	/** New keys, where neither password nor words open the old: what was sealed before stays sealed. */
	async startAnew(password: string): Promise<Made> {
		const account = this.#required();
		const own = await this.#ownKeys(account);
		if (own.kdf === null) return this.#startWithoutPassword(account, own);
		const attempt = await this.#attempts.of(account.user, account.user, password, own.kdf, (passwordKey) =>
			this.#crypto.startAnew(own, passwordKey)
		);
		const { identity, user_key, slots, words } = attempt.made;
		const asked = { identity, user_key, slots: { ...slots }, password: attempt.secret };
		const stored = await this.#attempts.send(attempt, () => account.api.registerKeys(asked));
		await this.#open(account, stored);
		return { words, signedIn: true };
	}

	// --- by letters -----------------------------------------------------------------------------------------------

	/** Has a letter sent that sets a new password, if the address has an account. */
	forgotPassword(email: string): Promise<void> {
		return this.#api.forgotPassword(email);
	}

	/**
	 * Sets a password by the token of a letter, and signs in with it. No password slot goes with it, for what opened the
	 * account key is forgotten: `recover`, unless this device still holds the key.
	 */
	async resetPassword(token: string, password: string): Promise<'open' | 'recover'> {
		const { email } = await this.#api.ownerOfReset(token);
		const kdf = await this.#crypto.newKdf();
		const { secret } = await this.#crypto.deriveSecret(password, kdf);
		await this.#api.resetPassword({ token, new_password: secret, new_password_confirmation: secret, kdf });
		return this.login(email, password);
	}

	/** One reads the letters that go to the address: it is one's own, from now on if it was not. */
	confirmAddress(token: string): Promise<void> {
		return this.#api.confirmAddress(token);
	}

	askToConfirm(): Promise<void> {
		return this.#required().api.askToConfirm();
	}

	askToChangeAddress(): Promise<void> {
		return this.#required().api.askToChangeAddress();
	}

	/** By the token of the letter that was asked for. The new address counts once it is confirmed. */
	async changeAddress(token: string, email: string, password: string): Promise<void> {
		const account = this.#required();
		const proof = await this.#provenBy(await this.#ownKeys(account), password);
		await account.api.changeAddress({ token, email, ...proof });
	}

	// --- while one is in --------------------------------------------------------------------------------------------

	/** Ends every other sign-in; this one goes on without a break. */
	async changePassword(old: string, password: string): Promise<void> {
		const account = this.#required();
		const own = await this.#ownKeys(account);
		const proof = await this.#provenBy(own, old);
		const kdf = await this.#crypto.newKdf();
		const after = await this.#crypto.deriveSecret(password, kdf);
		const slot = await this.#crypto.newPasswordSlot(after.passwordKey);
		const change = { new_password: after.secret, new_password_confirmation: after.secret, kdf, slot };
		await account.session.exchange(async (token, email) => {
			const api = this.#api.as(only(token));
			// Without an answer it was changed or not: whether the new password signs in will tell.
			const lost = await unlessLost(api.changePassword({ ...proof, ...change }));
			return this.#signInAgain(await this.#address(email), after.secret, lost);
		});
		const now = { ...own, kdf, slots: { ...own.slots, password: slot } };
		await account.replica.facts.put({ name: 'own_keys', value: now });
	}

	/** Other recovery words; the old ones open nothing once the server has taken them. */
	async newRecoveryCode(password: string): Promise<Made> {
		const account = this.#required();
		const own = await this.#ownKeys(account);
		const proof = await this.#provenBy(own, password);
		const { slot, words } = await this.#crypto.newRecoverySlot();
		await account.api.registerKeys({ slots: { recovery: slot }, ...proof });
		return { words, signedIn: true };
	}

	// --- leaving ----------------------------------------------------------------------------------------------------

	/**
	 * Wipes what this device has of the account, and with it the writes that wait in its outbox: ask before. The server
	 * is told, if it can be reached; else the tokens, which nobody has any more, end by themselves.
	 */
	async signOut(): Promise<void> {
		const account = this.#required();
		await Promise.race([account.api.signOut().catch(() => {}), new Promise((done) => setTimeout(done, FAREWELL))]);
		await this.#leave(account);
	}

	/** As `signOut`; and every sign-in of the user, wherever it is, ends within a second. */
	async signOutEverywhere(): Promise<void> {
		const account = this.#required();
		await account.api.signOutAll();
		await this.#leave(account);
	}

	/** Deletes the account for good, and what this device has of it. `leaves`: what `signOff` made. */
	async deleteAccount(asked: Pick<DeleteAccount, 'messages' | 'leaves'>, password: string): Promise<void> {
		const account = this.#required();
		const proof = await this.#provenBy(await this.#ownKeys(account), password);
		await account.api.deleteAccount({ ...asked, ...proof });
		await this.#leave(account);
	}

	/** At the end of a page: on the disk everything stays as it is. */
	close(): void {
		this.#otherTabs.close();
		this.#standing.account?.replica.close();
		this.#device.close();
	}

	// --- how it is done ---------------------------------------------------------------------------------------------

	/** Who registered without a password comes in, if they may yet. */
	async #enter(words: string[], registered: Promise<SignedIn>): Promise<Made> {
		const signedIn = await unlessUnconfirmed(registered);
		if (signedIn) {
			const account = await this.#settle(signedIn);
			await this.#open(account, await this.#ownKeys(account));
		}
		return { words, signedIn: signedIn !== null };
	}

	#login(credentials: Login, captcha: string | null = null): Promise<SignedIn> {
		return proven(captcha, (captcha) => this.#api.login({ ...credentials, captcha }));
	}

	/** The address is taken: by this very attempt, if its password signs in. */
	async #registeredBefore(email: string, { secret, user }: Attempt, taken: Problem): Promise<SignedIn> {
		try {
			const signedIn = await this.#login({ email, password: secret });
			if (signedIn.user.id === user) return signedIn;
		} catch (error) {
			if (!(error instanceof Problem) || error.code !== 'invalid_credentials') throw error;
		}
		throw taken;
	}

	/** That this device was signed in before: then what others guess does not keep its owner out. */
	async #proof(): Promise<string | null> {
		const fact = await this.#standing.account?.replica.facts.get('device_proof');
		return (fact?.value as string | undefined) ?? null;
	}

	/** One's address now: it may be another than the one that was signed in with. */
	async #address(before: string): Promise<string> {
		const me = await this.#standing.account?.replica.facts.get('me');
		return (me?.value as OwnUser | undefined)?.email ?? before;
	}

	async #signInAgain(email: string, secret: string, lost: Unreachable | null): Promise<SignedIn> {
		let last: unknown = lost;
		for (const wait of TRIES) {
			await new Promise((resolve) => setTimeout(resolve, wait));
			try {
				return await this.#login({ email, password: secret, device_proof: await this.#proof() });
			} catch (error) {
				if (lost && error instanceof Problem && error.code === 'invalid_credentials') throw lost;
				last = error;
			}
		}
		throw last;
	}

	/** That it is the owner who asks: by the password, or as `#provenWithout` where there is none. */
	async #provenBy(own: WireKeys, password: string): Promise<{ password: string } | { proof: Proof }> {
		if (own.kdf === null) return { proof: await this.#provenWithout() };
		return { password: (await this.#crypto.deriveSecret(password, own.kdf)).secret };
	}

	/** By a passkey; who has none has to have signed in just now. */
	async #provenWithout(): Promise<Proof> {
		const { items } = await this.passkeys.all();
		return this.passkeys.proof(items.length > 0 ? 'passkey' : 'young');
	}

	async #startWithoutPassword(account: Account, own: WireKeys): Promise<Made> {
		const proof = await this.#provenWithout();
		const { words, ...keys } = await this.#crypto.startKeysAnew(own);
		await this.#open(account, await account.api.registerKeys({ ...keys, slots: { ...keys.slots }, proof }));
		return { words, signedIn: true };
	}

	/** Puts the account key, which is open, under the password. */
	async #newPasswordSlot(account: Account, secret: string, passwordKey: Bytes): Promise<void> {
		const slot = await this.#crypto.newPasswordSlot(passwordKey);
		await this.#open(account, await account.api.registerKeys({ slots: { password: slot }, password: secret }));
	}

	async #ownKeys(account: Account) {
		const own = await account.api.ownKeys();
		requireUser(own, account.user);
		return own;
	}

	/** Keeps the sign-in; what the account key says of it comes next. */
	async #settle(signedIn: SignedIn): Promise<Account> {
		const { id, name, display_name } = signedIn.user;
		const row = await this.#device.remember({ user: id, name, displayName: display_name });
		const before = this.#standing.account;
		const account = before?.user === id ? before : await this.#accountOf(row);
		await account.session.begin(signedIn);
		await account.replica.facts.bulkPut([
			{ name: 'me', value: signedIn.user },
			{ name: 'device_proof', value: signedIn.device_proof }
		]);
		void globalThis.navigator?.storage?.persist?.();
		return account;
	}

	async #open(account: Account, own: OwnKeys): Promise<void> {
		await keepKeys(account, this.#crypto, own);
		await this.#become({ access: 'open', account });
	}

	async #accountOf(row: AccountRow): Promise<Account> {
		return openAccount(row, await this.#device.key(), this.#api, this.#locks);
	}

	async #leave(account: Account): Promise<void> {
		await this.#become(NOBODY);
		this.#otherTabs.postMessage({ signedOut: account.user });
		await wipe(account);
		await this.#device.forget(account.user);
	}

	async #become(standing: Standing): Promise<Standing['access']> {
		const before = this.#standing.account;
		this.#standing = standing;
		if (standing.access !== 'open') await this.#crypto.lock();
		for (const watch of this.#watchers) watch(standing);
		if (before && before !== standing.account) before.replica.close();
		return standing.access;
	}

	#required(): Account {
		if (!this.#standing.account) throw new Problem('unauthorized', 401, 'Sign in first.');
		return this.#standing.account;
	}
}

function registration(attempt: Attempt, email: string, displayName: string) {
	const { user, kdf, secret, made } = attempt;
	const { identity, user_key, slots } = made;
	return { email, password: secret, display_name: displayName || null, id: user, kdf, slots, identity, user_key };
}

/** The keys of a new account, as the server will show them. */
function ownKeys({ user, made }: Attempt): OwnKeys {
	const { public_key, private_key } = made.user_key;
	const key = { gen: public_key.gen, public_key: { ...public_key }, private_key: { ...private_key } };
	return { user_id: user, identity: [made.identity], user_keys: [key], slots: made.slots };
}

function requireUser(own: { user_id: string }, user: string): void {
	if (own.user_id !== user) throw new Refused('identity_invalid');
}

function isTaken(error: unknown): error is Problem {
	return error instanceof Problem && ['email_taken', 'id_taken'].includes(error.code);
}

/** False: the slot is missing, or is not opened by that. */
async function opens(unlocking: Promise<unknown>): Promise<boolean> {
	try {
		await unlocking;
		return true;
	} catch (error) {
		if (error instanceof Refused && ['slot_missing', 'slot_wrong'].includes(error.code)) return false;
		throw error;
	}
}

/** null: the account is made, but its address has to be confirmed first. */
async function unlessUnconfirmed(registered: Promise<SignedIn>): Promise<SignedIn | null> {
	try {
		return await registered;
	} catch (error) {
		if (error instanceof Problem && error.code === 'unconfirmed') return null;
		throw error;
	}
}

/** What was lost, if it was; refusals are thrown. */
async function unlessLost(asked: Promise<unknown>): Promise<Unreachable | null> {
	try {
		await asked;
		return null;
	} catch (error) {
		if (error instanceof Unreachable) return error;
		throw error;
	}
}
