/** The proof of work of a form: solved in the background while somebody types, and anew for every try. */
import type { Challenge } from '../wire/types.ts';
import { config } from './config.svelte.ts';
import { session } from './session.svelte.ts';

type Purpose = 'register' | 'login';
/** How long before it expires a solution is not sent any more, in milliseconds: it has to arrive. */
const MARGIN = 15_000;

export class Captcha {
	/** `off`: the server asks for none. `failed`: it could not be had; the server may let one in all the same. */
	state = $state<'off' | 'solving' | 'solved' | 'failed'>('off');

	readonly #purpose: Purpose;
	#solving: Promise<{ captcha: string; expiresAt: number } | null> = Promise.resolve(null);

	constructor(purpose: Purpose) {
		this.#purpose = purpose;
	}

	/** Begins to solve, where the server asks for it. */
	begin(): void {
		if (!config.captcha) return;
		this.state = 'solving';
		this.#solving = this.#solve();
	}

	/** What is sent with this try; it is good for one, so the next begins at once. Null: there is none. */
	async take(): Promise<string | null> {
		let solved = await this.#solving;
		if (solved && solved.expiresAt < Date.now() + MARGIN) {
			this.begin();
			solved = await this.#solving;
		}
		this.#solving = Promise.resolve(null);
		return solved?.captcha ?? null;
	}

	async #solve(): Promise<{ captcha: string; expiresAt: number } | null> {
		try {
			const { challenge, captcha } = await session.proveWork(this.#purpose);
			this.state = 'solved';
			return { captcha, expiresAt: expiry(challenge) };
		} catch {
			this.state = 'failed';
			return null;
		}
	}
}

function expiry({ parameters }: Challenge): number {
	return parameters.expiresAt * 1000;
}
