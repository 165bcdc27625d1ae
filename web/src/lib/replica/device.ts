/** What this browser knows whoever is signed in: the accounts that did so here, and the key that their replicas lie under. */
import { Dexie, type EntityTable } from 'dexie';
import { newDeviceKey } from '../crypto/atrest.ts';

/** An account whose replica is here. `device`: the id under which this browser writes as that user. */
export interface AccountRow {
	user: string;
	name: string;
	displayName: string;
	device: string;
	/** When it was last opened, in milliseconds. */
	last: number;
}

interface Setting {
	name: 'current' | 'device_key';
	value: unknown;
}

class DeviceDatabase extends Dexie {
	accounts!: EntityTable<AccountRow, 'user'>;
	settings!: EntityTable<Setting, 'name'>;

	constructor() {
		super('hubbub-device');
		this.version(1).stores({ accounts: 'user, last', settings: 'name' });
	}
}

export class Device {
	readonly #database = new DeviceDatabase();

	/** The key under which everything secret is kept here. No script can export it; made when first asked for. */
	async key(): Promise<CryptoKey> {
		const { settings } = this.#database;
		const kept = await settings.get('device_key');
		if (kept) return kept.value as CryptoKey;
		const made = await newDeviceKey(); // before the transaction, which ends when something else is waited for
		return this.#database.transaction('rw', settings, async () => {
			const found = await settings.get('device_key');
			if (found) return found.value as CryptoKey;
			await settings.put({ name: 'device_key', value: made });
			return made;
		});
	}

	/** The account that a page opens by itself. */
	async current(): Promise<AccountRow | undefined> {
		const user = await this.#database.settings.get('current');
		return user && this.#database.accounts.get(user.value as string);
	}

	accounts(): Promise<AccountRow[]> {
		return this.#database.accounts.orderBy('last').reverse().toArray();
	}

	/** This account is the current one from now on. */
	async remember(account: { user: string; name: string; displayName: string }): Promise<AccountRow> {
		const { accounts, settings } = this.#database;
		return this.#database.transaction('rw', accounts, settings, async () => {
			const before = await accounts.get(account.user);
			const row = { ...account, device: before?.device ?? crypto.randomUUID(), last: Date.now() };
			await accounts.put(row);
			await settings.put({ name: 'current', value: row.user });
			return row;
		});
	}

	/** Nothing says any more that this account was here; with the last one the device key goes. */
	async forget(user: string): Promise<void> {
		const { accounts, settings } = this.#database;
		await this.#database.transaction('rw', accounts, settings, async () => {
			await accounts.delete(user);
			const current = await settings.get('current');
			if (current?.value === user) await settings.delete('current');
			if ((await accounts.count()) === 0) await settings.delete('device_key');
		});
	}

	close(): void {
		this.#database.close();
	}
}
