/**
 * A conversation that is not in the replica, as it is heard now: a channel that one only looks at, the lobby, a room.
 * Nothing of it is kept in this browser.
 */
import { conversationTopic, type ConversationTopic } from '../realtime/events.ts';
import { Refusal } from '../realtime/problems.ts';
import type { LiveState } from '../realtime/socket.ts';
import { TypingBoard, OwnTyping } from '../replica/signals.ts';
import { Cell, type Watched } from '../replica/watched.ts';
import type { ConversationRow, MessageRow, Participant, UserCount } from '../wire/types.ts';
import type { Line } from './line.ts';
import { Messages, type Heard, type Said } from './messages.ts';
import { Outgoing, type Saying } from './outgoing.ts';
import type { Author, Opened, Page, Told } from './wire.ts';

/** What kinds of conversations do in their own way; `Who`: what the server tells of who writes. */
export interface Manner<Who> {
	/** Who one is where that is no account: a participant. */
	me?: string;
	/** What a join says beside the topic. */
	params(): Promise<{ token?: string; ticket?: string }>;
	/** Somebody is known from now on. */
	meet(who: Who): Author;
	/** Who wrote it is known. */
	read(row: MessageRow): Promise<Said>;
	/** The payload of `send_message`. */
	write(saying: Saying): Promise<Record<string, unknown>>;
	/** Users of whom nothing was told. */
	authors(ids: string[]): Promise<Who[]>;
	/** The page of the past that begins there. Throws `Unreachable`, `Problem`. */
	older(past: string): Promise<Page<Who>>;
}

export interface SpaceView {
	/** `refused`: one may not look; `ended`: it is over. */
	state: 'opening' | 'open' | 'refused' | 'ended';
	conversation: ConversationRow | null;
	messages: (Heard & { row: MessageRow })[];
	waiting: readonly Saying[];
	authors: ReadonlyMap<string, Author>;
	/** Who is there, in a room. */
	participants: Participant[];
	/** How many look, in the lobby. */
	counts: UserCount | null;
	/** Whether there is more of the past on the server. */
	older: boolean;
	/** Why one may not look, or how it ended. */
	reason: { code: string; sentence: string } | null;
}

const CHANGES = ['new_message', 'edit_message', 'delete_message', 'message_removed', 'message_expired'] as const;

export class Space<Who = unknown> {
	readonly view = new Cell<SpaceView>({
		state: 'opening',
		conversation: null,
		messages: [],
		waiting: [],
		authors: new Map(),
		participants: [],
		counts: null,
		older: false,
		reason: null
	});
	private readonly topic: ConversationTopic;
	private readonly messages = new Messages();
	private readonly outgoing: Outgoing;
	private readonly typingBoard = new TypingBoard();
	private readonly ownTyping: OwnTyping;
	private readonly stops: (() => void)[] = [];
	private authors = new Map<string, Author>();
	/** Where older messages go on; null: all are here. */
	private past: string | null = null;
	/** What is heard is opened and shown in the order in which it came. */
	private turn: Promise<void> = Promise.resolve();
	private closed = false;

	constructor(
		readonly id: string,
		private readonly line: Line,
		private readonly manner: Manner<Who>
	) {
		this.topic = conversationTopic(id);
		this.outgoing = new Outgoing(
			(saying) => this.send(saying),
			() => this.show({ waiting: this.outgoing.waiting })
		);
		this.ownTyping = new OwnTyping((_, on) => this.tellTyping(on));
	}

	get connection(): Watched<LiveState> {
		return this.line.live;
	}

	get typing(): Watched<string[]> {
		return this.typingBoard.of(this.id);
	}

	async open(): Promise<void> {
		this.stops.push(this.line.hold());
		this.listen();
		await this.join();
	}

	close(): void {
		this.closed = true;
		this.ownTyping.typed(this.id, false);
		this.ownTyping.stop();
		this.typingBoard.clear();
		this.line.live.leave(this.topic);
		this.stops.splice(0).forEach((stop) => stop());
	}

	// --- what one does ------------------------------------------------------------------------------------------------

	say(text: string, subject: string | null = null, replyTo: string | null = null): void {
		this.ownTyping.typed(this.id, false);
		this.outgoing.say(text, subject, replyTo);
	}

	retry(id: string): void {
		this.outgoing.retry(id);
	}

	discard(id: string): void {
		this.outgoing.forget(id);
	}

	typed(on: boolean): void {
		this.ownTyping.typed(this.id, on);
	}

	/** One more page of the past. Throws `Unreachable`, `Problem`. */
	async loadOlder(): Promise<void> {
		if (this.past === null) return;
		const page = await this.manner.older(this.past);
		await this.inTurn(async () => {
			this.past = page.page_token;
			await this.meet(page.items, Object.values(page.authors ?? {}));
			for (const row of page.items) this.messages.take(await this.heard(row, -1));
			this.showMessages();
		});
	}

	// --- the connection -----------------------------------------------------------------------------------------------

	private async join(): Promise<void> {
		const { live } = this.line;
		let params = await this.manner.params();
		if (this.closed) return;
		live.join(
			this.topic,
			() => params,
			(answer) => void this.inTurn(() => this.opened(answer as unknown as Opened<Who>)),
			(refusal, final) => {
				if (final) this.ended(refusal);
				// A token that ended is not asked for twice.
				else void this.manner.params().then((next) => (params = next));
			}
		);
	}

	private async opened({ conversation, messages, cursor, authors, users, participants }: Opened<Who>): Promise<void> {
		const known = authors ? Object.values(authors) : (users ?? []);
		await this.meet(messages.items, known);
		const page = await Promise.all(messages.items.map((row) => this.heard(row, cursor)));
		if (!this.messages.latest(page)) this.past = messages.page_token;
		this.show({ state: 'open', conversation, ...(participants ? { participants } : {}) });
		this.showMessages();
		this.outgoing.pump();
	}

	private ended({ reason, detail }: Pick<Refusal, 'reason' | 'detail'>): void {
		if (this.view.value.state === 'ended') return;
		const state = this.view.value.state === 'opening' ? 'refused' : 'ended';
		this.show({ state, reason: { code: reason, sentence: detail } });
	}

	private listen(): void {
		const { live } = this.line;
		for (const event of CHANGES)
			this.stops.push(
				live.on(this.topic, event as 'new_message', (told) => void this.inTurn(() => this.told(told as Told<Who>)))
			);
		this.stops.push(
			live.on(this.topic, 'resync', () => void this.join()),
			live.on(this.topic, 'start_typing', ({ user_id }) => this.typingBoard.set(this.id, user_id, true)),
			live.on(this.topic, 'finish_typing', ({ user_id }) => this.typingBoard.set(this.id, user_id, false)),
			live.on(this.topic, 'user_count', (counts) => this.show({ counts })),
			live.on(this.topic, 'participants', ({ participants }) => this.show({ participants })),
			live.on(this.topic, 'put_out', ({ participants }) => {
				if (this.manner.me && participants.includes(this.manner.me)) this.ended({ reason: 'banned', detail: '' });
			}),
			live.on(this.topic, 'room_ended', ({ reason }) =>
				this.show({ state: 'ended', reason: { code: reason, sentence: '' } })
			)
		);
	}

	/** Nobody waits for this, and nobody misses it. */
	private tellTyping(on: boolean): void {
		if (!this.line.live.isJoined(this.topic)) return;
		this.line.live.push(this.topic, on ? 'start_typing' : 'finish_typing', {}).catch(() => {});
	}

	private async send(saying: Saying): Promise<void> {
		const payload = await this.manner.write(saying);
		const { message, version } = await this.line.live.push(this.topic, 'send_message', payload as never);
		await this.inTurn(async () => {
			this.messages.take(await this.heard(message, version));
			this.showMessages();
		});
	}

	// --- what is heard ------------------------------------------------------------------------------------------------

	private async told({ message, version, changes, author }: Told<Who>): Promise<void> {
		const rows = (changes ?? []).filter((change) => change.kind === 'message');
		if (author) this.know([author]);
		const now = rows.flatMap((change) => (change.data ? [change.data] : []));
		await this.meet(message ? [message, ...now] : now);
		for (const { id, version: at, deleted, data } of rows)
			this.messages.take(deleted || !data ? gone(id, at) : await this.heard(data, at));
		// What is off the record has no version, and comes once.
		if (message && rows.length === 0) this.messages.take(await this.heard(message, version ?? 0));
		if (message) this.typingBoard.set(this.id, message.sender, false);
		this.showMessages();
	}

	private async heard(row: MessageRow, version: number): Promise<Heard> {
		return { id: row.message_group, version, row, said: await this.manner.read(row) };
	}

	private know(who: Who[]): void {
		for (const one of who) {
			const author = this.manner.meet(one);
			this.authors.set(author.id, author);
		}
	}

	private async meet(rows: MessageRow[], told: Who[] = []): Promise<void> {
		this.know(told);
		const named = rows.flatMap((row) => [row.sender, ...(row.removed_by ? [row.removed_by] : [])]);
		const unknown = [...new Set(named)].filter((id) => !this.authors.has(id));
		if (unknown.length > 0) this.know(await this.manner.authors(unknown));
	}

	private showMessages(): void {
		for (const { id } of this.outgoing.waiting) if (this.messages.has(id)) this.outgoing.forget(id);
		this.show({ messages: this.messages.shown, authors: new Map(this.authors), older: this.past !== null });
	}

	private inTurn(what: () => Promise<void>): Promise<void> {
		const done = this.turn.then(() => (this.closed ? undefined : what()));
		this.turn = done.catch(() => {});
		return done;
	}

	private show(change: Partial<SpaceView>): void {
		this.view.set({ ...this.view.value, ...change });
	}
}

function gone(id: string, version: number): Heard {
	return { id, version, row: null, said: { text: null, unreadable: null } };
}
