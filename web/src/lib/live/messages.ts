/** The messages of a conversation as they are heard: each by its version, in the reading order, with what is said of it. Pure. */
import { comparePlaces, placeOf } from '../replica/ordering.ts';
import type { MessageRow, ReactionChange } from '../wire/types.ts';

/** What a message says, or why it cannot be shown. */
export interface Said {
	text: string | null;
	unreadable: { code: string; sentence: string } | null;
}

/** A row of the server as of a version, and what it says; `row` null: there is nothing to show of it. */
export interface Heard {
	id: string;
	version: number;
	row: MessageRow | null;
	said: Said;
}

export interface Reacting {
	emoji: string;
	user: string;
}

/** `reactions`: the first one first. */
export interface Shown extends Heard {
	row: MessageRow;
	reactions: Reacting[];
}

/** A reaction as of a version; off: it was taken off again. */
type Felt = Reacting & { message: string; version: number; on: boolean };

export class Messages {
	private held = new Map<string, Heard>();
	/** By the id of the server's row. */
	private felt = new Map<string, Felt>();

	/** In reading order, without what is gone. */
	get shown(): Shown[] {
		const on = new Map<string, Felt[]>();
		for (const one of this.felt.values()) if (one.on) on.set(one.message, [...(on.get(one.message) ?? []), one]);
		return this.standing
			.map((one) => ({ ...one, reactions: (on.get(one.id) ?? []).sort((a, b) => a.version - b.version) }))
			.sort((one, other) => comparePlaces(placeOf(one.row), placeOf(other.row)));
	}

	/** When the next of these is over, in milliseconds; null: none ends. */
	get nextEnd(): number | null {
		const ends = this.standing.flatMap(({ row }) => endOf(row) ?? []);
		return ends.length > 0 ? Math.min(...ends) : null;
	}

	has(id: string): boolean {
		return this.held.has(id);
	}

	/** A lower version never replaces a higher one. */
	take(heard: Heard): void {
		const before = this.held.get(heard.id);
		if (!before || before.version < heard.version) this.held.set(heard.id, heard);
	}

	/** As `take`, of what may lie before all that is here: of the past nothing is shown out of its order. */
	follow(heard: Heard & { row: MessageRow }): void {
		const [first] = this.shown;
		const before = first && comparePlaces(placeOf(heard.row), placeOf(first.row)) < 0;
		if (this.held.has(heard.id) || !before) this.take(heard);
	}

	/** Its author deleted it, or its time is over at `now`: where it was seen, the one is still told. */
	gone(id: string, version: number, now: number): void {
		const before = this.held.get(id)?.row ?? null;
		const deleted = before && !isOver(before, now) ? { ...before, content: null, subject: null, deleted: true } : null;
		this.take({ id, version, row: deleted, said: NOTHING });
	}

	/** What is over at `now` goes without a word. */
	expire(now: number): void {
		for (const one of this.standing)
			if (isOver(one.row, now)) this.held.set(one.id, { ...one, row: null, said: NOTHING });
	}

	react({ id, version, deleted, data }: ReactionChange): void {
		const before = this.felt.get(id);
		if (before && before.version >= version) return;
		const what = data ? { message: data.message_group, emoji: data.emoji, user: data.user_id } : before;
		this.felt.set(id, { message: '', emoji: '', user: '', ...what, version, on: !deleted });
	}

	/**
	 * The latest page as of a version, in place of what was there of the same stretch. Where it does not meet what is here,
	 * something is missing in between, and only the page stays. Answers whether it met.
	 */
	latest(page: Heard[]): boolean {
		const met = page.some((one) => this.held.has(one.id));
		if (!met) this.clear();
		else this.forgetFrom(page);
		for (const one of page) this.held.set(one.id, one);
		return met;
	}

	clear(): void {
		this.held.clear();
		this.felt.clear();
	}

	private get standing(): (Heard & { row: MessageRow })[] {
		return [...this.held.values()].filter((one): one is Heard & { row: MessageRow } => one.row !== null);
	}

	private forgetFrom(page: Heard[]): void {
		const places = page.flatMap((one) => (one.row ? [placeOf(one.row)] : [])).sort(comparePlaces);
		const [first] = places;
		for (const { id, row } of this.held.values()) {
			if (first && row && comparePlaces(placeOf(row), first) >= 0) this.held.delete(id);
		}
	}
}

const NOTHING: Said = { text: null, unreadable: null };

function endOf(row: MessageRow): number | null {
	return row.expires_at ? Date.parse(row.expires_at) : null;
}

function isOver(row: MessageRow, now: number): boolean {
	const end = endOf(row);
	return end !== null && end <= now;
}
