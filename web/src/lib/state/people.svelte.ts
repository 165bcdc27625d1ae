/** People as pages show them: profile, presence, and what is believed of their identity. One query for all. */
import type { Client, PersonView, Presence } from '../replica/client';
import type { ChoiceRow } from '../replica/schema';
import type { OwnUser } from '../wire/types';
import { Live } from './live.svelte';
import type { Person } from './model';
import { aside, choicesOf, nobody, personOf, personsOf, stranger } from './persons';

export class People {
	#client: Client;
	#presence: Live<ReadonlyMap<string, Presence>>;
	#rows: Live<ChoiceRow[]>;
	#own: Live<OwnUser | undefined>;
	#views = $state.raw<PersonView[]>([]);
	#wanted: string[] = [];
	#stop: (() => void) | null = null;
	#asking = false;
	#choices = $derived.by(() => choicesOf(this.#rows.current));
	#people = $derived.by(() =>
		personsOf(this.#views, {
			me: this.#client.user,
			there: this.#presence.current,
			hidden: this.#own.current?.hidden ?? false,
			choices: this.#choices
		})
	);

	constructor(client: Client) {
		this.#client = client;
		this.#presence = new Live<ReadonlyMap<string, Presence>>(client.presence, nobody);
		this.#rows = new Live<ChoiceRow[]>(client.query.choices(), []);
		this.#own = new Live<OwnUser | undefined>(client.query.me(), undefined);
		this.want([client.user]);
	}

	/** From now on these are known too, as far as the replica has them. Call it where rows arrive, not where they are drawn. */
	want(ids: Iterable<string>): void {
		const more = [...ids].filter((id, at, all) => !this.#wanted.includes(id) && all.indexOf(id) === at);
		if (more.length === 0) return;
		this.#wanted = [...this.#wanted, ...more];
		if (this.#asking) return;
		this.#asking = true;
		queueMicrotask(() => {
			this.#asking = false;
			this.#ask();
		});
	}

	/** Someone who is not known yet has no name for a moment. */
	of(id: string): Person {
		return this.#people.get(id) ?? stranger(id, id === this.#client.user);
	}

	/** Whether one does not want to be told what comes in this conversation. */
	mutes(conversation: string): boolean {
		return this.#choices.has(`mute ${conversation}`);
	}

	/** Whom one wants to hear of when they come. */
	watched = $derived.by(() => this.#rows.current.filter((row) => row.kind === 'watch').map((row) => row.about));

	get me(): Person {
		return this.of(this.#client.user);
	}

	/** Everyone who was wanted so far, by name: whom one talks to. */
	get known(): Person[] {
		const all = [...this.#people.values()].filter((person) => !person.me);
		return all.sort((one, other) => one.displayName.localeCompare(other.displayName));
	}

	/** Whom the server finds by a name or handle; throws without a network. */
	async search(text: string): Promise<Person[]> {
		const rows = await this.#client.do.searchPeople(text);
		this.want(rows.map((row) => row.id));
		return rows.map(
			(row) => this.#people.get(row.id) ?? personOf({ ...row, known: null }, { ...aside, me: this.#client.user })
		);
	}

	#ask(): void {
		const before = this.#stop;
		this.#stop = this.#client.query.people(this.#wanted).subscribe((views) => (this.#views = views));
		before?.();
	}
}
