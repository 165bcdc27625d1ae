/**
 * A sign-in: its tokens, kept under the device key, and renewed by one tab at a time.
 *
 * A refresh token is good for one exchange, and a second use ends the sign-in. So an exchange happens under a lock of
 * all tabs, and what it is asked with is on the disk before it is asked: when its answer is lost, with the network
 * or with the page, the same is asked again, which the server answers alike.
 */
import { openAtRest, sealAtRest } from '../crypto/atrest.ts';
import type { Api, SignedIn } from '../realtime/http.ts';
import { Problem } from '../realtime/problems.ts';
import type { Tokens } from '../realtime/tokens.ts';
import type { Box, Replica } from './schema.ts';

/** Web Locks, as far as they are used. */
export interface Locks {
	request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Those of all tabs of this browser. */
export const webLocks: Locks = { request: async (name, work) => navigator.locks.request(name, work) };

export interface SessionOptions {
	user: string;
	replica: Replica;
	deviceKey: CryptoKey;
	/** Asks in nobody's name. */
	api: Api;
	locks: Locks;
}

interface Stored {
	email: string;
	/** null: the sign-in has ended. */
	tokens: { auth: string; refresh: string; until: number } | null;
	/** The `op_id` with which the refresh token was, or is about to be, exchanged. */
	exchange: string | null;
}

// Milliseconds: a token is renewed when it holds for less than the margin; how long one holds that cannot be read.
const MARGIN = 60_000;
const USUAL = 1_800_000;

export class Session implements Tokens {
	readonly user: string;
	readonly #replica: Replica;
	readonly #deviceKey: CryptoKey;
	readonly #api: Api;
	readonly #locks: Locks;

	constructor({ user, replica, deviceKey, api, locks }: SessionOptions) {
		this.user = user;
		this.#replica = replica;
		this.#deviceKey = deviceKey;
		this.#api = api;
		this.#locks = locks;
	}

	async token(): Promise<string | null> {
		const tokens = (await this.#read())?.tokens;
		if (!tokens) return null;
		return holds(tokens.until) ? tokens.auth : this.renew(tokens.auth);
	}

	renew(rejected: string): Promise<string | null> {
		return this.#alone(async () => (await this.#fresh(rejected))?.auth ?? null);
	}

	isRefused(token: string): Promise<boolean> {
		return this.#api.refuses(token);
	}

	/** The address that was signed in with; null: nobody ever was. */
	async email(): Promise<string | null> {
		return (await this.#read())?.email ?? null;
	}

	/** These are the tokens from now on. */
	begin(signedIn: SignedIn): Promise<void> {
		return this.#alone(() => this.#keep(signedIn));
	}

	/**
	 * Does what ends this sign-in and begins another one. Nobody else renews meanwhile: who finds their token refused
	 * waits for the new one. `work` is given a token that holds; throws `Problem` when there is none.
	 */
	exchange(work: (token: string, email: string) => Promise<SignedIn>): Promise<void> {
		return this.#alone(async () => {
			const tokens = await this.#fresh(null);
			const stored = await this.#read();
			if (!tokens || !stored) throw new Problem('unauthorized', 401, 'Sign in first.');
			await this.#keep(await work(tokens.auth, stored.email));
		});
	}

	// --- under the lock -------------------------------------------------------------------------------------------

	#alone<T>(work: () => Promise<T>): Promise<T> {
		return this.#locks.request(`hubbub-tokens-${this.user}`, work);
	}

	async #fresh(rejected: string | null): Promise<Stored['tokens']> {
		const stored = await this.#read();
		if (!stored?.tokens) return null;
		if (stored.tokens.auth !== rejected && holds(stored.tokens.until)) return stored.tokens;
		const exchange = stored.exchange ?? crypto.randomUUID();
		await this.#write({ ...stored, exchange });
		try {
			await this.#keep(await this.#api.refresh(stored.tokens.refresh, exchange));
		} catch (error) {
			if (!(error instanceof Problem) || error.status !== 401) throw error;
			await this.#write({ ...stored, tokens: null, exchange: null });
		}
		return (await this.#read())?.tokens ?? null;
	}

	#keep({ user, auth_token, refresh_token }: SignedIn): Promise<void> {
		const tokens = { auth: auth_token, refresh: refresh_token, until: Date.now() + lifetime(auth_token) };
		return this.#write({ email: user.email, tokens, exchange: null });
	}

	async #read(): Promise<Stored | undefined> {
		const fact = await this.#replica.facts.get('session');
		return fact && openAtRest<Stored>(this.#deviceKey, fact.value as Box, this.#context);
	}

	async #write(stored: Stored): Promise<void> {
		const value = await sealAtRest(this.#deviceKey, stored, this.#context);
		await this.#replica.facts.put({ name: 'session', value });
	}

	get #context(): string {
		return `session ${this.user}`;
	}
}

function holds(until: number): boolean {
	return until - Date.now() > MARGIN;
}

/** How long a token just issued holds, in milliseconds: the difference, so that a wrong clock here does no harm. */
function lifetime(token: string): number {
	try {
		const claims = JSON.parse(atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))) as {
			iat: number;
			exp: number;
		};
		return (claims.exp - claims.iat) * 1000;
	} catch {
		return USUAL;
	}
}
