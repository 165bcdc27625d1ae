/** How rows of the server become rows of the replica, and which of two rows stays. Pure. */
import type { Body } from '../crypto/types.ts';
import type { ConversationRow as WireConversation, MessageRow as WireMessage, PublicUser } from '../wire/types.ts';
import type { MessageView } from './client.ts';
import { NOWHERE, placeOf } from './ordering.ts';
import type { Box, ConversationRow, MessageRow, PersonRow, Trouble } from './schema.ts';

/** A message of the server at a version, and what became of opening it. */
export interface Incoming {
	message: WireMessage;
	version: number;
}

export interface Read {
	body: Body | null;
	box: Box | null;
	sentAt: number;
	unreadable?: Trouble;
}

export function newConversation(id: string, kind: ConversationRow['kind']): ConversationRow {
	return {
		id,
		kind,
		alias: null,
		encrypted: true,
		sealed: false,
		history: 'all',
		joining: 'members',
		changing: 'members',
		reading: 'members',
		posting: 'members',
		placing: 'authors',
		approvals: 1,
		expires_in: null,
		name: null,
		about: '',
		picture: null,
		role: 'member',
		cursor: -1,
		epoch: '',
		head: -1,
		older: undefined,
		left: false,
		activity: 0,
		opened: 0,
		latest: null,
		unread: 0,
		read: 0,
		top_index: 0,
		pending: false,
		held: null,
		refused: null
	};
}

/**
 * What a conversation is, once this browser knows: what was sealed stays sealed and of its kind, and what was encrypted
 * encrypted. Otherwise a server could have the next message written in the clear, or show one that nobody signed.
 */
export function standing(
	row: ConversationRow,
	wire: WireConversation
): Pick<ConversationRow, 'kind' | 'encrypted' | 'sealed'> {
	const sealed = row.sealed || wire.sealed;
	const wasRead = row.epoch !== '';
	return {
		kind: row.sealed || wasRead ? row.kind : (wire.kind as ConversationRow['kind']),
		sealed,
		encrypted: sealed || wire.encrypted || (wasRead && row.encrypted)
	};
}

export function withWire(row: ConversationRow, wire: WireConversation): ConversationRow {
	return {
		...row,
		...standing(row, wire),
		alias: wire.alias,
		history: wire.history,
		joining: wire.joining,
		changing: wire.changing,
		reading: wire.reading,
		posting: wire.posting,
		placing: wire.placing,
		approvals: wire.approvals,
		expires_in: wire.expires_in,
		name: wire.name,
		about: wire.about,
		picture: wire.picture,
		activity: Math.max(row.activity, Date.parse(wire.inserted_at)),
		pending: false
	};
}

/** A message as the server shows it; what one's own waiting change of it says stays beside it. */
export function messageRow(conversation: string, { message, version }: Incoming, read: Read): MessageRow {
	return {
		conversation,
		id: message.message_group,
		place: placeOf(message),
		version,
		rev: message.rev,
		sender: message.sender,
		at: Date.parse(message.inserted_at),
		sent_at: read.sentAt,
		deleted: Boolean(message.removed_by),
		...(message.removed_by ? { removed: { by: message.removed_by, reason: message.removed_because ?? '' } } : {}),
		body: read.box,
		shown: read.body && 'react' in read.body ? 0 : 1,
		...(message.expires_at ? { expires: Date.parse(message.expires_at) } : {}),
		sealed: message.sealed ?? null,
		copy: message.sealed ? message.content : null,
		...(read.unreadable ? { unreadable: read.unreadable } : {}),
		waiting: false,
		change: null,
		refused: null
	};
}

/** What is off the record, as it is shown. */
export function passingView(conversation: string, me: string, message: WireMessage, read: Read): MessageView {
	const body = read.body && 'text' in read.body ? read.body : null;
	return {
		conversation,
		id: message.message_group,
		place: placeOf(message),
		sender: message.sender,
		mine: message.sender === me,
		text: body?.text ?? null,
		subject: body?.subject ?? null,
		replyTo: body?.reply_to ?? null,
		reply: null,
		sentAt: read.sentAt,
		at: Date.parse(message.inserted_at),
		edited: false,
		deleted: false,
		removed: null,
		expires: null,
		passing: true,
		reactions: [],
		waiting: false,
		refused: null,
		unreadable: read.unreadable ?? null
	};
}

/** `next` in place of `before`, if it may: a row never goes down, and one's own doings stay with it. */
export function merged(before: MessageRow | undefined, next: MessageRow): MessageRow | null {
	if (!before) return next;
	if (before.version >= next.version) return null;
	return { ...next, change: before.change, refused: before.waiting ? null : before.refused };
}

/** What stays of a deleted message: its place, so that nothing late brings it back. */
export function tombstone(
	conversation: string,
	id: string,
	version: number,
	before: MessageRow | undefined
): MessageRow | null {
	if (before && before.version >= version) return null;
	const { unreadable: _, ...kept } = before ?? {
		conversation,
		id,
		place: [NOWHERE, '', '', 0, id] as MessageRow['place'],
		rev: 0,
		sender: '',
		at: 0,
		sent_at: 0,
		shown: 0 as const
	};
	return {
		...kept,
		version,
		deleted: true,
		body: null,
		sealed: null,
		copy: null,
		waiting: false,
		change: null,
		// That a change of it was not taken may have been heard before why.
		refused: before && !before.waiting ? before.refused : null
	};
}

export function personRow({ id, name, display_name, email, about, picture, bot }: PublicUser): PersonRow {
	return { id, name, display_name, email, about, picture, bot };
}
