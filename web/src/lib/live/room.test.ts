// What a server could show of a room that nobody said in it.

import { expect, test } from 'vitest';
import { newRoomKey, roomIdentity, roomMessageBytes, sealForRoom, signForRoom } from '../crypto/rooms.ts';
import type { MessageRow } from '../wire/types.ts';
import type { Line } from './line.ts';
import { newSelf, openRoom, type JoinedRoom } from './room.ts';

const ROOM = 'q83vEjRWeJCrze8SNFZ4kA';
const self = newSelf('Ada');
const ada = { id: 'p1', name: 'Ada', user_id: null, public_key: roomIdentity(self.seed) };
const joined = { participant: ada, room: { id: ROOM, participants: [ada] }, ticket: 't' } as unknown as JoinedRoom;

async function signed(id: string, text: string, more: Partial<MessageRow> = {}): Promise<MessageRow> {
	const signature = await signForRoom(self.seed, roomMessageBytes(ROOM, id, ada.name, text));
	return { message_group: id, sender: 'p1', content: text, index: Number(id), signature, ...more } as MessageRow;
}

/** What is shown of these rows, by a server that says nothing else, and as `authors` who it likes. */
async function shown(rows: MessageRow[], key: string | null = null, authors = {}): Promise<unknown[]> {
	const document = { conversation: {}, messages: { items: rows, page_token: null }, authors, cursor: 1 };
	const live = {
		join: (_: string, __: unknown, heard: (answer: unknown) => void) => heard(document),
		on: () => () => {}
	};
	const line = { live, hold: () => () => {} } as unknown as Line;
	const space = openRoom(joined, self, key, line, { ask: () => Promise.reject(new Error('not asked')) });
	await space.open();
	await expect.poll(() => space.view.value.state).toBe('open');
	return space.view.value.messages.map(({ said }) => said.text ?? said.unreadable?.code);
}

test('what its author signed is shown', async () => {
	expect(await shown([await signed('1', 'Tea?')])).toEqual(['Tea?']);
});

test('what was changed, moved to another id, or not signed is not', async () => {
	const rows = [
		await signed('1', 'Tea?', { content: 'Coffee?' }),
		{ ...(await signed('9', 'Tea?')), message_group: '2', index: 2 } as MessageRow,
		await signed('3', 'Tea?', { signature: null }),
		await signed('4', 'Tea?', { signature: 'no signature' })
	];
	expect(await shown(rows)).toEqual(['signature_wrong', 'signature_wrong', 'signature_missing', 'signature_wrong']);
});

test('a key that is told later in the place of another is not believed', async () => {
	const mallory = newSelf('Ada');
	const forged = await signForRoom(mallory.seed, roomMessageBytes(ROOM, '1', 'Ada', 'Forged'));
	const row = await signed('1', 'Forged', { signature: forged });
	const authors = { p1: { ...ada, public_key: roomIdentity(mallory.seed) } };
	expect(await shown([row], null, authors)).toEqual(['signature_wrong']);
});

test('under the key of the link it opens, under another it does not', async () => {
	const key = newRoomKey();
	const row = await signed('1', await sealForRoom(key, 'Between us 🙂'));
	expect(await shown([row], key)).toEqual(['Between us 🙂']);
	expect(await shown([row], newRoomKey())).toEqual(['key_missing']);
});
