/** What is true only now, and kept nowhere: who is there, and who types. */
import type { PresenceDiff, PresenceEntry } from '../wire/types.ts';
import type { MessageView, Presence } from './client.ts';
import { Cell, type Watched } from './watched.ts';

/** Milliseconds: who is said to type is believed so long without hearing it again. */
const TYPING_LASTS = 8_000;

type Metas = PresenceEntry['metas'];

export class PresenceBoard {
	readonly shown = new Cell<ReadonlyMap<string, Presence>>(new Map());
	private readonly present = new Map<string, Metas>();

	/** The whole, after a join. */
	state(all: Record<string, PresenceEntry>): void {
		this.present.clear();
		for (const [user, { metas }] of Object.entries(all)) this.present.set(user, metas);
		this.show();
	}

	diff({ joins, leaves }: PresenceDiff): void {
		for (const [user, { metas }] of Object.entries(joins)) {
			const news = new Set(metas.map((meta) => meta.phx_ref));
			const kept = (this.present.get(user) ?? []).filter((meta) => !news.has(meta.phx_ref));
			this.present.set(user, [...kept, ...metas]);
		}
		for (const [user, { metas }] of Object.entries(leaves)) {
			const gone = new Set(metas.map((meta) => meta.phx_ref));
			const kept = (this.present.get(user) ?? []).filter((meta) => !gone.has(meta.phx_ref));
			if (kept.length) this.present.set(user, kept);
			else this.present.delete(user);
		}
		this.show();
	}

	private show(): void {
		const shown = [...this.present].map(([user, metas]): [string, Presence] => {
			return [user, metas.some((meta) => meta.status === 'online') ? 'online' : 'idle'];
		});
		this.shown.set(new Map(shown));
	}
}

/** What is said off the record, by conversation: here for as long as the page is. */
export class PassingBoard {
	readonly shown = new Cell<ReadonlyMap<string, MessageView[]>>(new Map());

	put(view: MessageView): void {
		const before = this.shown.value.get(view.conversation) ?? [];
		if (before.some((one) => one.id === view.id)) return;
		this.shown.set(new Map(this.shown.value).set(view.conversation, [...before, view]));
	}
}

export class TypingBoard {
	readonly shown = new Cell<ReadonlyMap<string, string[]>>(new Map());
	private readonly ends = new Map<string, ReturnType<typeof setTimeout>>();

	set(conversation: string, user: string, on: boolean): void {
		const key = `${conversation} ${user}`;
		clearTimeout(this.ends.get(key));
		this.ends.delete(key);
		if (on)
			this.ends.set(
				key,
				setTimeout(() => this.set(conversation, user, false), TYPING_LASTS)
			);
		const before = this.shown.value.get(conversation) ?? [];
		if (before.includes(user) === on) return;
		const users = on ? [...before, user] : before.filter((one) => one !== user);
		const next = new Map(this.shown.value);
		if (users.length) next.set(conversation, users);
		else next.delete(conversation);
		this.shown.set(next);
	}

	of(conversation: string): Watched<string[]> {
		return {
			subscribe: (next) => {
				let last: string[] | undefined;
				return this.shown.subscribe((all) => {
					const now = all.get(conversation) ?? NOBODY;
					if (now !== last) next((last = now));
				});
			}
		};
	}

	/** Nothing is heard any more. */
	clear(): void {
		for (const timer of this.ends.values()) clearTimeout(timer);
		this.ends.clear();
		this.shown.set(new Map());
	}
}

const NOBODY: string[] = [];

/** How often the server is told that one still types, and after which silence that one stopped; milliseconds. */
const AGAIN = 5_000;
const STOPPED = 5_000;

/** Milliseconds without a sign of anybody: they are away. */
export const IDLE_AFTER = 5 * 60_000;

/** Whether one is there: away after a while in which no tab saw a sign of it. */
export class OwnStatus {
	status: Presence = 'online';
	private timer: ReturnType<typeof setTimeout> | undefined;

	constructor(private readonly tell: (status: Presence) => void) {}

	/** Somebody did something. */
	active(): void {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.is('idle'), IDLE_AFTER);
		(this.timer as { unref?: () => void }).unref?.();
		this.is('online');
	}

	stop(): void {
		clearTimeout(this.timer);
	}

	private is(status: Presence): void {
		if (status === this.status) return;
		this.status = status;
		this.tell(status);
	}
}

/** One's own typing: told at the first keystroke and then now and then, ended by itself. */
export class OwnTyping {
	private told = new Map<string, number>();
	private readonly ends = new Map<string, ReturnType<typeof setTimeout>>();

	constructor(private readonly tell: (conversation: string, on: boolean) => void) {}

	typed(conversation: string, on: boolean): void {
		clearTimeout(this.ends.get(conversation));
		if (!on) {
			if (this.told.delete(conversation)) this.tell(conversation, false);
			return;
		}
		this.ends.set(
			conversation,
			setTimeout(() => this.typed(conversation, false), STOPPED)
		);
		const last = this.told.get(conversation) ?? -Infinity;
		if (Date.now() - last < AGAIN) return;
		this.told.set(conversation, Date.now());
		this.tell(conversation, true);
	}

	stop(): void {
		for (const timer of this.ends.values()) clearTimeout(timer);
	}
}
