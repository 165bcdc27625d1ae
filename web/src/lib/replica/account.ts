/** An account that is open in this page, and what of its keys is kept here. */
import { Dexie } from 'dexie';
import type { Machine } from '../crypto/machine.ts';
import { Refused, type Kept, type OwnKeys } from '../crypto/types.ts';
import { Api } from '../realtime/http.ts';
import type { AccountRow } from './device.ts';
import { Replica } from './schema.ts';
import { Session, type Locks } from './session.ts';

/** What opens and makes keys: the machine itself, or the one in the Worker. */
export type AccountCrypto = Pick<
	Machine,
	| 'newKdf'
	| 'deriveSecret'
	| 'createAccount'
	| 'createKeys'
	| 'startAnew'
	| 'startKeysAnew'
	| 'unlock'
	| 'unlockWithWords'
	| 'unlockWithPasskey'
	| 'newPasswordSlot'
	| 'newPasskeySlot'
	| 'newRecoverySlot'
	| 'keep'
	| 'resume'
	| 'lock'
>;

/** What the sync engine and its client are built from. */
export interface Account {
	user: string;
	/** The id under which this browser writes. */
	device: string;
	deviceKey: CryptoKey;
	replica: Replica;
	session: Session;
	/** Asks in the name of the user. */
	api: Api;
}

export function openAccount(row: AccountRow, deviceKey: CryptoKey, api: Api, locks: Locks): Account {
	const { user, device } = row;
	const replica = new Replica(user);
	// Another tab signs out and wipes it: closed for good, else the next question would make it anew, empty.
	replica.on('versionchange', () => {
		replica.close();
		return false;
	});
	const session = new Session({ user, replica, deviceKey, api, locks });
	return { user, device, deviceKey, replica, session, api: api.as(session) };
}

/** Keeps what `openKept` needs; the machine is unlocked. */
export async function keepKeys({ replica, deviceKey }: Account, crypto: AccountCrypto, own: OwnKeys): Promise<void> {
	const kept = await crypto.keep(deviceKey);
	await replica.facts.bulkPut([
		{ name: 'own_keys', value: own },
		{ name: 'kept_key', value: kept }
	]);
}

/**
 * Unlocks the machine with the account key that is kept here, for which no network is needed. `own`: the keys as
 * the server shows them now; else as they were last. False: none is kept, or it opens nothing.
 */
export async function openKept(account: Account, crypto: AccountCrypto, own?: OwnKeys): Promise<boolean> {
	const [keys, kept] = await account.replica.facts.bulkGet(['own_keys', 'kept_key']);
	if (!keys || !kept) return false;
	try {
		await crypto.resume(own ?? (keys.value as OwnKeys), kept.value as Kept, account.deviceKey);
		return true;
	} catch (error) {
		if (!(error instanceof Refused)) throw error;
		return false;
	}
}

/** Nothing of the replica is left on the disk. */
export async function wipe({ replica }: Account): Promise<void> {
	replica.close();
	await Dexie.delete(replica.name);
}
