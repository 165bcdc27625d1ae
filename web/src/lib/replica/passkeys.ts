/** The passkeys of who is signed in: adding one, naming and removing it, and proving by one who is asking. */
import type { Authenticator } from '../realtime/authenticator.ts';
import { Problem } from '../realtime/problems.ts';
import type { PasskeyList, PasskeyRow, Proof } from '../wire/types.ts';
import type { Account, AccountCrypto } from './account.ts';

/** How somebody proves anew who they are: the password as it is typed, or one of their passkeys. */
export type Proven = { password: string } | 'passkey' | 'young';

export class Passkeys {
	readonly #account: Account;
	readonly #crypto: AccountCrypto;
	readonly #authenticator: Authenticator;

	constructor(account: Account, crypto: AccountCrypto, authenticator: Authenticator) {
		this.#account = account;
		this.#crypto = crypto;
		this.#authenticator = authenticator;
	}

	all(): Promise<PasskeyList> {
		return this.#account.api.passkeys();
	}

	/** A new one, which opens the messages where its authenticator can. Throws `Problem`, `PasskeyTrouble`, `Unreachable`. */
	async add(name: string, proven: Proven): Promise<PasskeyRow> {
		const { api } = this.#account;
		const begun = await api.beginPasskey(await this.proof(proven));
		const { credential, prf } = await this.#authenticator.create(begun.options);
		const slot = prf && (await this.#crypto.newPasskeySlot(begun.id, prf));
		return api.addPasskey({ id: begun.id, name, credential, slot });
	}

	rename(id: string, name: string): Promise<PasskeyRow> {
		return this.#account.api.renamePasskey(id, name);
	}

	async remove(id: string, proven: Proven): Promise<void> {
		await this.#account.api.removePasskey(id, await this.proof(proven));
	}

	/** What is sent as the proof. Throws `Problem`, `PasskeyTrouble`, `Unreachable`, `Refused`. */
	async proof(proven: Proven): Promise<Proof> {
		if (proven === 'young') return {};
		const { api } = this.#account;
		if (proven === 'passkey') {
			const { options } = await api.beginProof();
			return { passkey: (await this.#authenticator.get(options)).credential };
		}
		const own = await api.ownKeys();
		if (!own.kdf) throw new Problem('invalid_credentials', 401, 'This account has no password.');
		return { password: (await this.#crypto.deriveSecret(proven.password, own.kdf)).secret };
	}
}
