/**
 * What is seen of one conversation: a window of its messages that moves as one scrolls, so that a hundred thousand of
 * them cost as much as a hundred. One query for the whole window.
 */
import type { Anchor, MessageView, WindowView, Written } from '../replica/client';
import { v7 } from '../replica/ids';
import type { MemberRow } from '../replica/schema';
import type { Chat } from './chat.svelte';
import { Live } from './live.svelte';
import { itemsOf, nothing, withPassing, type Shown } from './messages';
import type { MessageItem, Person } from './model';
import { Same } from './same';

/** How many messages are held on each side of where one looks; what stays at the last ones is twice that. */
const SIDE = 40;
/** How many are read at first: what fits on a screen, so that it is there at once. The others follow. */
const SCREEN = 24;
/** Milliseconds after which what was said just now is shown only if the replica has it. */
const SOON = 5000;

export class Timeline {
	#chat: Chat;
	#window = $state.raw<WindowView | null>(null);
	#members = $state.raw<MemberRow[]>([]);
	/** Said here just now, and not yet read from the replica: one sees it in the frame in which one pressed Enter. */
	#coming = $state.raw<Shown[]>([]);
	#same = new Same<MessageItem>();
	#anchor: Anchor = 'newest';
	#narrow = true;
	#closed = false;
	#stop: (() => void) | null = null;
	#stopMembers: () => void;
	#fetching = $state(false);
	#typing: Live<string[]>;
	#passing: Live<ReadonlyMap<string, MessageView[]>>;
	/** The older ones are on the server, which did not answer. */
	cutOff = $state(false);
	/** Where the unread ones began when one came, or when one last looked away. */
	unreadFrom = $state<string | null>(null);
	/** Whether the reader sees the newest messages: what comes now is read at once. */
	attending = false;

	items: MessageItem[] = $derived.by(() => {
		if (!this.#window) return [];
		const coming = this.#window.newer ? [] : this.#coming;
		const passing = this.#passing.current.get(this.conversation) ?? [];
		const items = itemsOf(withPassing([...this.#window.messages, ...coming], passing, this.#window), {
			me: this.#chat.client.user,
			members: this.#members,
			unreadFrom: this.unreadFrom,
			newest: !this.#window.newer,
			person: (id) => this.#chat.people.of(id)
		});
		return this.#same.of(items);
	});

	constructor(
		chat: Chat,
		readonly conversation: string
	) {
		this.#chat = chat;
		this.#typing = new Live(chat.client.typing(conversation), []);
		this.#passing = new Live<ReadonlyMap<string, MessageView[]>>(chat.client.passing, nothing);
		this.#begin();
		this.#stopMembers = chat.client.query.conversation(conversation).subscribe((view) => {
			this.#members = view?.members ?? [];
		});
	}

	/** Whether the replica was read. */
	get ready(): boolean {
		return this.#window !== null;
	}

	get older(): WindowView['older'] {
		return this.#window?.older ?? 'none';
	}

	/** Whether there are newer messages than those of the window. */
	get newer(): boolean {
		return this.#window?.newer ?? false;
	}

	get fetching(): boolean {
		return this.#fetching;
	}

	get typing(): Person[] {
		const ids = this.#typing.current.filter((id) => id !== this.#chat.client.user);
		return ids.map((id) => this.#chat.people.of(id));
	}

	/** The first unread message lies above the window. */
	get unreadAbove(): boolean {
		return this.unreadFrom !== null && this.ready && !holds(this.#window!, this.unreadFrom);
	}

	/** The reader comes to the upper end: more of the past, from here or from the server. `at`: in the middle of it all. */
	async up(at: string): Promise<void> {
		if (this.#narrow) return;
		if (this.older === 'here' && this.#anchorId !== at) this.#look({ around: at });
		if (this.older === 'server') await this.fetchOlder();
	}

	/** The reader comes to the lower end of a window that is not the last. */
	down(at: string): void {
		if (this.newer && this.#anchorId !== at) this.#look({ around: at });
	}

	/** One more page of the past from the server. */
	async fetchOlder(): Promise<void> {
		if (this.#fetching) return;
		this.#fetching = true;
		try {
			await this.#chat.client.do.loadOlder(this.conversation);
			this.cutOff = false;
		} catch {
			this.cutOff = true;
		} finally {
			this.#fetching = false;
		}
	}

	/** Shows the part around this message, if this browser has it. */
	goTo(message: string): void {
		this.#look({ around: message });
	}

	goToNewest(): void {
		this.#look('newest');
	}

	/** Says it: seen at once, and kept as soon as this browser has stored it. Throws when it cannot. */
	async say({ text, subject, replyTo, expiresIn }: Written & { expiresIn?: number }): Promise<void> {
		const id = v7();
		this.#coming = [...this.#coming, this.#shownAs(id, { text, subject, replyTo })];
		const forget = () => (this.#coming = this.#coming.filter((one) => one.id !== id));
		try {
			await this.#chat.client.do.send(this.conversation, text, { subject, replyTo, id, expiresIn });
			setTimeout(forget, SOON);
		} catch (error) {
			forget();
			throw error;
		}
	}

	#shownAs(id: string, { text, subject, replyTo }: Written): Shown {
		const now = Date.now();
		const target = this.#window?.messages.find((one) => one.id === replyTo);
		return {
			id,
			sender: this.#chat.client.user,
			mine: true,
			text,
			subject: subject || null,
			replyTo,
			reply: target ? { id: target.id, sender: target.sender, text: target.text, deleted: target.deleted } : null,
			sentAt: now,
			at: now,
			edited: false,
			deleted: false,
			removed: null,
			expires: null,
			passing: false,
			reactions: [],
			waiting: true,
			refused: null,
			unreadable: null
		};
	}

	/** All is seen: nothing is marked as unread any more, here and on every device. */
	async read(): Promise<void> {
		if (this.#window?.firstUnread) await this.#chat.client.do.markRead(this.conversation);
	}

	/** What was unread when one came is no longer set apart. */
	forgetUnread(): void {
		this.unreadFrom = null;
	}

	close(): void {
		this.#closed = true;
		if (this.#window) this.#chat.lastSeen.keep(this.conversation, this.#window, SCREEN);
		this.#stop?.();
		this.#stopMembers();
		void this.#chat.client.do.close(this.conversation);
	}

	/** With what one saw here before, if nothing unread has come since; else with what the replica has. */
	#begin(): void {
		const unread = this.#chat.conversations.byId(this.conversation)?.unread ?? 0;
		const before = unread === 0 ? this.#chat.lastSeen.of(this.conversation) : null;
		if (!before) return this.#look('newest');
		this.#window = before;
		afterPaint(() => this.#settle());
	}

	/** The first screen is painted: what is around it is read, and what changes the replica, and so reads again, is done. */
	#settle(): void {
		if (this.#closed) return;
		this.#narrow = false;
		this.#look(this.#anchor);
		void this.#chat.client.do.open(this.conversation);
	}

	get #anchorId(): string | null {
		return this.#anchor === 'newest' ? null : this.#anchor.around;
	}

	#look(anchor: Anchor): void {
		this.#anchor = anchor;
		const before = this.#stop;
		const [older, later] = anchor !== 'newest' ? [SIDE, SIDE] : [this.#narrow ? SCREEN : 2 * SIDE, 0];
		const watched = this.#chat.client.query.window(this.conversation, anchor, older, later);
		this.#stop = watched.subscribe((view) => this.#show(view, anchor));
		before?.();
	}

	#show(view: WindowView, anchor: Anchor): void {
		if (anchor !== this.#anchor) return;
		this.#chat.people.want(usersOf(view.messages));
		if (view.firstUnread && !this.unreadFrom && !this.attending) this.unreadFrom = view.firstUnread;
		// One begins to read where one stopped, however long ago that was.
		if (!this.#window && view.firstUnread && !holds(view, view.firstUnread)) {
			this.#look({ around: view.firstUnread });
			return;
		}
		if (!this.#window) afterPaint(() => this.#settle());
		this.#window = view;
		if (this.#coming.length > 0) this.#coming = this.#coming.filter((one) => !holds(view, one.id));
		// At the end of what is here the window follows what is said next.
		if (anchor !== 'newest' && !view.newer && this.attending) this.#look('newest');
	}
}

/** A page that nobody sees is not painted, and does not wait for it. */
function afterPaint(work: () => void): void {
	if (document.visibilityState === 'hidden') setTimeout(work);
	else requestAnimationFrame(() => setTimeout(work));
}

function holds(view: WindowView, message: string): boolean {
	return view.messages.some((one) => one.id === message);
}

function usersOf(messages: MessageView[]): string[] {
	const others = messages.flatMap((one) => [
		one.reply?.sender,
		one.removed?.by,
		...one.reactions.map((reaction) => reaction.user)
	]);
	return [...messages.map((one) => one.sender), ...others.filter((id) => id !== undefined)];
}
