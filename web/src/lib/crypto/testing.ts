// People with machines of their own, for the tests: a conversation of them, and messages in it.

import { newChain } from './chain.ts';
import { Machine } from './machine.ts';
import type {
	Body,
	Bytes,
	ChainState,
	JsonObject,
	Known,
	KnownUsers,
	NewAccount,
	OpenRequest,
	OwnKeys
} from './types.ts';

export const CONVERSATION = '0198c0de-0000-7000-8000-0000000000c0';
export const OTHER_CONVERSATION = '0198c0de-0000-7000-8000-0000000000c1';
export const MESSAGE = '0198c0de-0000-7000-8000-0000000000e1';
export const SENT_AT = '2026-01-02T03:04:05.678Z';
const DEVICE = '0198c0de-0000-7000-8000-0000000000d1';

export interface Person {
	user: string;
	machine: Machine;
	account: NewAccount;
	passwordKey: Bytes;
	known: Known;
	/** Their own key, as the server shows it. */
	jwk: JsonObject;
}

let people = 0;

export async function person(): Promise<Person> {
	const user = `0198c0de-0000-7000-8000-${(++people).toString(16).padStart(12, '0')}`;
	const machine = new Machine();
	const passwordKey = crypto.getRandomValues(new Uint8Array(32));
	const account = await machine.createAccount(user, passwordKey);
	const known = await machine.judgeIdentity(null, user, [account.identity]);
	return { user, machine, account, passwordKey, known, jwk: { ...account.user_key.public_key } };
}

/** What `GET /api/keys` answers them. */
export function ownKeys({ user, account }: Person, changed: Partial<OwnKeys> = {}): OwnKeys {
	const { identity, user_key, slots } = account;
	const row = {
		gen: user_key.public_key.gen,
		public_key: { ...user_key.public_key },
		private_key: { ...user_key.private_key }
	};
	return { user_id: user, identity: [identity], user_keys: [row], slots, ...changed };
}

export function knownOf(...those: Person[]): KnownUsers {
	return Object.fromEntries(those.map(({ user, known }) => [user, known]));
}

export function named({ user, known }: Person): { user: string; ik: string; gen: number } {
	return { user, ik: known.ik, gen: 1 };
}

/** A sealed conversation that the first of them began with the others. */
export async function conversationOf(...those: [Person, ...Person[]]): Promise<ChainState> {
	const [creator] = those;
	const links = await creator.machine.found(CONVERSATION, those.map(named));
	return creator.machine.advance(newChain(CONVERSATION), links, knownOf(...those));
}

export function recipientsOf(...those: Person[]): Record<string, JsonObject> {
	return Object.fromEntries(those.map(({ user, jwk }) => [user, jwk]));
}

export const PLACE = { conversation: CONVERSATION, message: MESSAGE, rev: 0, device: DEVICE, index: 1, position: 0 };

/** What `reader` asks to open of a message by `author` to all of `chain`. */
export async function written(
	author: Person,
	reader: Person,
	chain: ChainState,
	body: Body,
	place: Partial<typeof PLACE> = {}
): Promise<OpenRequest> {
	const to = [author, reader];
	const stated = { ...PLACE, ...place };
	const { sealed, encrypted_messages } = await author.machine.seal({
		...stated,
		body,
		sentAt: SENT_AT,
		chain,
		known: knownOf(...to),
		recipients: recipientsOf(...to),
		seen: {}
	});
	const copy = encrypted_messages[reader.user]!;
	return { ...stated, sealed, copy, from: author.user, author: author.known, chain, held: null };
}
