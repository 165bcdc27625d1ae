/** A room as a participant is in it: under a name of their own there, with a key that signs what they say. */
import {
	isSignedInRoom,
	newRoomKey,
	openInRoom,
	roomIdentity,
	roomJoinBytes,
	roomMessageBytes,
	sealForRoom,
	signForRoom
} from '../crypto/rooms.ts';
import type { Api } from '../realtime/http.ts';
import { Problem } from '../realtime/problems.ts';
import type { JoinedRoom, MessageRow, Participant, Room } from '../wire/types.ts';
import type { Line } from './line.ts';
import type { Said } from './messages.ts';
import { Space, type Manner } from './space.ts';
import type { Author, Page } from './wire.ts';

export type { JoinedRoom, Room };

/** Who one is in a room, kept so that one comes back under the same name. */
export interface RoomSelf {
	name: string;
	/** The secret key, 32 bytes in base64url. */
	seed: string;
}

type Asking = Pick<Api, 'ask'>;

const PAGE = 50;
const at = (room: string) => `/api/rooms/${encodeURIComponent(room)}`;

/** Throws `Problem` (`not_found`: there is none, or it has ended), `Unreachable`. */
export function findRoom(api: Asking, id: string): Promise<Room> {
	return api.ask('GET', at(id), { signedIn: 'perhaps' });
}

export const newSelf = (name: string): RoomSelf => ({ name, seed: newRoomKey() });

/** Comes in, or back: who has been here shows that the key is theirs. Throws `Problem`, `Unreachable`. */
export async function enterRoom(api: Asking, id: string, { name, seed }: RoomSelf): Promise<JoinedRoom> {
	const wish = { name, public_key: roomIdentity(seed) };
	const ask = (json: object) => api.ask<JoinedRoom>('POST', `${at(id)}/join`, { json, signedIn: 'perhaps' });
	try {
		return await ask(wish);
	} catch (error) {
		if (!(error instanceof Problem) || error.code !== 'proof_required' || error.nonce === null) throw error;
		const signature = await signForRoom(seed, roomJoinBytes(id, error.nonce));
		return ask({ ...wish, proof: { nonce: error.nonce, signature } });
	}
}

/** `key` is that of the link, where the room is encrypted. */
export function openRoom(joined: JoinedRoom, { seed }: RoomSelf, key: string | null, line: Line, api: Asking): Space {
	const { participant, room, ticket } = joined;
	const known = new Map<string, Participant>();
	// Name and key of a participant never change: what is told first holds.
	const meet = (one: Participant): Author => {
		if (!known.has(one.id)) known.set(one.id, one);
		return { id: one.id, name: '', display_name: known.get(one.id)!.name, picture: null, bot: false };
	};
	[participant, ...room.participants].forEach(meet);
	const manner: Manner<Participant> = {
		me: participant.id,
		resumes: false,
		params: async () => ({ ticket }),
		meet,
		read: (row) => read(room.id, key, row, known.get(row.sender)),
		async write({ id, text }) {
			const content = key === null ? text : await sealForRoom(key, text);
			const signed = roomMessageBytes(room.id, id, participant.name, content);
			return { id, content, signature: await signForRoom(seed, signed) };
		},
		authors: async (ids) => {
			const all = ids.every((id) => known.has(id)) ? [] : (await findRoom(api, room.id)).participants;
			all.forEach(meet);
			return ids.flatMap((id) => known.get(id) ?? []);
		},
		older: (before) => older(api, room.id, before)
	};
	return new Space<Participant>(room.id, line, manner);
}

/** Only what its author signed, as this message of this room, is shown. */
async function read(room: string, key: string | null, row: MessageRow, author: Participant | undefined): Promise<Said> {
	const { message_group: id, content, signature } = row;
	if (content === null) return { text: null, unreadable: null };
	if (!author || !signature) return unreadable('signature_missing');
	const signed = roomMessageBytes(room, id, author.name, content);
	if (!(await isSignedInRoom(author.public_key, signature, signed))) return unreadable('signature_wrong');
	const text = key === null ? content : await openInRoom(key, content);
	return text === null ? unreadable('key_missing') : { text, unreadable: null };
}

/** The sentence is the interface's. */
const unreadable = (code: string): Said => ({ text: null, unreadable: { code, sentence: '' } });

async function older(api: Asking, room: string, before: string): Promise<Page<Participant>> {
	const query = { before, limit: PAGE };
	const page = await api.ask<Page<Participant>>('GET', `${at(room)}/messages`, { query, signedIn: 'perhaps' });
	const [first] = page.items;
	return { ...page, page_token: first && page.items.length === PAGE ? first.message_group : null };
}
