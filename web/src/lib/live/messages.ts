/** The messages of a conversation as they are heard: each by its version, in the reading order. Pure. */
import { comparePlaces, placeOf } from '../replica/ordering.ts';
import type { Place } from '../replica/schema.ts';
import type { MessageRow } from '../wire/types.ts';

/** What a message says, or why it cannot be shown. */
export interface Said {
	text: string | null;
	unreadable: { code: string; sentence: string } | null;
}

/** A row of the server as of a version, and what it says; `row` null: it is gone. */
export interface Heard {
	id: string;
	version: number;
	row: MessageRow | null;
	said: Said;
}

export class Messages {
	private held = new Map<string, Heard>();

	/** In reading order, without what is gone. */
	get shown(): (Heard & { row: MessageRow })[] {
		const rows = [...this.held.values()].filter((one): one is Heard & { row: MessageRow } => one.row !== null);
		const places = new Map<string, Place>(rows.map((one) => [one.id, placeOf(one.row)]));
		return rows.sort((one, other) => comparePlaces(places.get(one.id)!, places.get(other.id)!));
	}

	has(id: string): boolean {
		return this.held.has(id);
	}

	/** A lower version never replaces a higher one. */
	take(heard: Heard): void {
		const before = this.held.get(heard.id);
		if (!before || before.version < heard.version) this.held.set(heard.id, heard);
	}

	/**
	 * The latest page as of a version, in place of what was there of the same stretch. Where it does not meet what is here,
	 * something is missing in between, and only the page stays. Answers whether it met.
	 */
	latest(page: Heard[]): boolean {
		const met = page.some((one) => this.held.has(one.id));
		if (!met) this.held.clear();
		else this.forgetFrom(page);
		for (const one of page) this.held.set(one.id, one);
		return met;
	}

	private forgetFrom(page: Heard[]): void {
		const places = page.flatMap((one) => (one.row ? [placeOf(one.row)] : [])).sort(comparePlaces);
		const [first] = places;
		for (const { id, row } of this.held.values()) {
			if (first && row && comparePlaces(placeOf(row), first) >= 0) this.held.delete(id);
		}
	}
}
