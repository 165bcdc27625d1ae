/** Builds the client of an account that is open: it shows at once what is here, and syncs as soon as it may. */
import { liveQuery } from 'dexie';
import { Problem, Refusal, Unreachable } from '../realtime/problems.ts';
import { Live } from '../realtime/socket.ts';
import type { Account } from './accounts.ts';
import { actionsOf, type Leading } from './actions.ts';
import { Bodies } from './bodies.ts';
import type { Client, LiveState, Presence } from './client.ts';
import type { Crypto } from './crypto.ts';
import { Engine } from './engine.ts';
import { Expiry } from './expiry.ts';
import { Intake } from './intake.ts';
import { queriesOf } from './queries.ts';
import { Sender } from './sender.ts';
import { OwnTyping } from './signals.ts';
import { Tabs, type Asking, type Locks, type Word } from './tabs.ts';
import { Trust } from './trust.ts';
import { Cell } from './watched.ts';

export interface ClientOptions {
	/** Which tab talks to the server; those of this browser when absent. */
	locks?: Locks;
	/** How soon a lost connection is tried again: a number from 0 to below 1. */
	random?: () => number;
}

/** `crypto` is unlocked for this account. */
export function openClient(account: Account, crypto: Crypto, options: ClientOptions = {}): Client {
	return new OpenClient(account, crypto, options);
}

/** Milliseconds that a tab waits for the one that leads. */
const PATIENCE = 20_000;

class OpenClient implements Client {
	readonly user: string;
	readonly api: Client['api'];
	readonly tokens: Client['tokens'];
	readonly live = new Cell<LiveState>({ connection: 'syncing', waiting: 0, leading: false });
	readonly query;
	readonly do;
	private readonly engine: Engine;
	private readonly sender: Sender;
	private readonly tabs: Tabs;
	private readonly ownTyping: OwnTyping;
	private readonly stops: (() => void)[] = [];
	private readonly asked = new Map<string, (answer: Extract<Word, { say: 'answer' }>) => void>();
	private leading = false;
	private closed = false;

	constructor(account: Account, crypto: Crypto, options: ClientOptions) {
		const { user: me, device, deviceKey, replica, session, api } = account;
		this.user = me;
		this.api = api;
		this.tokens = session;
		const bodies = new Bodies(deviceKey, me);
		const trust = new Trust(replica, crypto, api);
		const intake = new Intake(replica, me, crypto, trust, bodies);
		const live = new Live({
			url: socketAddress(api.origin),
			tokens: session,
			...(options.random ? { random: options.random } : {})
		});
		this.engine = new Engine(replica, me, live, api, intake);
		this.sender = new Sender({ replica, me, device, bodies, crypto, trust, intake, live, api, engine: this.engine });
		this.ownTyping = new OwnTyping((conversation, on) => this.engine.tellTyping(conversation, on));
		this.query = queriesOf(replica, me, bodies);
		this.do = actionsOf({ replica, me, device, bodies, api, crypto, trust, intake, leading: this.followed() });
		this.tabs = new Tabs(`hubbub-sync-${replica.name}`, options.locks ?? navigator.locks);
		this.tabs.start(
			() => this.lead(),
			(word) => this.hear(word)
		);
		const counting = liveQuery(() => replica.outbox.where('state').equals('waiting').count());
		const waiting = counting.subscribe({ next: (count) => this.show({ waiting: count }), error: () => {} });
		this.stops.push(() => waiting.unsubscribe());
		const expiry = new Expiry(replica, me);
		expiry.start();
		this.stops.push(() => expiry.stop());
		this.tabs.say({ say: 'tell' });
	}

	get presence() {
		return this.engine.presence.shown;
	}

	get knocks() {
		return this.engine.knocks;
	}

	get passing() {
		return this.engine.passing.shown;
	}

	typing(conversation: string) {
		return this.engine.typing.of(conversation);
	}

	async close(): Promise<void> {
		if (this.closed) return;
		this.closed = true;
		this.stops.splice(0).forEach((stop) => stop());
		this.ownTyping.stop();
		this.sender.stop();
		if (this.leading) this.engine.stop();
		this.tabs.stop();
	}

	// --- leading ------------------------------------------------------------------------------------------------------

	private async lead(): Promise<void> {
		if (this.closed) return;
		this.leading = true;
		this.show({ leading: true });
		await this.engine.start();
		this.sender.start();
		this.stops.push(
			this.engine.connection.subscribe((connection) => this.show({ connection })),
			this.engine.connection.subscribe(() => this.tell()),
			this.engine.presence.shown.subscribe(() => this.tell()),
			this.engine.typing.shown.subscribe(() => this.tell()),
			this.engine.passing.shown.subscribe(() => this.tell())
		);
	}

	/** What the other tabs show, too. */
	private tell(): void {
		this.tabs.say({
			say: 'now',
			connection: this.engine.connection.value,
			presence: [...this.engine.presence.shown.value],
			typing: [...this.engine.typing.shown.value],
			passing: [...this.engine.passing.shown.value]
		});
	}

	private show(change: Partial<LiveState>): void {
		this.live.set({ ...this.live.value, ...change });
	}

	// --- between tabs -------------------------------------------------------------------------------------------------

	/** What the leading tab does itself and another one asks it for. */
	private followed(): Leading {
		return {
			opened: async (conversation) => {
				if (this.leading) await this.engine.opened(conversation);
				else this.tabs.say({ say: 'opened', conversation });
			},
			closed: (conversation) => {
				if (this.leading) this.engine.closed(conversation);
				else this.tabs.say({ say: 'closed', conversation });
			},
			typing: (conversation, on) => {
				if (this.leading) this.ownTyping.typed(conversation, on);
				else this.tabs.say({ say: 'typing', conversation, on });
			},
			loadOlder: (conversation) =>
				this.leading ? this.engine.loadOlder(conversation) : this.ask({ say: 'older', conversation }),
			pass: async (conversation, body) => {
				if (this.leading) await this.sender.pass(conversation, body);
				else await this.ask({ say: 'pass', conversation, body });
			},
			wake: () => {
				if (this.leading) this.wake();
				else this.tabs.say({ say: 'wake' });
			},
			active: () => {
				if (this.leading) this.engine.status.active();
				else this.tabs.say({ say: 'active' });
			}
		};
	}

	private wake(): void {
		this.engine.wake();
		this.sender.wake();
	}

	private ask(what: Asking): Promise<boolean> {
		const asked = crypto.randomUUID();
		return new Promise<boolean>((resolve, reject) => {
			const timer = setTimeout(() => reject(new Unreachable()), PATIENCE);
			this.asked.set(asked, ({ more, failed }) => {
				clearTimeout(timer);
				if (failed) reject(new Problem(failed, 0, ''));
				else if (more === undefined) reject(new Unreachable());
				else resolve(more);
			});
			this.tabs.say({ ...what, asked });
		}).finally(() => this.asked.delete(asked));
	}

	/** Do what another tab asks for, and answer it. */
	private async answer(word: Asking & { asked: string }): Promise<void> {
		const { asked, conversation } = word;
		try {
			const done =
				word.say === 'older' ? this.engine.loadOlder(conversation) : this.sender.pass(conversation, word.body);
			this.tabs.say({ say: 'answer', asked, more: (await done) ?? true });
		} catch (error) {
			const failed = error instanceof Refusal ? { failed: error.reason } : {};
			this.tabs.say({ say: 'answer', asked, ...failed });
		}
	}

	private hear(word: Word): void {
		if (word.say === 'now') this.hearNow(word);
		else if (word.say === 'answer') this.asked.get(word.asked)?.(word);
		else if (this.leading) this.serve(word);
	}

	private hearNow(word: Extract<Word, { say: 'now' }>): void {
		if (this.leading) return;
		this.show({ connection: word.connection as LiveState['connection'] });
		this.engine.presence.shown.set(new Map(word.presence as [string, Presence][]));
		this.engine.typing.shown.set(new Map(word.typing));
		for (const [, views] of word.passing) views.forEach((view) => this.engine.passing.put(view));
	}

	private serve(word: Exclude<Word, { say: 'now' | 'answer' }>): void {
		switch (word.say) {
			case 'tell':
				return this.tell();
			case 'wake':
				return this.wake();
			case 'active':
				return this.engine.status.active();
			case 'typing':
				return this.ownTyping.typed(word.conversation, word.on);
			case 'opened':
				return void this.engine.opened(word.conversation);
			case 'closed':
				return this.engine.closed(word.conversation);
			case 'older':
			case 'pass':
				return void this.answer(word);
		}
	}
}

function socketAddress(origin: string): string {
	return `${(origin || location.origin).replace(/^http/, 'ws')}/socket`;
}
