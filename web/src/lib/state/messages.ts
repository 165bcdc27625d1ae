/** Messages as they are shown: runs by one author, days, what is unread, who read how far. Pure. */
import type { MemberRow } from '../replica/schema';
import type { MessageView, WindowView } from '../replica/client';
import type { MessageItem, Person, Reaction } from './model';

/** Within this time the messages of one author stand together under one name, in milliseconds. */
const RUN = 5 * 60_000;

/** What is shown of a message, wherever it stands. */
export type Shown = Omit<MessageView, 'conversation' | 'place'>;

export interface Around {
	me: string;
	members: Pick<MemberRow, 'user' | 'read'>[];
	/** The first that was not read when the conversation was opened. */
	unreadFrom: string | null;
	/** Whether the last of these is the last of all. */
	newest: boolean;
	person(id: string): Person;
}

export function itemsOf(views: Shown[], around: Around): MessageItem[] {
	const readers = readersOf(views, around);
	return views.map((view, at) => {
		const before = views[at - 1];
		const startsDay = !before || dayOf(before.sentAt) !== dayOf(view.sentAt);
		const startsUnread = view.id === around.unreadFrom;
		const leads =
			startsDay || startsUnread || before.sender !== view.sender || Math.abs(view.sentAt - before.sentAt) > RUN;
		return {
			id: view.id,
			sender: around.person(view.sender),
			mine: view.mine,
			text: view.text,
			subject: view.subject,
			sentAt: view.sentAt,
			edited: view.edited,
			deleted: view.deleted,
			removed: view.removed && { by: around.person(view.removed.by), reason: view.removed.reason },
			expiresAt: view.expires,
			passing: view.passing,
			reply: view.replyTo === null ? null : replyOf(view, around),
			reactions: reactionsOf(view, around),
			status: view.refused?.operation === view.id ? 'failed' : view.waiting ? 'sending' : 'sent',
			refused: refusalOf(view),
			unreadable: view.unreadable,
			leads,
			startsDay,
			startsUnread,
			readBy: readers.get(view.id) ?? []
		};
	});
}

/** Nothing was said off the record, anywhere. */
export const nothing: ReadonlyMap<string, MessageView[]> = new Map();

/** With what is off the record where it was said, as far as that is within the window. */
export function withPassing(
	kept: Shown[],
	passing: Shown[],
	{ older, newer }: Pick<WindowView, 'older' | 'newer'>
): Shown[] {
	const all = [...kept];
	for (const one of passing) {
		const place = all.findLastIndex((other) => other.at <= one.at) + 1;
		if ((place === 0 && older !== 'none') || (place === all.length && newer)) continue;
		const reply = all.find((other) => other.id === one.replyTo) ?? null;
		all.splice(place, 0, { ...one, reply });
	}
	return all;
}

function replyOf(view: Shown, around: Around): MessageItem['reply'] {
	if (!view.reply) return { id: view.replyTo!, sender: null, text: null, deleted: false };
	const { id, sender, text, deleted } = view.reply;
	return { id, sender: around.person(sender), text, deleted };
}

function reactionsOf(view: Shown, around: Around): Reaction[] {
	const found = new Map<string, Reaction>();
	for (const { emoji, user } of view.reactions) {
		const one = found.get(emoji) ?? { emoji, people: [], mine: false };
		one.people.push(around.person(user));
		one.mine ||= user === around.me;
		found.set(emoji, one);
	}
	return [...found.values()];
}

/** By message: the others who have read up to it and not further. Nobody is shown as a reader of their own message. */
function readersOf(views: Shown[], { me, members, newest, person }: Around): Map<string, Person[]> {
	const readers = new Map<string, Person[]>();
	const stored = views.filter((view) => !view.waiting && !view.passing);
	for (const { user, read } of members) {
		if (user === me || read <= 0) continue;
		const at = stored.findLastIndex((view) => view.at <= read || view.sender === user);
		const view = stored[at];
		if (!view || view.sender === user) continue;
		// The last one here, though later ones exist elsewhere: how far they have read is not seen in these.
		if (at === stored.length - 1 && !newest) continue;
		readers.set(view.id, [...(readers.get(view.id) ?? []), person(user)]);
	}
	return readers;
}

/** The day in the reader's time zone. */
function dayOf(at: number): string {
	return new Date(at).toDateString();
}

/** What was deleted meanwhile is no such thing any more: said so that one knows what happened. */
function refusalOf({ refused, deleted }: Shown): MessageItem['refused'] {
	return refused && deleted ? { ...refused, code: 'message_deleted' } : refused;
}
