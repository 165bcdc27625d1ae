/**
 * Keys that were made and sent, but whose answer may have been lost: sent again with the same bytes, so that the words
 * that are then shown belong to what the server has.
 */
import type { Bytes, Kdf, NewAccount } from '../crypto/types.ts';
import { Problem, Unreachable } from '../realtime/problems.ts';
import type { AccountCrypto } from './account.ts';

export interface Attempt {
	/** What it is for: an address that registers, a user who starts anew. */
	of: string;
	user: string;
	kdf: Kdf;
	/** What is sent as the password. */
	secret: string;
	made: NewAccount;
	/** Whether it was sent and no answer came. */
	lost: boolean;
}

export class Attempts {
	#last: Attempt | null = null;

	constructor(readonly crypto: AccountCrypto) {}

	/**
	 * The attempt that was lost, when it was of the same and with the same password; else a new one. `make` is given the
	 * password key and unlocks the machine. The password itself is not kept.
	 */
	async of(
		of: string,
		user: string,
		password: string,
		kdf: Kdf,
		make: (passwordKey: Bytes) => Promise<NewAccount>
	): Promise<Attempt> {
		const last = this.#last?.of === of && this.#last.lost ? this.#last : null;
		if (last && (await this.crypto.deriveSecret(password, last.kdf)).secret === last.secret) return last;
		const { secret, passwordKey } = await this.crypto.deriveSecret(password, kdf);
		this.#last = { of, user, kdf, secret, made: await make(passwordKey), lost: false };
		return this.#last;
	}

	/** Sends it; what is refused is forgotten, what is lost is not. */
	async send<T>(attempt: Attempt, send: () => Promise<T>): Promise<T> {
		try {
			const answer = await send();
			this.#last = null;
			return answer;
		} catch (error) {
			if (error instanceof Unreachable) attempt.lost = true;
			else if (error instanceof Problem && error.status < 500 && error.status !== 429) this.#last = null;
			throw error;
		}
	}
}
