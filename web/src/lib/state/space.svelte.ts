/** What is seen of a conversation that is not in the replica: the same to the timeline as one that is. */
import type { Author } from '../live/wire.ts';
import type { Space, SpaceView } from '../live/space.ts';
import type { LiveState } from '../realtime/socket.ts';
import { Live } from './live.svelte.ts';
import { itemsOf, type Shown } from './messages.ts';
import type { MessageItem, Person } from './model.ts';
import { Same } from './same.ts';

export class SpaceTimeline {
	#space: Space;
	#me: string;
	#view: Live<SpaceView>;
	#typing: Live<string[]>;
	#line: Live<LiveState>;
	#same = new Same<MessageItem>();
	#fetching = $state(false);
	/** The older ones are on the server, which did not answer. */
	cutOff = $state(false);
	/** Nobody counts what was read here. */
	readonly unreadFrom = null;
	readonly unreadAbove = false;
	readonly newer = false;
	attending = false;

	items: MessageItem[] = $derived.by(() => {
		const { messages, waiting } = this.view;
		const shown = [
			...messages.map((one) => shownOf(one, this.#me, messages)),
			...waiting.map((saying): Shown => ({ ...sayingOf(saying, messages), sender: this.#me }))
		];
		const around = { me: this.#me, members: [], unreadFrom: null, newest: true };
		return this.#same.of(itemsOf(shown, { ...around, person: (id) => this.person(id) }));
	});

	/** `me`: one's id there; empty: one only looks. */
	constructor(space: Space, me: string) {
		this.#space = space;
		this.#me = me;
		this.#view = new Live(space.view, space.view.value);
		this.#typing = new Live<string[]>(space.typing, []);
		this.#line = new Live<LiveState>(space.connection, 'connecting');
	}

	get view(): SpaceView {
		return this.#view.current;
	}

	/** What is said now is heard here; a connection that is just being made anew counts. */
	get connected(): boolean {
		return this.#line.current !== 'offline';
	}

	get ready(): boolean {
		return this.view.state !== 'opening';
	}

	get older(): 'server' | 'none' {
		return this.view.older ? 'server' : 'none';
	}

	get fetching(): boolean {
		return this.#fetching;
	}

	get typing(): Person[] {
		return this.#typing.current.filter((id) => id !== this.#me).map((id) => this.person(id));
	}

	person(id: string): Person {
		const person = personOf(id, this.view.authors.get(id), id === this.#me);
		// A guest may not open the pages of people.
		return this.#me ? person : { ...person, name: '' };
	}

	up(): void {
		void this.fetchOlder();
	}

	async fetchOlder(): Promise<void> {
		if (this.#fetching) return;
		this.#fetching = true;
		try {
			await this.#space.loadOlder();
			this.cutOff = false;
		} catch {
			this.cutOff = true;
		} finally {
			this.#fetching = false;
		}
	}

	// All that is here is seen, and nothing of it is kept.
	down(): void {}
	goTo(): void {}
	goToNewest(): void {}
	read(): void {}
}

/** What is being written there: on this page alone. */
export class SpaceDraft {
	#space: Space;
	text = $state('');
	subject = $state('');
	replyTo = $state<string | null>(null);

	constructor(space: Space) {
		this.#space = space;
	}

	write(text: string): void {
		this.text = text;
		this.#space.typed(text.trim() !== '');
	}

	writeSubject(subject: string): void {
		this.subject = subject;
	}

	reply(message: string | null): void {
		this.replyTo = message;
	}

	/** Says it: here one begins anew. */
	send(): void {
		const text = this.text.trim();
		if (!text) return;
		this.#space.say(text, this.subject.trim() || null, this.replyTo);
		this.text = this.subject = '';
		this.replyTo = null;
	}
}

function personOf(id: string, author: Author | undefined, me: boolean): Person {
	return {
		id,
		name: author?.name ?? '',
		displayName: author ? author.display_name || author.name : '…',
		about: '',
		picture: author?.picture ?? null,
		presence: 'unknown',
		me,
		verification: 'unverified',
		blocked: false,
		watched: false,
		bot: author?.bot ?? false
	};
}

const NOTHING = { reply: null, reactions: [], removed: null, expires: null, unreadable: null, refused: null };

type Row = SpaceView['messages'][number];

function shownOf({ id, row, said, reactions }: Row, me: string, all: Row[]): Shown {
	const at = Date.parse(row.inserted_at);
	return {
		...NOTHING,
		id,
		sender: row.sender,
		mine: row.sender === me,
		text: said.text,
		subject: row.subject ?? null,
		replyTo: row.reply_to ?? null,
		reply: answered(all.find((one) => one.id === row.reply_to)),
		sentAt: at,
		at,
		edited: row.rev > 0,
		deleted: row.deleted === true || Boolean(row.removed_by),
		removed: row.removed_by ? { by: row.removed_by, reason: row.removed_because ?? '' } : null,
		reactions: reactions.map((one) => ({ ...one, waiting: false })),
		expires: row.expires_at ? Date.parse(row.expires_at) : null,
		passing: row.off_the_record === true,
		waiting: false,
		unreadable: said.unreadable
	};
}

function answered(row: Row | undefined): Shown['reply'] {
	if (!row) return null;
	const deleted = row.row.deleted === true || Boolean(row.row.removed_by);
	return { id: row.id, sender: row.row.sender, text: row.said.text, deleted };
}

function sayingOf(saying: SpaceView['waiting'][number], all: Row[]): Omit<Shown, 'sender'> {
	const { id, text, subject, replyTo, at, refused } = saying;
	return {
		...NOTHING,
		id,
		mine: true,
		text,
		subject,
		replyTo,
		reply: answered(all.find((one) => one.id === replyTo)),
		sentAt: at,
		at,
		edited: false,
		deleted: false,
		passing: false,
		waiting: refused === null,
		refused: refused && { ...refused, operation: id }
	};
}
