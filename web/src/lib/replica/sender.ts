/**
 * Sends what the outbox holds: each conversation's operations in order, conversations side by side. Each is sent until
 * it is answered, the same bytes after silence; what the server took is written with its answer, what it refused for
 * good is undone, with the reason (protocol, 3).
 */
import { liveQuery } from 'dexie';
import { Refused, type JsonObject, type Link, type TextBody } from '../crypto/types.ts';
import { backOff } from '../realtime/backoff.ts';
import { conversationTopic, type Topic } from '../realtime/events.ts';
import type { Api } from '../realtime/http.ts';
import { Problem, Refusal, Silence, Unreachable } from '../realtime/problems.ts';
import type { Live } from '../realtime/socket.ts';
import type { SendMessage } from '../wire/types.ts';
import { deleted, reacted, written, type Answer } from './answers.ts';
import { lastOf, settle } from './apply.ts';
import type { ProfileChange } from './client.ts';
import type { Engine } from './engine.ts';
import { v7 } from './ids.ts';
import type { Intake } from './intake.ts';
import { OF_CONVERSATION, type Operation } from './operations.ts';
import { nextPlace } from './ordering.ts';
import { enqueue, move } from './outbox.ts';
import { Renewal } from './renewal.ts';
import { Hopeless, Requests, type Maker, type Request } from './requests.ts';
import { FIRST, LAST, type Box, type ConversationRow, type OutboxRow, type Trouble } from './schema.ts';

/** So often an operation is made anew after a refusal that a newer state explains. */
const TRIES = 5;
const STALE = ['stale_members', 'stale_revision', 'index_ahead', 'index_behind', 'invalid_link'];
/** Refusals of the moment: the same again, later. */
const LATER = ['rate_limited', 'unavailable', 'storage_full', 'unmatched topic'];
const SIGN_IN = ['unauthorized', 'invalid_token', 'expired_token', 'token_of_another'];
const SHARED_AT_ONCE = 200;
const EXPECTED = [Silence, Unreachable, Refusal, Problem, Refused, Hopeless];

/** `leave`: done, and where it belongs may be another lane now. */
type Verdict = 'next' | 'leave' | 'again' | 'stop';

export interface SenderParts extends Maker {
	live: Live;
	api: Api;
	engine: Engine;
	intake: Intake;
}

export class Sender {
	private readonly requests: Requests;
	private readonly renewal: Renewal;
	private readonly lanes = new Set<string>();
	private readonly stops: (() => void)[] = [];
	private timer: ReturnType<typeof setTimeout> | undefined;
	private failures = 0;
	private running = false;

	constructor(private readonly by: SenderParts) {
		this.requests = new Requests(by);
		this.renewal = new Renewal(by);
	}

	start(): void {
		this.running = true;
		this.by.engine.stood = (conversation) => void this.renew(conversation);
		const waiting = liveQuery(() => this.by.replica.outbox.where('state').equals('waiting').primaryKeys());
		const watching = waiting.subscribe({ next: () => this.pump(), error: () => {} });
		this.stops.push(
			() => watching.unsubscribe(),
			this.by.live.subscribe((state) => {
				if (state === 'live') this.pump();
			})
		);
	}

	stop(): void {
		this.running = false;
		this.stops.splice(0).forEach((stop) => stop());
		clearTimeout(this.timer);
	}

	/** Look again at what waits, and for whom. */
	wake(): void {
		this.pump();
		if (!this.running || this.by.live.state !== 'live') return;
		void this.renewal.behind().then((ids) => ids.forEach((id) => void this.renew(id)), this.lost);
	}

	/** Members under keys of theirs that are new; then what waited for that may go. */
	private async renew(conversation: string): Promise<void> {
		try {
			if (this.running && (await this.renewal.of(conversation)) === null) this.pump();
		} catch (error) {
			// What cannot be now is looked at again before the next message.
			if (!EXPECTED.some((kind) => error instanceof kind)) this.lost(error);
		}
	}

	/** Send what waits, where it is not being done already. */
	pump(): void {
		if (!this.running || this.by.live.state !== 'live') return;
		void this.waiting().then((rows) => {
			for (const lane of new Set(rows.map(laneOf))) void this.drain(lane);
		}, this.lost);
	}

	private waiting(): Promise<OutboxRow[]> {
		return this.by.replica.outbox.where('state').equals('waiting').sortBy('seq');
	}

	private async drain(lane: string): Promise<void> {
		if (this.lanes.has(lane)) return;
		this.lanes.add(lane);
		let sent = 0;
		try {
			for (const row of (await this.waiting()).filter((one) => laneOf(one) === lane)) {
				if (!this.running || (await this.isBlocked(row))) return;
				const verdict = await this.send(row);
				if (verdict === 'stop') return;
				sent++;
				if (verdict === 'leave') return;
			}
		} catch (error) {
			this.lost(error);
		} finally {
			this.lanes.delete(lane);
			// What was written while this was sending.
			if (sent > 0) this.pump();
		}
	}

	/** Where the conversation was never begun, nothing can be said in it. */
	private async isBlocked(row: OutboxRow): Promise<boolean> {
		if (row.conversation === null) return false;
		const conversation = await this.by.replica.conversations.get(row.conversation);
		return conversation?.pending === true && !row.what.startsWith('start_');
	}

	private async send(row: OutboxRow): Promise<Verdict> {
		const operation = await this.by.bodies.open<Operation>(row.operation);
		for (let verdict: Verdict = 'again'; ;) {
			const now = await this.by.replica.outbox.get(row.seq);
			if (!now || now.state !== 'waiting') return 'next';
			try {
				const request = now.request ? await this.by.bodies.open<Request>(now.request) : await this.made(now, operation);
				if (request === null) await this.nothing(now);
				else await this.taken(now, operation, await this.deliver(now, request));
				this.failures = 0;
				return operation.do.startsWith('start_') ? 'leave' : 'next';
			} catch (error) {
				verdict = await this.failed(now, operation, error);
			}
			if (verdict !== 'again') return verdict;
		}
	}

	/** A request, kept before it is sent: after silence the same bytes go again. */
	private async made(row: OutboxRow, operation: Operation): Promise<Request | null> {
		if (row.conversation !== null && !operation.do.startsWith('start_')) await this.by.engine.ready(row.conversation);
		const request = await this.requests.make(row, operation);
		if (request === null) return null;
		const kept = await this.keep(row, await this.by.bodies.seal(request));
		return this.by.bodies.open<Request>(kept);
	}

	/** The request that counts: another tab that led until now may have kept one in this moment. */
	private keep(row: OutboxRow, request: Box): Promise<Box> {
		const { outbox } = this.by.replica;
		return this.by.replica.transaction('rw', outbox, async () => {
			const now = await outbox.get(row.seq);
			if (!this.running) throw new Silence('outbox', row.what);
			if (now?.request) return now.request;
			await outbox.update(row.seq, { request });
			return request;
		});
	}

	private async deliver(row: OutboxRow, request: Request): Promise<Answer> {
		if (request.topic === null) {
			return (await this.by.api.changeProfile({ ...request.profile, op_id: row.id })) as unknown as Answer;
		}
		if (row.conversation !== null && !row.what.startsWith('start_')) await this.by.engine.ready(row.conversation);
		const push = this.by.live.push.bind(this.by.live) as (
			topic: Topic,
			event: string,
			payload: object
		) => Promise<unknown>;
		return (await push(request.topic as Topic, request.event, request.payload)) as Answer;
	}

	/** Say something off the record: to who is here now, and kept nowhere, so that what cannot be sent now is thrown back. */
	async pass(id: string, body: TextBody): Promise<void> {
		const { engine, replica, live } = this.by;
		if (!this.running || live.state !== 'live') throw new Unreachable();
		await engine.ready(id);
		for (let tries = 0; ; tries++) {
			const request = await this.passing((await replica.conversations.get(id))!, body);
			try {
				const { message } = await live.push(conversationTopic(id), 'send_message', request as SendMessage);
				return await engine.passed(id, message);
			} catch (error) {
				if (!(error instanceof Refusal) || !STALE.includes(error.reason) || tries >= TRIES) throw error;
				await this.catchUp(id, error.reason, error.response);
			}
		}
	}

	private async passing(conversation: ConversationRow, body: TextBody): Promise<Record<string, unknown>> {
		const { replica, me, device } = this.by;
		const last = (await lastOf(replica, conversation.id))?.place ?? null;
		const id = v7();
		const message = { id, place: nextPlace(last, conversation.top_index, me, device, id) };
		const request = await this.requests.said(conversation, message, body, Date.now(), { off_the_record: true });
		return request!.payload;
	}

	// --- taken ----------------------------------------------------------------------------------------------------------

	private async taken(row: OutboxRow, operation: Operation, answer: Answer): Promise<void> {
		const { intake, replica } = this.by;
		const id = row.conversation;
		if (operation.do === 'profile') return this.changedProfile(row, operation.change);
		if (id === null) return this.nothing(row);
		switch (operation.do) {
			case 'send':
			case 'edit':
				return intake.rows(id, [written(answer)], { taken: row });
			case 'delete':
				return intake.rows(id, [deleted(answer)], { taken: row });
			case 'react':
				return intake.rows(id, reacted(answer), { taken: row });
			case 'rename':
			case 'last':
				return intake.write({ conversation: id, wire: answer.conversation as never, taken: row });
			case 'read':
				return intake.write({ conversation: id, readTimes: { [this.by.me]: String(answer.read_at) }, taken: row });
			case 'start_private':
			case 'start_group': {
				const begun = String(answer.conversation_id);
				if (begun !== id) await move(replica, id, begun);
				else await replica.conversations.update(id, { pending: false, refused: null });
				await this.nothing(row);
				await this.by.engine.ready(begun);
				if (begun !== id) await this.placeAnew(begun);
				return;
			}
			case 'add': {
				const shared = operation.shareHistory ? await this.sharing(id, operation.users) : [];
				// Before the operation goes: better shared twice than not at all.
				for (const one of shared) await enqueue(this.by, { what: one, conversation: id });
				return this.nothing(row);
			}
			default:
				return this.nothing(row);
		}
	}

	/** Shown as one's own until the server's row comes. */
	private async changedProfile(row: OutboxRow, change: ProfileChange | null): Promise<void> {
		const { facts, outbox } = this.by.replica;
		await this.by.replica.transaction('rw', facts, outbox, async () => {
			const own = await facts.get('me');
			if (own && change) await facts.put({ name: 'me', value: { ...(own.value as object), ...change } });
			if (change) await outbox.delete(row.seq);
			const others = outbox
				.where('state')
				.equals('waiting')
				.filter((one) => one.what === 'profile');
			if ((await others.count()) === 0) await facts.delete('me change');
		});
	}

	/** What of the past goes to newcomers, the latest first. */
	private async sharing(id: string, users: string[]): Promise<Operation[]> {
		const ids: string[] = [];
		await this.by.replica.messages
			.where('[conversation+place]')
			.between([id, FIRST], [id, LAST])
			.reverse()
			.each((row) => {
				if (row.sealed && row.copy && !row.deleted) ids.push(row.id);
			});
		const operations: Operation[] = [];
		for (let at = 0; at < ids.length; at += SHARED_AT_ONCE) {
			operations.push({ do: 'share', users, messages: ids.slice(at, at + SHARED_AT_ONCE) });
		}
		return operations;
	}

	private async nothing(row: OutboxRow): Promise<void> {
		const { replica } = this.by;
		await replica.transaction('rw', replica.outbox, replica.messages, replica.reactions, () => settle(replica, row));
	}

	// --- not taken --------------------------------------------------------------------------------------------------------

	private async failed(row: OutboxRow, operation: Operation, error: unknown): Promise<Verdict> {
		if (error instanceof Silence || error instanceof Unreachable) return this.later();
		if (error instanceof Hopeless) return this.refuse(row, operation, error);
		if (error instanceof Refused) {
			if (error.code !== 'identity_changed' || row.conversation === null) return this.refuse(row, operation, error);
			return this.changed(row, operation, row.conversation, error);
		}
		const code = error instanceof Refusal ? error.reason : error instanceof Problem ? error.code : null;
		if (code === null) throw error;
		if (LATER.includes(code)) return this.later();
		if (SIGN_IN.includes(code)) return 'stop';
		const trouble = { code, sentence: (error as Refusal | Problem).detail };
		if (code === 'internal' && row.tries < TRIES) return this.retry(row, this.later());
		if (!STALE.includes(code) || row.tries >= TRIES || !(error instanceof Refusal)) {
			return this.refuse(row, operation, trouble);
		}
		await this.catchUp(row.conversation!, code, error.response);
		return this.retry(row, 'again');
	}

	/** Somebody started anew: they are added again and it goes on, or it waits. */
	private async changed(row: OutboxRow, operation: Operation, id: string, error: Refused): Promise<Verdict> {
		let trouble: Trouble | null = { code: error.code, sentence: error.sentence };
		try {
			if (row.tries < TRIES) trouble = await this.renewal.of(id);
		} catch (other) {
			if (!(other instanceof Refused)) return this.failed(row, operation, other);
		}
		if (trouble === null) return this.retry(row, 'again');
		await this.by.replica.conversations.update(id, { held: trouble });
		return 'stop';
	}

	/** The operation is made anew next time. */
	private async retry(row: OutboxRow, verdict: Verdict): Promise<Verdict> {
		await this.by.replica.outbox.update(row.seq, { request: null, tries: row.tries + 1 });
		return verdict;
	}

	private later(): Verdict {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.pump(), 200 + backOff(this.failures++));
		return 'stop';
	}

	/** Take in what the refusal says of the state that was not known here. */
	private async catchUp(id: string, code: string, said: Record<string, unknown>): Promise<void> {
		const { engine, intake, trust, replica } = this.by;
		if (code === 'stale_members' && Array.isArray(said.links)) {
			const conversation = await replica.conversations.get(id);
			const chain = await trust.follow(id, said.links as Link[]);
			const version = conversation?.cursor ?? 0;
			const keys = Object.entries(said.public_keys as Record<string, JsonObject>);
			await intake.write({
				conversation: id,
				chain,
				keys: keys.map(([user, jwk]) => ({ user, version, jwk }))
			});
			return;
		}
		await (await engine.follow(id))?.stream.pull();
		if (code.startsWith('index_') && typeof said.top_index === 'number') await this.placeAnew(id, said.top_index);
	}

	/** New places for what waits in a conversation, after everything that the server has. `top`: its highest index. */
	private async placeAnew(id: string, top?: number): Promise<void> {
		const { replica, me, device } = this.by;
		await replica.transaction('rw', replica.messages, replica.conversations, async () => {
			top ??= (await replica.conversations.get(id))?.top_index ?? 0;
			const all = replica.messages.where('[conversation+place]').between([id, FIRST], [id, LAST]);
			const known = await all
				.clone()
				.reverse()
				.filter((row) => row.version >= 0)
				.first();
			let last = known && known.place[0] <= top ? known.place : null;
			for (const row of await all.filter((one) => one.version < 0).toArray()) {
				last = nextPlace(last, top, me, device, row.id);
				await replica.messages.update([id, row.id], { place: last });
			}
			await replica.conversations.update(id, { top_index: top });
		});
	}

	/** For good: it is undone, and the reason stays until the person tries again or gives it up. */
	private async refuse(row: OutboxRow, operation: Operation, { code, sentence }: Trouble): Promise<Verdict> {
		const { replica, engine } = this.by;
		const trouble = { code, sentence };
		const refused = { ...trouble, operation: row.id };
		const { outbox, messages, conversations, reactions } = replica;
		await replica.transaction('rw', outbox, messages, conversations, reactions, async () => {
			await outbox.update(row.seq, { state: 'refused', refused: trouble });
			const { conversation: id, message } = row;
			if (id === null) return;
			if (message !== null) await this.undo(id, message, refused);
			if (OF_CONVERSATION.includes(row.what)) await conversations.update(id, { refused });
			if (operation.do === 'rename') await conversations.update(id, { alias: operation.before });
		});
		if (operation.do === 'profile') await this.changedProfile(row, null);
		if (row.conversation !== null && !OF_CONVERSATION.includes(row.what)) {
			void (await engine.follow(row.conversation))?.stream.pull();
		}
		return 'next';
	}

	private async undo(id: string, message: string, refused: Trouble & { operation: string }): Promise<void> {
		const { messages, reactions } = this.by.replica;
		const row = await messages.get([id, message]);
		if (row) {
			const change = row.change?.operation === refused.operation ? null : row.change;
			await messages.put({ ...row, change, waiting: false, refused });
		}
		await reactions
			.where('[conversation+message]')
			.equals([id, message])
			.filter((one) => one.change?.operation === refused.operation)
			.modify({ change: null });
		// The envelope of a reaction is no message: nothing of it stays.
		const envelope = await messages.get([id, refused.operation]);
		if (envelope && envelope.version < 0 && envelope.shown === 0) await messages.delete([id, envelope.id]);
	}

	private readonly lost = (error: unknown): void => {
		if (!this.running) return;
		this.later();
		queueMicrotask(() => {
			throw error;
		});
	};
}

function laneOf(row: OutboxRow): string {
	return row.conversation ?? '';
}
