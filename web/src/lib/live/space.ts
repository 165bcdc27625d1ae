/**
 * A conversation that is not in the replica, as it is heard now: a channel that one only looks at, the lobby, a room.
 * Nothing of it is kept in this browser.
 */
import {
	CONVERSATION_CHANGES,
	conversationTopic,
	type ConversationTopic,
	type EventOf,
	type PayloadOf
} from '../realtime/events.ts';
import { Refusal, Silence, Unreachable } from '../realtime/problems.ts';
import type { LiveState } from '../realtime/socket.ts';
import { deleted, reacted, written, type Answer } from '../replica/answers.ts';
import { TypingBoard, OwnTyping } from '../replica/signals.ts';
import { Stream } from '../replica/stream.ts';
import { Cell, type Watched } from '../replica/watched.ts';
import type { ConversationRow, MessageRow, Participant, UserCount } from '../wire/types.ts';
import { Ends } from './ends.ts';
import type { Line } from './line.ts';
import { Messages, type Heard, type Said, type Shown } from './messages.ts';
import { Outgoing, type Saying } from './outgoing.ts';
import type { Author, Change, Opened, Page, Pulled, Told } from './wire.ts';

/** What kinds of conversations do in their own way; `Who`: what the server tells of who writes. */
export interface Manner<Who> {
	/** Who one is where that is no account: a participant. */
	me?: string;
	/** The server tells what changed since a version; else each join begins with the latest page. */
	resumes: boolean;
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
	messages: Shown[];
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
	/** What is heard is opened and shown in the order of its versions. */
	private readonly stream: Stream<Change>;
	private epoch: string | null = null;
	private readonly ends = new Ends(() => {
		this.messages.expire(Date.now());
		this.showMessages();
	});
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
		this.stream = new Stream<Change>(-1, {
			apply: (changes) => this.apply(changes),
			pull: () => this.pull(),
			failed: (error) => this.failed(error)
		});
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
		this.stream.stop();
		this.ends.stop();
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

	/** Another text of one's own message. Throws `Refusal`; `Silence` where nobody knows whether it was done. */
	async edit(id: string, text: string): Promise<void> {
		const answer = await this.ask('edit_message', { message_group_id: id, content: text });
		await this.take([written(answer)]);
	}

	/** Takes back one's own message. Throws as `edit`. */
	async remove(id: string): Promise<void> {
		await this.take([deleted(await this.ask('delete_message', { message_group_id: id }))]);
	}

	/** Puts an emoji on a message, or takes one's own off. Throws as `edit`. */
	async react(id: string, emoji: string, on: boolean): Promise<void> {
		const answer = await this.ask(on ? 'react' : 'unreact', { message_group_id: id, emoji });
		await this.take(reacted(answer));
	}

	typed(on: boolean): void {
		this.ownTyping.typed(this.id, on);
	}

	/** One more page of the past. Throws `Unreachable`, `Problem`. */
	async loadOlder(): Promise<void> {
		if (this.past === null) return;
		const page = await this.manner.older(this.past);
		await this.stream.run(async () => {
			this.past = page.page_token;
			await this.meet(page.items, page.reactions ?? [], Object.values(page.authors ?? {}));
			for (const row of page.items) this.messages.take(await this.heard(row, -1));
			this.feel(page.reactions ?? []);
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
			() => ({ ...params, ...this.resumption }),
			(answer) => void this.stream.run(() => this.opened(answer as unknown as Opened<Who>)),
			(refusal, final) => {
				if (refusal.reason === 'cursor_expired') this.epoch = null;
				if (final) this.ended(refusal);
				// A token that ended is not asked for twice.
				else void this.manner.params().then((next) => (params = next));
			}
		);
	}

	/** From where on it is to be told what changed; nothing: anew. */
	private get resumption(): { cursor?: number; epoch?: string } {
		return this.manner.resumes && this.epoch !== null ? { cursor: this.stream.cursor, epoch: this.epoch } : {};
	}

	private async opened(answer: Opened<Who>): Promise<void> {
		const { conversation, cursor, epoch, authors, users, participants, changes } = answer;
		this.show({ conversation, ...(participants ? { participants } : {}) });
		this.know(authors ? Object.values(authors) : (users ?? []));
		if (changes) await this.apply(changes);
		else await this.begin(answer.messages, cursor);
		this.epoch = epoch;
		this.stream.cursor = cursor;
		if (answer.more) this.stream.cursor = await this.pull();
		this.show({ state: 'open' });
		this.outgoing.pump();
	}

	/** With the latest page; where the server tells changes, a page comes only when what is here is of no use any more. */
	private async begin(page: Page<Who>, cursor: number): Promise<void> {
		await this.meet(page.items, page.reactions ?? []);
		const heard = await Promise.all(page.items.map((row) => this.heard(row, cursor)));
		if (this.manner.resumes) this.messages.clear();
		if (!this.messages.latest(heard)) this.past = page.page_token;
		this.feel(page.reactions ?? []);
		this.showMessages();
	}

	private async pull(): Promise<number> {
		let { cursor } = this.stream;
		for (let more = cursor >= 0; more;) {
			const asked = { cursor, ...(this.epoch ? { epoch: this.epoch } : {}) };
			const page = (await this.line.live.push(this.topic, 'sync', asked)) as unknown as Pulled<Who>;
			this.know(Object.values(page.authors ?? {}));
			await this.apply(page.changes);
			({ cursor, more } = page);
		}
		return cursor;
	}

	private ended({ reason, detail }: Pick<Refusal, 'reason' | 'detail'>): void {
		if (this.view.value.state === 'ended') return;
		const state = this.view.value.state === 'opening' ? 'refused' : 'ended';
		this.show({ state, reason: { code: reason, sentence: detail } });
	}

	private listen(): void {
		const { live } = this.line;
		for (const event of CONVERSATION_CHANGES)
			this.stops.push(live.on(this.topic, event, (told) => this.told(told as unknown as Told<Who>)));
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
		const answer = await this.ask('send_message', (await this.manner.write(saying)) as never);
		await this.take([written(answer)]);
	}

	private async ask<E extends EventOf<ConversationTopic>>(
		event: E,
		payload: PayloadOf<ConversationTopic, E>
	): Promise<Answer> {
		return (await this.line.live.push(this.topic, event, payload)) as unknown as Answer;
	}

	/** What a lost connection explains is made up for by the next join; anything else is a mistake to be seen. */
	private failed(error: unknown): void {
		if (this.closed || error instanceof Silence || error instanceof Unreachable || error instanceof Refusal) return;
		queueMicrotask(() => {
			throw error;
		});
	}

	// --- what is heard ------------------------------------------------------------------------------------------------

	private told({ message, version, changes, author }: Told<Who>): void {
		if (author) this.know([author]);
		if (message) this.typingBoard.set(this.id, message.sender, false);
		if (version === undefined) void this.stream.run(() => this.pass(message!));
		else if (this.manner.resumes) this.stream.heard(version, changes ?? []);
		else void this.take(changes ?? []);
	}

	/** What is off the record has no version, and comes once. */
	private async pass(message: MessageRow): Promise<void> {
		await this.meet([message]);
		this.messages.take(await this.heard(message, 0));
		this.showMessages();
	}

	private take(changes: Change[]): Promise<void> {
		return this.stream.run(() => this.apply(changes));
	}

	private async apply(changes: Change[]): Promise<void> {
		const messages = changes.filter((change) => change.kind === 'message');
		await this.meet(
			messages.flatMap(({ data }) => data ?? []),
			changes
		);
		for (const { id, version, deleted, data } of messages) {
			if (deleted || !data) this.messages.gone(id, version, Date.now());
			else if (this.past === null) this.messages.take(await this.heard(data, version));
			else this.messages.follow({ ...(await this.heard(data, version)), row: data });
		}
		for (const change of changes) if (change.kind === 'conversation') this.show({ conversation: change.data });
		this.feel(changes);
		this.showMessages();
	}

	private feel(changes: Change[]): void {
		for (const change of changes) if (change.kind === 'reaction') this.messages.react(change);
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

	private async meet(rows: MessageRow[], changes: Change[] = [], told: Who[] = []): Promise<void> {
		this.know(told);
		const writing = rows.flatMap((row) => [row.sender, ...(row.removed_by ? [row.removed_by] : [])]);
		const reacting = changes.flatMap((change) => (change.kind === 'reaction' && change.data?.user_id) || []);
		const named = [...writing, ...reacting];
		const unknown = [...new Set(named)].filter((id) => !this.authors.has(id));
		if (unknown.length > 0) this.know(await this.manner.authors(unknown));
	}

	private showMessages(): void {
		for (const { id } of this.outgoing.waiting) if (this.messages.has(id)) this.outgoing.forget(id);
		this.ends.wait(this.messages.nextEnd);
		this.show({ messages: this.messages.shown, authors: new Map(this.authors), older: this.past !== null });
	}

	private show(change: Partial<SpaceView>): void {
		this.view.set({ ...this.view.value, ...change });
	}
}
