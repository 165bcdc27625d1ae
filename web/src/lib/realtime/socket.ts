// The live connection: Phoenix's own client, with reconnecting in our hands.
//
// Phoenix's client reconnects by itself, but with the token that it was given, never while the page is hidden (this tab
// may be the one that syncs for all others), and without telling why. So its reconnecting is switched off: when
// a connection ends, `Live` waits, asks for a token, and connects again. Joined topics rejoin by themselves.

import { Socket, type Channel } from 'phoenix';
import { backOff } from './backoff.ts';
import type { AnswerOf, EventOf, JoinedOf, PayloadOf, PushedOf, PushOf, Topic } from './events.ts';
import { Refusal, Silence } from './problems.ts';
import type { Tokens } from './tokens.ts';

/** `offline`: tries again by itself; `needs_sign_in`: waits for `start`. */
export type LiveState = 'connecting' | 'live' | 'offline' | 'needs_sign_in';

export interface LiveOptions {
	/** As `wss://chat.example/socket`. */
	url: string;
	tokens: Tokens;
	/** A number from 0 to below 1. */
	random?: () => number;
}

/** `token` signs in who came as a guest, `ticket` lets into a room. */
type Params = { cursor?: number | null; epoch?: string | null; token?: string; ticket?: string };
type Listener = (payload: never) => void;

interface Joined {
	channel: Channel;
	refused: (refusal: Refusal, ended: boolean) => void;
	pending: Set<(reason: Error) => void>;
	waiting: Set<{ go: () => void; fail: (reason: Error) => void }>;
}

const TOKEN_ENDED = 4001;
// Milliseconds: a connection that lived this long was a good one, and the next back-off begins anew; how long a
// handshake, an answer, and the echo of a socket that may be dead are waited for.
const SETTLED = 5_000;
const HANDSHAKE = 10_000;
const PATIENCE = 10_000;
const ECHO = 4_000;
const NEVER = 2 ** 31 - 1;
/** Browsers do not tell a refused handshake from a server that is not there; after so many the token is doubted. */
const DOUBTED_AFTER = 2;
/** Joining again would be refused again. */
const FINAL = ['not_member', 'not_found', 'forbidden', 'banned', 'unmatched topic', 'token_of_another', 'not_served'];

export class Live {
	readonly #socket: Socket;
	readonly #tokens: Tokens;
	readonly #random: () => number;
	readonly #watchers = new Set<(state: LiveState) => void>();
	readonly #topics = new Map<Topic, Joined>();
	/** By topic and event, joined or not. */
	readonly #listeners = new Map<string, Set<Listener>>();

	#state: LiveState = 'connecting';
	#running = false;
	/** Whether Phoenix was told to connect and has not failed since: what it says later is of the past. */
	#dialled = false;
	#attempt = 0;
	#tries = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#handshake: ReturnType<typeof setTimeout> | undefined;
	#token: string | null = null;
	/** The token that ended with the last connection. */
	#rejected: string | null = null;
	/** When the connection was made; null: there is none. */
	#since: number | null = null;
	/** Handshakes that failed since the last connection. */
	#failed = 0;

	constructor({ url, tokens, random = Math.random }: LiveOptions) {
		this.#tokens = tokens;
		this.#random = random;
		this.#socket = new Socket(url, {
			// As a subprotocol, so that no address in a log holds it. Phoenix takes a function too, its types do not say so.
			authToken: (() => this.#token ?? '') as unknown as string,
			timeout: PATIENCE,
			rejoinAfterMs: (tries) => 500 + backOff(tries, this.#random),
			// Asked when Phoenix is about to reconnect by itself, also after a heartbeat without answer. Where a close event
			// follows, it comes first, for it has the code.
			reconnectAfterMs: () => {
				queueMicrotask(() => this.#lost(null));
				return NEVER;
			}
		});
		this.#socket.onOpen(() => this.#opened());
		this.#socket.onClose((event) => this.#lost((event as CloseEvent | undefined)?.code ?? null));
	}

	// --- the connection -----------------------------------------------------------------------------------------

	get state(): LiveState {
		return this.#state;
	}

	/** Calls `watch` with the state now and at every change; answers how to stop that. */
	subscribe(watch: (state: LiveState) => void): () => void {
		this.#watchers.add(watch);
		watch(this.#state);
		return () => this.#watchers.delete(watch);
	}

	/** Connect and stay connected; also after `needs_sign_in`, once there is a sign-in. */
	start(): void {
		if (this.#running) return;
		this.#running = true;
		this.#tries = 0;
		this.#rejected = null;
		this.#become('connecting');
		void this.#connect();
	}

	/** Disconnect and stay so. Pushes without an answer end in `Silence`. */
	stop(): void {
		this.#hangUp();
		this.#become('offline');
	}

	/** The network is back, or somebody looks at the page: try now, and see whether what looks alive is. */
	wake(): void {
		if (this.#timer !== undefined) {
			this.#tries = 0;
			this.#again(0);
		} else if (this.#since !== null) this.#listen(this.#since);
	}

	// --- topics -------------------------------------------------------------------------------------------------

	/**
	 * Join now, and again whenever the connection was lost; `onJoined` hears the answer of every join. `params` is asked
	 * at each. A refusal that would come again ends it (`ended` is true then), and so does the server's closing of the topic
	 * (`closed`); after any other refusal it is tried again.
	 */
	join<T extends Topic>(
		topic: T,
		params: () => Params,
		onJoined: (answer: JoinedOf<T>) => void,
		onRefused: (refusal: Refusal, ended: boolean) => void = () => {}
	): void {
		this.leave(topic);
		const channel = this.#socket.channel(topic, params);
		const joined: Joined = { channel, refused: onRefused, pending: new Set(), waiting: new Set() };
		this.#topics.set(topic, joined);
		channel.onMessage = (event: string, payload: unknown) => this.#heard(topic, joined, event, payload);
		channel
			.join()
			.receive('ok', (answer: JoinedOf<T>) => {
				if (this.#topics.get(topic) !== joined) return;
				onJoined(answer);
				for (const waiter of joined.waiting) waiter.go();
			})
			.receive('error', (response: Record<string, unknown>) => {
				const refusal = new Refusal(response);
				const ended = FINAL.includes(refusal.reason);
				if (ended) this.#forget(topic, joined, refusal);
				onRefused(refusal, ended);
			});
	}

	leave(topic: Topic): void {
		const joined = this.#topics.get(topic);
		if (joined) this.#forget(topic, joined, new Silence(topic, 'phx_leave'));
	}

	/** Whether the topic is joined over a live connection. */
	isJoined(topic: Topic): boolean {
		return this.#socket.isConnected() && this.#topics.get(topic)?.channel.state === 'joined';
	}

	/**
	 * Ask the server, once the topic is joined. Throws `Refusal`; or `Silence` when there is no answer in time
	 * (milliseconds), at once when the connection goes after it was sent.
	 */
	async push<T extends Topic, E extends EventOf<T>>(
		topic: T,
		event: E,
		payload: PayloadOf<T, E>,
		{ timeout = PATIENCE }: { timeout?: number } = {}
	): Promise<AnswerOf<T, E>> {
		const joined = this.#topics.get(topic);
		if (!joined) throw new Refusal({ reason: 'unmatched topic', detail: 'The topic was not joined.' });
		const until = Date.now() + timeout;
		if (!this.isJoined(topic)) await untilJoined(joined, timeout, () => new Silence(topic, event));
		return new Promise((resolve, reject) => {
			const fail = (reason: Error) => {
				joined.pending.delete(fail);
				reject(reason);
			};
			joined.pending.add(fail);
			joined.channel
				.push(event, payload as object, Math.max(1, until - Date.now()))
				.receive('ok', (answer: AnswerOf<T, E>) => {
					joined.pending.delete(fail);
					resolve(answer);
				})
				.receive('error', (response: Record<string, unknown>) => fail(new Refusal(response)))
				.receive('timeout', () => fail(new Silence(topic, event)));
		});
	}

	/** Calls `listen` with every push of this event, joined or not yet; answers how to stop that. */
	on<T extends Topic, E extends PushOf<T>>(topic: T, event: E, listen: (payload: PushedOf<T, E>) => void): () => void {
		const name = listened(topic, event);
		const listeners = this.#listeners.get(name) ?? new Set();
		this.#listeners.set(name, listeners.add(listen as Listener));
		return () => {
			listeners.delete(listen as Listener);
			if (listeners.size === 0) this.#listeners.delete(name);
		};
	}

	// --- how the connection is kept -------------------------------------------------------------------------------

	async #connect(): Promise<void> {
		const attempt = ++this.#attempt;
		let token: string | null;
		try {
			token = await this.#nextToken();
		} catch {
			if (attempt === this.#attempt) this.#retry();
			return;
		}
		if (attempt !== this.#attempt) return;
		if (token === null) {
			this.#hangUp();
			this.#become('needs_sign_in');
			return;
		}
		this.#token = token;
		this.#rejected = null;
		this.#dialled = true;
		this.#handshake = setTimeout(() => this.#lost(null), HANDSHAKE);
		this.#socket.connect();
	}

	async #nextToken(): Promise<string | null> {
		if (this.#token !== null && this.#failed >= DOUBTED_AFTER && (await this.#tokens.isRefused(this.#token))) {
			this.#rejected = this.#token;
		}
		return this.#rejected === null ? this.#tokens.token() : this.#tokens.renew(this.#rejected);
	}

	#opened(): void {
		clearTimeout(this.#handshake);
		this.#since = Date.now();
		this.#failed = 0;
		this.#become('live');
	}

	/** The connection ended, or could not be made; heard of in more than one way. */
	#lost(code: number | null): void {
		if (!this.#dialled) return;
		this.#dialled = false;
		const since = this.#since;
		this.#since = null;
		clearTimeout(this.#handshake);
		// Else Phoenix would come back on its own account, with the old token.
		this.#socket.disconnect();
		if (since === null) this.#failed++;
		else if (Date.now() - since >= SETTLED) this.#tries = 0;
		if (since === null) this.#retry();
		else {
			this.#become('connecting');
			if (code === TOKEN_ENDED) this.#rejected = this.#token;
			this.#again(code === TOKEN_ENDED ? 0 : backOff(this.#tries++, this.#random));
		}
	}

	#retry(): void {
		this.#become('offline');
		this.#again(backOff(this.#tries++, this.#random));
	}

	#again(wait: number): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => {
			this.#timer = undefined;
			void this.#connect();
		}, wait);
	}

	/** After a sleep a socket looks open whose other end is long gone. */
	#listen(since: number): void {
		let heard = false;
		this.#socket.ping(() => (heard = true));
		setTimeout(() => {
			if (!heard && this.#since === since) this.#lost(null);
		}, ECHO);
	}

	#hangUp(): void {
		this.#running = false;
		this.#dialled = false;
		this.#attempt++;
		clearTimeout(this.#timer);
		clearTimeout(this.#handshake);
		this.#timer = undefined;
		this.#since = null;
		this.#socket.disconnect();
	}

	#become(state: LiveState): void {
		if (state === this.#state) return;
		this.#state = state;
		for (const watch of this.#watchers) watch(state);
	}

	// --- what is heard --------------------------------------------------------------------------------------------

	/** Phoenix shows every message of a channel here first; it wants the payload back. */
	#heard(topic: Topic, joined: Joined, event: string, payload: unknown): unknown {
		if (this.#topics.get(topic) !== joined) return payload;
		if (event === 'phx_error') silence(joined, new Silence(topic, 'push'));
		else if (event === 'phx_close') {
			const refusal = new Refusal({ reason: 'closed', detail: 'The server closed this.' });
			this.#forget(topic, joined, refusal);
			joined.refused(refusal, true);
		}
		for (const listen of [...(this.#listeners.get(listened(topic, event)) ?? [])]) call(listen, payload);
		return payload;
	}

	#forget(topic: Topic, joined: Joined, reason: Error): void {
		this.#topics.delete(topic);
		silence(joined, reason);
		for (const waiter of joined.waiting) waiter.fail(reason);
		if (joined.channel.state !== 'closed') joined.channel.leave();
	}
}

/** What was sent and not answered ends: nobody knows whether it was done. */
function silence(joined: Joined, reason: Error): void {
	for (const fail of [...joined.pending]) fail(reason);
}

function untilJoined(joined: Joined, timeout: number, late: () => Error): Promise<void> {
	return new Promise((resolve, reject) => {
		const end = (then: () => void) => {
			clearTimeout(timer);
			joined.waiting.delete(waiter);
			then();
		};
		const waiter = { go: () => end(resolve), fail: (reason: Error) => end(() => reject(reason)) };
		const timer = setTimeout(() => waiter.fail(late()), timeout);
		joined.waiting.add(waiter);
	});
}

/** One listener's mistake is not another's, nor the connection's. */
function call(listen: Listener, payload: unknown): void {
	try {
		listen(payload as never);
	} catch (error) {
		queueMicrotask(() => {
			throw error;
		});
	}
}

const listened = (topic: string, event: string): string => `${topic} ${event}`;
