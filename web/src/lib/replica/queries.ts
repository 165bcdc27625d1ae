/** What the screen is made of: rows of the replica, opened, watched. Every read goes through an index. */
import { neededFor } from '../crypto/chain.ts';
import type { Body } from '../crypto/types.ts';
import type { OwnUser } from '../wire/types.ts';
import type { Bodies } from './bodies.ts';
import type {
	Anchor,
	ConversationView,
	DraftView,
	MessageView,
	OperationView,
	PersonView,
	Queries,
	WindowView,
	Written
} from './client.ts';
import {
	FIRST,
	LAST,
	type ConversationRow,
	type DraftRow,
	type MemberRow,
	type MessageRow,
	type OutboxRow,
	type PersonRow,
	type Place,
	type ReactionRow,
	type Replica
} from './schema.ts';
import { chosen, unreadOf } from './apply.ts';
import { watch } from './watched.ts';

type Range = [unknown, unknown, unknown];

/** As many reactions are read at once; where a clock went wrong, there may be more between two messages. */
const MOST = 500;

/** Among how many unread messages of a conversation it is looked for one's own name. */
const MOST_UNREAD = 50;

export function queriesOf(replica: Replica, me: string, bodies: Bodies): Queries {
	const views = new Views(replica, me, bodies);
	const { conversations, people, outbox, facts } = replica;
	return {
		conversations: () =>
			watch(async () => {
				const rows = await conversations.orderBy('activity').reverse().toArray();
				return views.conversations(rows);
			}),
		conversation: (id) =>
			watch(async () => {
				const row = (await conversations.get(id)) ?? (await views.moved(id));
				return row && (await views.conversations([row]))[0];
			}),
		window: (conversation, anchor, before, after = 0) => watch(() => views.window(conversation, anchor, before, after)),
		message: (conversation, id) =>
			watch(async () => {
				const row = await replica.messages.get([conversation, id]);
				return row && (await views.messages([row]))[0];
			}),
		privateWith: (user) =>
			watch(async () => {
				const row = await conversations.where('other').equals(user).first();
				return row && (await views.conversations([row]))[0];
			}),
		people: (ids) => watch(async () => views.people((await people.bulkGet(ids)).filter((row) => row !== undefined))),
		person: (name) =>
			watch(async () => {
				const row = await people.where('name').equals(name).first();
				return row && (await views.people([row]))[0];
			}),
		me: () =>
			watch(async () => {
				const [own, change] = await facts.bulkGet(['me', 'me change']);
				const kept = own?.value as OwnUser | undefined;
				return kept && { ...kept, ...(change?.value as Partial<OwnUser> | undefined) };
			}),
		outbox: () => watch(async () => (await outbox.orderBy('seq').toArray()).map(operationView)),
		draft: (conversation) =>
			watch(async () => {
				const row = await replica.drafts.get(conversation);
				return row && views.draft(row);
			}),
		unread: () =>
			watch(async () => {
				const rows = await conversations.toArray();
				const muted = await chosen(replica, 'mute');
				return rows.reduce((sum, row) => sum + (row.left || muted.has(row.id) ? 0 : row.unread), 0);
			}),
		consents: (conversation) =>
			watch(async () => {
				const state = (await replica.chains.get(conversation))?.state;
				if (!state) return { given: {}, needed: 1 };
				const given = Object.entries(state.consents).map(([user, givers]) => [user, Object.keys(givers)]);
				return { given: Object.fromEntries(given), needed: neededFor(state, '') };
			}),
		choices: () => watch(() => replica.choices.toArray())
	};
}

function operationView(row: OutboxRow): OperationView {
	const { id, conversation, what, at, tries, refused } = row;
	return { id, conversation, what, at, tries, refused };
}

class Views {
	constructor(
		private readonly replica: Replica,
		private readonly me: string,
		private readonly bodies: Bodies
	) {}

	// --- conversations and people -------------------------------------------------------------------------------------

	async conversations(rows: ConversationRow[]): Promise<ConversationView[]> {
		const ids = rows.map((row) => row.id);
		const { members, messages, drafts, chains } = this.replica;
		const [everybody, last, written, proven, unread] = await Promise.all([
			members.where('conversation').anyOf(ids).toArray(),
			messages.bulkGet(rows.map((row): [string, string] => [row.id, row.latest ?? ''])),
			drafts.bulkGet(ids),
			chains.bulkGet(ids),
			Promise.all(rows.map((row) => (row.unread > 0 && !row.left ? this.lastUnread(row) : [])))
		]);
		const shown = await this.messages(last.filter((row) => row !== undefined));
		const lasts = new Map(shown.map((view) => [view.conversation, view]));
		const inside = new Map<string, MemberRow[]>();
		for (const member of everybody) {
			if (member.left) continue;
			const held = inside.get(member.conversation);
			if (held) held.push(member);
			else inside.set(member.conversation, [member]);
		}
		return Promise.all(
			rows.map(async (row, place) => ({
				...row,
				members: inside.get(row.id) ?? [],
				last: lasts.get(row.id) ?? null,
				unreadTexts: await this.texts(unread[place] ?? []),
				draft: written[place] ? await this.draft(written[place]) : null,
				disbelieved: proven[place]?.refused ?? null
			}))
		);
	}

	/** The conversation that one begun here turned out to be. */
	async moved(id: string): Promise<ConversationRow | undefined> {
		const fact = await this.replica.facts.get(`moved ${id}`);
		return fact && this.replica.conversations.get(fact.value as string);
	}

	async people(rows: PersonRow[]): Promise<PersonView[]> {
		const known = await this.replica.known.bulkGet(rows.map((row) => row.id));
		return rows.map((row, place) => ({ ...row, known: known[place] ?? null }));
	}

	async draft(row: DraftRow): Promise<DraftView> {
		return { conversation: row.conversation, at: row.at, ...(await this.opened<Written>(row.draft)) };
	}

	// --- messages -----------------------------------------------------------------------------------------------------

	async window(conversation: string, anchor: Anchor, before: number, after: number): Promise<WindowView> {
		const [[here, older, newer], row] = await Promise.all([
			this.range(conversation, anchor, before, after),
			this.replica.conversations.get(conversation)
		]);
		// What is over goes from here in a moment.
		const rows = here.filter((one) => !(one.expires && one.expires <= Date.now()));
		const [messages, firstUnread] = await Promise.all([this.messages(rows), row ? this.firstUnread(row) : null]);
		return {
			messages,
			older: older ? 'here' : row && row.older !== null && !row.pending ? 'server' : 'none',
			newer,
			firstUnread
		};
	}

	/** The rows, and whether there are older and newer ones. */
	private async range(
		conversation: string,
		anchor: Anchor,
		before: number,
		after: number
	): Promise<[MessageRow[], boolean, boolean]> {
		const around = anchor === 'newest' ? undefined : await this.placeOf(conversation, anchor.around);
		const [least, most]: Range[] = [
			[conversation, 1, FIRST],
			[conversation, 1, LAST]
		];
		const shown = this.replica.messages.where('[conversation+shown+place]');
		if (!around) {
			const past = await shown
				.between(least, most)
				.reverse()
				.limit(before + 1)
				.toArray();
			return [past.slice(0, before).reverse(), past.length > before, false];
		}
		const here = [conversation, 1, around];
		const [past, future] = await Promise.all([
			shown
				.between(least, here, true, false)
				.reverse()
				.limit(before + 1)
				.toArray(),
			this.replica.messages
				.where('[conversation+shown+place]')
				.between(here, most)
				.limit(after + 1)
				.toArray()
		]);
		const rows = [...past.slice(0, before).reverse(), ...future.slice(0, after)];
		return [rows, past.length > before, future.length > after];
	}

	private async placeOf(conversation: string, id: string): Promise<Place | undefined> {
		return (await this.replica.messages.get([conversation, id]))?.place;
	}

	/** Of those that are here; a conversation that was not opened lately has but its last page. */
	private async lastUnread(row: ConversationRow): Promise<MessageRow[]> {
		return (await unreadOf(this.replica, this.me, row)).reverse().limit(MOST_UNREAD).toArray();
	}

	private async texts(rows: MessageRow[]): Promise<string[]> {
		const bodies = await Promise.all(rows.map((one) => this.body(one)));
		return bodies.flatMap((body) => (body && 'text' in body ? [body.text] : []));
	}

	private async firstUnread(row: ConversationRow): Promise<string | null> {
		if (row.unread === 0) return null;
		return (await (await unreadOf(this.replica, this.me, row)).first())?.id ?? null;
	}

	async messages(rows: MessageRow[]): Promise<MessageView[]> {
		const [reactions, bodies] = await Promise.all([
			this.reactionsTo(rows),
			Promise.all(rows.map((row) => this.body(row)))
		]);
		const targets = await this.targets(rows, bodies);
		return rows.map((row, place) => {
			const body = bodies[place];
			const said = body && 'text' in body ? body : null;
			const replyTo = said?.reply_to ?? null;
			return {
				conversation: row.conversation,
				id: row.id,
				place: row.place,
				sender: row.sender,
				mine: row.sender === this.me,
				text: said?.text ?? null,
				subject: said?.subject ?? null,
				replyTo,
				reply: (replyTo && targets.get(`${row.conversation} ${replyTo}`)) || null,
				sentAt: row.sent_at,
				at: row.at,
				edited: !isDeleted(row) && (row.rev > 0 || row.change !== null),
				deleted: isDeleted(row),
				removed: row.removed ?? null,
				expires: row.expires ?? null,
				passing: false,
				reactions: reactions.get(`${row.conversation} ${row.id}`) ?? [],
				waiting: row.waiting || row.change !== null,
				refused: row.refused,
				unreadable: row.unreadable ?? null
			};
		});
	}

	/** What is shown as its text: one's own change of it before what the server has. */
	private async body(row: MessageRow): Promise<Body | null> {
		const box = row.change ? row.change.body : row.body;
		return box && !row.deleted ? this.opened<Body>(box) : null;
	}

	private async reactionsTo(rows: MessageRow[]): Promise<Map<string, MessageView['reactions']>> {
		const by = new Map<string, MessageView['reactions']>();
		for (const row of rows) by.set(`${row.conversation} ${row.id}`, []);
		for (const row of (await this.reactionRows(rows)).sort(byAge)) {
			if (!(row.change?.on ?? row.on)) continue;
			const view = { emoji: row.emoji, user: row.user, waiting: row.change !== null };
			by.get(`${row.conversation} ${row.message}`)?.push(view);
		}
		return by;
	}

	/** Those to these messages, and perhaps others. */
	private async reactionRows(rows: MessageRow[]): Promise<ReactionRow[]> {
		const keys = rows.map((row): [string, string] => [row.conversation, row.id]).sort(byKey);
		const [first, last] = [keys[0], keys.at(-1)];
		if (!first || !last) return [];
		const reactions = this.replica.reactions.where('[conversation+message]');
		// Ids are made in the order of time, and one answer is sooner here than a step for each message.
		const all = first[0] === last[0] ? await reactions.between(first, last, true, true).limit(MOST).toArray() : null;
		return all && all.length < MOST
			? all
			: this.replica.reactions.where('[conversation+message]').anyOf(keys).toArray();
	}

	private async targets(rows: MessageRow[], bodies: (Body | null)[]): Promise<Map<string, MessageView['reply']>> {
		const wanted = rows.flatMap((row, place): [string, string][] => {
			const body = bodies[place];
			return body && 'text' in body && body.reply_to ? [[row.conversation, body.reply_to]] : [];
		});
		const found = (await this.replica.messages.bulkGet(wanted)).filter((row) => row !== undefined);
		const views = await Promise.all(
			found.map(async (row): Promise<[string, MessageView['reply']]> => {
				const body = await this.body(row);
				const text = body && 'text' in body ? body.text : null;
				const { id, sender } = row;
				return [`${row.conversation} ${id}`, { id, sender, text, deleted: isDeleted(row) }];
			})
		);
		return new Map(views);
	}

	/** As Dexie wants what is not its own to be waited for within a live query. */
	private opened<T>(box: MessageRow['body'] & object): Promise<T> {
		return Promise.resolve(this.bodies.open<T>(box));
	}
}

function isDeleted(row: MessageRow): boolean {
	return row.deleted || (row.change !== null && row.change.body === null);
}

/** As IndexedDB orders them. */
function byKey(one: [string, string], other: [string, string]): number {
	return one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : one[1] < other[1] ? -1 : 1;
}

/** What was put on first stands first; what is not on the server yet, last. */
function byAge(a: ReactionRow, b: ReactionRow): number {
	const [one, other] = [a.place?.[0] ?? a.version, b.place?.[0] ?? b.version];
	if (one < 0 || other < 0) return one < 0 ? (other < 0 ? 0 : 1) : -1;
	return one - other || (a.user < b.user ? -1 : 1);
}
