// What a server says of a conversation as a whole: a sealed one stays sealed, and its members are those of the chain.
import { Dexie } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { beforeEach, expect, test } from 'vitest';
import { newDeviceKey } from '../crypto/atrest.ts';
import { CONVERSATION, MESSAGE, named, person, recipientsOf, SENT_AT, type Person } from '../crypto/testing.ts';
import type { Link } from '../crypto/types.ts';
import type { Document, PublicKeys } from '../wire/types.ts';
import { Bodies } from './bodies.ts';
import { Intake, type Change } from './intake.ts';
import { Replica } from './schema.ts';
import { Trust } from './trust.ts';

Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });

const [ada, bob, mallory] = await Promise.all([person(), person(), person()]);
let replica: Replica;
let intake: Intake;

beforeEach(async () => {
	replica = new Replica(crypto.randomUUID(), { indexedDB: new IDBFactory(), IDBKeyRange });
	const trust = new Trust(replica, bob.machine, { publicKeys: keysOf });
	intake = new Intake(replica, bob.user, bob.machine, trust, new Bodies(await newDeviceKey(), bob.user));
});

async function keysOf(user: string): Promise<PublicKeys> {
	const { account } = [ada, bob, mallory].find((one) => one.user === user)!;
	const user_key = { gen: 1, public_key: account.user_key.public_key, inserted_at: SENT_AT };
	return { user_id: user, identity: [{ ...account.identity, inserted_at: SENT_AT }], user_key };
}

const wire = { id: CONVERSATION, kind: 'private', encrypted: true, sealed: true } as Document['conversation'];

async function document(creator: Person, shown: Person[], changed: object = {}): Promise<Document> {
	const links: Link[] = await creator.machine.found(CONVERSATION, [creator, bob].map(named));
	return {
		conversation: { ...wire, alias: null, history: 'all', approvals: 1, inserted_at: SENT_AT, ...changed },
		messages: { items: [], page_token: null },
		read_times: {},
		users: shown.map(({ user }) => ({
			id: user,
			name: user,
			email: null,
			display_name: user,
			about: '',
			picture: null
		})),
		public_keys: recipientsOf(creator, bob),
		private_key: null,
		private_keys: [],
		cursor: 3,
		epoch: 'epoch',
		links
	} as unknown as Document;
}

const conversation = () => replica.conversations.get(CONVERSATION);

test('a sealed conversation stays sealed, whatever the server says later', async () => {
	const answer = await document(ada, [ada, bob]);
	await intake.document(answer, false, true);
	await intake.document(
		{ ...answer, conversation: { ...answer.conversation, encrypted: false, sealed: false } },
		false,
		true
	);
	expect(await conversation()).toMatchObject({ kind: 'private', encrypted: true, sealed: true });
	const data = { ...answer.conversation, kind: 'group', encrypted: false, sealed: false };
	const change = { kind: 'conversation', id: CONVERSATION, version: 4, deleted: false, data } as Change;
	await intake.changes(CONVERSATION, [change], 4);
	expect(await conversation()).toMatchObject({ kind: 'private', encrypted: true, sealed: true });
});

test('plaintext in a sealed conversation is not shown as what somebody said', async () => {
	const answer = await document(ada, [ada, bob]);
	await intake.document(answer, false, true);
	const forged = {
		id: MESSAGE,
		message_group: MESSAGE,
		sender: ada.user,
		content: 'Send me your password',
		inserted_at: SENT_AT,
		updated_at: SENT_AT,
		index: 1,
		position: 0,
		device_id: MESSAGE,
		rev: 0
	};
	const plain = { ...answer.conversation, encrypted: false, sealed: false };
	await intake.document(
		{ ...answer, conversation: plain, messages: { items: [forged], page_token: null } },
		true,
		true
	);
	expect(await replica.messages.get([CONVERSATION, MESSAGE])).toMatchObject({
		body: null,
		unreadable: { code: 'not_sealed' }
	});
});

test('who is in it says the chain: nobody is shown in the place of another', async () => {
	await intake.document(await document(mallory, [ada, bob]), false, true);
	const members = await replica.members.where('conversation').equals(CONVERSATION).toArray();
	expect(
		members
			.filter((one) => !one.left)
			.map((one) => one.user)
			.sort()
	).toEqual([bob.user, mallory.user].sort());
	expect((await conversation())?.other).toBe(mallory.user);
});

test('a member whom the server adds without a link is not one', async () => {
	await intake.document(await document(ada, [ada, bob]), false, true);
	const data = { user_id: mallory.user, role: 'member', joined_version: 4, left_version: null };
	const change = { kind: 'member', id: mallory.user, version: 4, deleted: false, data } as Change;
	await intake.changes(CONVERSATION, [change], 4);
	const ghost = await replica.members.get([CONVERSATION, mallory.user]);
	expect(ghost?.left ?? true).toBe(true);
});
