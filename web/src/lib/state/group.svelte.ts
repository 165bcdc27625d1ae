/** What is known of a group beyond its conversation: who is in it as what, who wants in, what it shows of itself. */
import { Refused } from '../crypto/types';
import type { Client, ConsentsView, ConversationView } from '../replica/client';
import { until } from '../replica/watched';
import type { Group as Found, JoinRequests, SanctionList, SanctionRow } from '../wire/types';
import type { Chat } from './chat.svelte';
import { Live } from './live.svelte';
import type { ConversationItem, Note, Person, Sanction, Sanctioned } from './model';

export interface Member {
	person: Person;
	role: string;
	muted: boolean;
}

/** Somebody who wants in, or whom a member would bring in. */
export interface Waiting {
	person: Person;
	/** How many agreed, of how many. */
	given: number;
	needed: number;
	/** One agreed oneself. */
	mine: boolean;
	note: Note | null;
}

/** What a group shows of itself besides its row. */
export interface GroupChange {
	about?: string;
	listed?: boolean;
}

/** Milliseconds until it is thought that a member who is removed does not go. */
const PATIENCE = 20_000;

export class Group {
	readonly #client: Client;
	readonly #chat: Chat;
	readonly #id: string;
	readonly #view: Live<ConversationView | undefined>;
	readonly #consents: Live<ConsentsView>;
	#asking = $state.raw<string[]>([]);
	#notes = $state.raw<Record<string, Note>>({});
	members: Member[] = $derived.by(() =>
		(this.#view.current?.members ?? [])
			.map(({ user, role, muted = false }) => ({ person: this.#chat.people.of(user), role, muted }))
			.sort((one, other) => rank(one.role) - rank(other.role))
	);
	waiting: Waiting[] = $derived.by(() => {
		const { given, needed } = this.#consents.current;
		const inside = this.members.map(({ person }) => person.id);
		const all = [...this.#asking, ...Object.keys(given).filter((user) => !this.#asking.includes(user))];
		return all
			.filter((user) => !inside.includes(user))
			.map((user) => ({
				person: this.#chat.people.of(user),
				given: given[user]?.length ?? 0,
				needed,
				mine: given[user]?.includes(this.#client.user) ?? false,
				note: this.#notes[user] ?? null
			}));
	});
	#decided = $state.raw<SanctionRow[]>([]);
	sanctions: Sanctioned[] = $derived.by(() =>
		this.#decided.map((row) => ({
			person: this.#chat.people.of(row.user_id),
			kind: row.kind,
			by: this.#chat.people.of(row.moderator_id),
			reason: row.reason,
			until: row.until === null ? null : Date.parse(row.until),
			liftable: this.#standsBelow(row.user_id)
		}))
	);
	/** How many members it takes to let somebody in. */
	needed = $derived.by(() => this.#consents.current.needed);

	constructor(chat: Chat, item: ConversationItem) {
		this.#chat = chat;
		this.#client = chat.client;
		this.#id = item.id;
		this.#view = new Live<ConversationView | undefined>(chat.client.query.conversation(item.id), undefined);
		this.#consents = new Live<ConsentsView>(chat.client.query.consents(item.id), { given: {}, needed: 1 });
	}

	/** Looks who asks, now and whenever somebody did. Returns what ends that. */
	watch(): () => void {
		void this.#ask();
		return this.#client.knocks.subscribe((knock) => {
			if (knock?.conversation === this.#id) void this.#ask();
		});
	}

	/** Whoever waits and was never met here is looked up. */
	meet(): void {
		const strangers = this.waiting.map(({ person }) => person).filter(({ presence }) => presence === 'unknown');
		this.#chat.people.want(strangers.map(({ id }) => id));
		for (const { id } of strangers) void this.#client.do.findPerson(id).catch(() => {});
	}

	/** Looks who may not write or come in, as its moderator: now, and whenever this is called in an effect. */
	async look(): Promise<void> {
		try {
			const { items } = await this.#client.api.ask<SanctionList>('GET', this.#moderated('sanctions'));
			const all = items.flatMap((row) => [row.user_id, row.moderator_id]);
			const people = all.filter((id, at) => all.indexOf(id) === at);
			this.#chat.people.want(people);
			await Promise.all(people.map((id) => this.#client.do.findPerson(id)));
			this.#decided = items;
		} catch {
			// Without a network what was known is shown still; who is no moderator any more sees nothing.
		}
	}

	/** What is agreed to of somebody, who is in with the last that it takes. */
	approve(user: string): Promise<void> {
		this.#asking = this.#asking.filter((one) => one !== user || this.needed > 1);
		return this.#client.do.addMembers(this.#id, [user]);
	}

	async decline(user: string): Promise<void> {
		await this.#client.api.ask('DELETE', this.#at(`requests/${user}`));
		await this.#ask();
	}

	/** Whether others find it by searching; null without a network. */
	listed(): Promise<boolean | null> {
		return this.#client.api.ask<Found>('GET', `/api/groups/${this.#id}`).then(
			(found) => found.listed,
			() => null
		);
	}

	change(json: GroupChange): Promise<unknown> {
		return this.#client.api.ask('PATCH', `/api/groups/${this.#id}`, { json });
	}

	setPicture(picture: Blob | null): Promise<unknown> {
		return picture
			? this.#client.api.ask('PUT', this.#at('picture'), { body: picture })
			: this.#client.api.ask('DELETE', this.#at('picture'));
	}

	setRole(user: string, role: 'moderator' | 'member'): Promise<unknown> {
		return this.#client.api.ask('PUT', this.#moderated(`members/${user}`), { json: { role } });
	}

	/** A sealed group is left by who is named in a link that one signs. */
	async remove(user: string, sealed: boolean): Promise<void> {
		if (!sealed) return this.#client.api.ask('DELETE', this.#moderated(`members/${user}`));
		await this.#client.do.kick(this.#id, user);
		const isOut = (view: ConversationView | undefined) => !view?.members.some((member) => member.user === user);
		await until(this.#client.query.conversation(this.#id), isOut, PATIENCE);
	}

	async sanction(user: string, kind: Sanction, json: { reason?: string; until?: string }): Promise<void> {
		await this.#client.api.ask('PUT', this.#moderated(`sanctions/${user}/${kind}`), { json });
		await this.look();
	}

	async lift(user: string, kind: Sanction): Promise<void> {
		await this.#client.api.ask('DELETE', this.#moderated(`sanctions/${user}/${kind}`));
		await this.look();
	}

	#standsBelow(user: string): boolean {
		const rankOf = (id: string) => rank(this.members.find(({ person }) => person.id === id)?.role ?? '');
		return rankOf(this.#client.user) < rankOf(user);
	}

	/** Without a network nobody is asked. */
	async #ask(): Promise<void> {
		try {
			const { items } = await this.#client.api.ask<JoinRequests>('GET', this.#at('requests'));
			this.#asking = items.map(({ user }) => user.id);
			const noted = items.filter(({ request }) => request !== null);
			const notes = noted.map(async ({ user, request }) => [user.id, await this.#open(user.id, request!)] as const);
			this.#notes = Object.fromEntries(await Promise.all(notes));
		} catch {
			this.#asking = [];
		}
	}

	async #open(user: string, request: string): Promise<Note> {
		try {
			return { text: await this.#client.do.openNote(this.#id, user, request), refused: null };
		} catch (error) {
			return { text: null, refused: error instanceof Refused ? error.code : 'unreachable' };
		}
	}

	#at(what: string): string {
		return `/api/groups/${this.#id}/${what}`;
	}

	#moderated(what: string): string {
		return `/api/conversations/${this.#id}/${what}`;
	}
}

function rank(role: string): number {
	return ['owner', 'moderator'].indexOf(role) + 1 || 3;
}
