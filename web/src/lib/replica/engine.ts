/** The sync engine of the one tab that talks to the server: it keeps the replica as the server says. */
import { CONVERSATION_CHANGES, SYSTEM, conversationTopic, userTopic, type PushOf } from '../realtime/events.ts';
import type { Api } from '../realtime/http.ts';
import { Refusal, Silence, Unreachable } from '../realtime/problems.ts';
import type { Live, LiveState as Connection } from '../realtime/socket.ts';
import type { MessageRow } from '../wire/types.ts';
import type { Knock, LiveState } from './client.ts';
import { Following } from './following.ts';
import type { Change, Intake } from './intake.ts';
import { OwnStream, type OwnChange } from './own_stream.ts';
import { newConversation, passingView, personRow } from './rows.ts';
import type { ConversationRow, Replica } from './schema.ts';
import { OwnStatus, PassingBoard, PresenceBoard, TypingBoard } from './signals.ts';
import { Cell } from './watched.ts';

/** So many conversations stay joined; the others are joined when they are behind, and left again. */
const JOINED = 50;
/** More of them where something is said elsewhere, or written. */
const SPARE = 20;
const HEADS_EVERY = 60_000;
/** A timer that is so late slept with the computer. */
const [TICK, SLEPT] = [5_000, 15_000];

const OWN_EVENTS: readonly PushOf<`user:${string}`>[] = [
	'new_conversation',
	'conversation_removed',
	'new_message',
	'edit_message',
	'copies_shared',
	'message_expired',
	'message_removed',
	'react',
	'unreact',
	'version',
	'settings',
	'read_mark',
	'choice',
	'private_keys'
];

/** What pushes of changes have in common. */
interface Told {
	conversation_id?: string;
	conversation?: { id: string };
	message?: MessageRow & { off_the_record?: boolean };
	version?: number;
	user_version?: number;
	changes?: unknown[];
}

export class Engine {
	readonly connection = new Cell<LiveState['connection']>('offline');
	readonly presence = new PresenceBoard();
	readonly typing = new TypingBoard();
	readonly passing = new PassingBoard();
	readonly knocks = new Cell<Knock | null>(null);
	readonly status = new OwnStatus(() => this.tellStatus());
	readonly own: OwnStream;
	/** Called where keys or links of members may be others than before. */
	stood: (conversation: string) => void = () => {};
	private readonly following = new Map<string, Following>();
	private readonly unlisten = new Map<string, () => void>();
	private readonly stops: (() => void)[] = [];
	private readonly open = new Set<string>();
	private attending: Promise<void> = Promise.resolve();
	private running = false;

	constructor(
		private readonly replica: Replica,
		private readonly me: string,
		private readonly live: Live,
		private readonly api: Api,
		private readonly intake: Intake
	) {
		intake.left = (users) => void this.lookAgain(users).catch(() => {}); // another time, when there is a network
		this.own = new OwnStream(replica, me, live, intake, {
			heads: (heads) => this.heard(heads),
			listed: (id) => this.listed(id),
			removed: (id) => this.removed(id),
			failed: (error) => this.failed(error)
		});
	}

	async start(): Promise<void> {
		this.running = true;
		this.status.active();
		this.stops.push(this.live.subscribe((state) => this.connected(state)));
		this.listenToSystem();
		this.listenToOwn();
		await this.own.start();
		this.stops.push(this.everyMinute(), this.watchTheClock());
		this.live.start();
	}

	stop(): void {
		this.running = false;
		this.stops.splice(0).forEach((stop) => stop());
		for (const id of [...this.following.keys()]) this.unfollow(id);
		this.own.stop();
		this.live.leave(SYSTEM);
		this.typing.clear();
		this.status.stop();
		this.live.stop();
	}

	/** Do not wait: ask where everything stands, or connect. */
	wake(): void {
		if (!this.running) return;
		// Somebody may have signed in again since.
		if (this.live.state === 'needs_sign_in') this.live.start();
		this.live.wake();
		if (this.live.state === 'live') void this.own.ask();
	}

	// --- conversations ------------------------------------------------------------------------------------------------

	/** It is on a screen: it stays joined. */
	async opened(id: string): Promise<void> {
		this.open.add(id);
		await this.replica.conversations.update(id, { opened: Date.now() });
		await this.follow(id);
	}

	closed(id: string): void {
		this.open.delete(id);
	}

	/** Listen to a conversation; undefined where there is nothing to listen to. */
	async follow(id: string): Promise<Following | undefined> {
		const row = await this.replica.conversations.get(id);
		const running = this.following.get(id);
		if (running || !this.running || row?.pending || row?.left) return running;
		const following = new Following(row ?? unknown(id), {
			live: this.live,
			api: this.api,
			intake: this.intake,
			epoch: () => this.own.epoch,
			meet: (users) => void this.meet(users).catch(() => {}),
			stood: (conversation) => this.stood(conversation),
			failed: (error) => this.failed(error)
		});
		this.makeRoom();
		this.following.set(id, following);
		this.unlisten.set(id, this.listenTo(id));
		following.join(() => this.unfollow(id));
		return following;
	}

	/** Joined, and up to date as of joining. Throws `Refusal` where one may not join. */
	async ready(id: string): Promise<void> {
		const following = await this.follow(id);
		if (!this.running) throw new Silence(conversationTopic(id), 'phx_join');
		if (!following) throw new Refusal({ reason: 'not_member', detail: 'You are not in this conversation any more.' });
		await following.ready;
	}

	/** One more page of the past; whether there is more. */
	async loadOlder(id: string): Promise<boolean> {
		const row = await this.replica.conversations.get(id);
		if (!row || row.older === null) return false;
		const asOf = this.following.get(id)?.stream.cursor ?? row.cursor;
		const asked = { conversation_id: id, ...(row.older ? { page_token: row.older } : {}) };
		const page = await this.api.messages(asked);
		await this.intake.page(id, page, Math.max(asOf, 0));
		return page.page_token !== null;
	}

	tellTyping(id: string, on: boolean): void {
		const topic = conversationTopic(id);
		if (!this.live.isJoined(topic)) return;
		// Nobody waits for this, and nobody misses it.
		this.live.push(topic, on ? 'start_typing' : 'finish_typing', {}).catch(() => {});
	}

	private tellStatus(): void {
		if (this.live.isJoined(SYSTEM))
			this.live.push(SYSTEM, 'set_status', { status: this.status.status }).catch(() => {});
	}

	/** What was joined longest ago and is on no screen goes, when there are too many. */
	private makeRoom(): void {
		for (const id of this.following.keys()) {
			if (this.following.size < JOINED + SPARE) return;
			if (!this.open.has(id)) this.unfollow(id);
		}
	}

	private unfollow(id: string): void {
		this.following.get(id)?.leave();
		this.following.delete(id);
		this.unlisten.get(id)?.();
		this.unlisten.delete(id);
	}

	private async removed(id: string): Promise<void> {
		const following = this.following.get(id);
		if (following) await following.readOut();
		this.unfollow(id);
	}

	/** Who they are, for those who are new here. Nothing waits for names and pictures. */
	private async meet(users: string[]): Promise<void> {
		const { people } = this.replica;
		const rows = await people.bulkGet(users);
		for (const user of users.filter((_, place) => !rows[place])) await people.put(personRow(await this.api.user(user)));
	}

	/** Who left may have deleted their account: what they are called now. */
	private async lookAgain(users: string[]): Promise<void> {
		const { people } = this.replica;
		const rows = await people.bulkGet(users.filter((user) => user !== this.me));
		for (const row of rows) if (row) await people.put(personRow(await this.api.user(row.id)));
	}

	/** Where the conversations stand: those that matter are joined, and those behind brought up. */
	private async heard(heads: Record<string, number>): Promise<void> {
		const { conversations } = this.replica;
		await this.replica.transaction('rw', conversations, async () => {
			for (const row of await conversations.bulkGet(Object.keys(heads))) {
				const head = row && heads[row.id]!;
				if (row && head! > row.head) await conversations.update(row.id, { head });
			}
		});
		const attending = this.attending.then(() => this.attend()).catch((error: unknown) => this.failed(error));
		this.attending = attending;
		void attending.then(() => this.caughtUp());
	}

	private async attend(): Promise<void> {
		const rows = await this.replica.conversations.filter((row) => !row.left && !row.pending).toArray();
		rows.sort((a, b) => importance(b) - importance(a));
		const kept = rows.slice(0, JOINED);
		await Promise.all(kept.map((row) => this.attendTo(row)));
		for (const row of rows.slice(JOINED)) {
			if (row.cursor >= row.head || !this.running) continue;
			await this.attendTo(row);
			if (!this.open.has(row.id)) this.unfollow(row.id);
		}
	}

	private async attendTo(row: ConversationRow): Promise<void> {
		const following = this.following.get(row.id) ?? (await this.follow(row.id));
		if (!following) return;
		await soon(following.ready);
		await following.stream.behind(row.head);
	}

	private caughtUp(): void {
		if (this.live.state === 'live') this.connection.set('live');
	}

	// --- listening ----------------------------------------------------------------------------------------------------

	private listenToSystem(): void {
		const { people } = this.replica;
		this.live.join(
			SYSTEM,
			() => ({}),
			() => this.status.status === 'online' || this.tellStatus()
		);
		this.stops.push(
			this.live.on(SYSTEM, 'presence_state', (all) => this.presence.state(all)),
			this.live.on(SYSTEM, 'presence_diff', (diff) => this.presence.diff(diff)),
			this.live.on(SYSTEM, 'update_display_name', ({ user_id, display_name }) => {
				void people.update(user_id, { display_name });
			}),
			this.live.on(SYSTEM, 'update_profile', ({ user }) => void people.put(personRow(user)))
		);
	}

	private listenToOwn(): void {
		const topic = userTopic(this.me);
		for (const event of OWN_EVENTS) {
			this.stops.push(this.live.on(topic, event, (payload) => this.told(payload as Told)));
		}
		this.stops.push(
			this.live.on(topic, 'resync', () => void this.own.ask()),
			this.live.on(topic, 'join_requested', ({ conversation_id, user }) => {
				const asks = personRow(user);
				void this.replica.people.put(asks);
				this.knocks.set({ conversation: conversation_id, asks });
			}),
			this.live.on(topic, 'join_approved', ({ conversation_id }) => {
				this.knocks.set({ conversation: conversation_id, asks: null });
			})
		);
	}

	private listenTo(id: string): () => void {
		const topic = conversationTopic(id);
		const stops = CONVERSATION_CHANGES.map((event) =>
			this.live.on(topic, event, (payload) => this.told({ conversation_id: id, ...(payload as Told) }))
		);
		stops.push(
			this.live.on(topic, 'resync', () => void this.following.get(id)?.stream.pull()),
			this.live.on(topic, 'start_typing', ({ user_id }) => this.typing.set(id, user_id, true)),
			this.live.on(topic, 'finish_typing', ({ user_id }) => this.typing.set(id, user_id, false)),
			this.live.on(topic, 'read_conversation', ({ user_id, read_at }) => {
				void this.intake.write({ conversation: id, readTimes: { [user_id]: read_at } });
			})
		);
		return () => stops.forEach((stop) => stop());
	}

	private told(payload: Told): void {
		if (payload.user_version !== undefined) {
			this.own.stream.heard(payload.user_version, (payload.changes ?? []) as OwnChange[]);
			return;
		}
		const id = payload.conversation_id ?? payload.conversation?.id;
		if (id === undefined) return;
		if (payload.message?.off_the_record) {
			void this.passed(id, payload.message).catch((error: unknown) => this.failed(error));
			return;
		}
		if (payload.version === undefined) return;
		const changes = (payload.changes ?? []) as Change[];
		const following = this.following.get(id);
		if (following) following.stream.heard(payload.version, changes);
		// Joining it brings what was just said, too.
		else this.listed(id);
	}

	/** Something was said off the record. */
	async passed(id: string, message: MessageRow): Promise<void> {
		this.passing.put(passingView(id, this.me, message, await this.intake.glance(id, message)));
	}

	private listed(id: string): void {
		void this.follow(id).catch((error: unknown) => this.failed(error));
	}

	// --- time ---------------------------------------------------------------------------------------------------------

	private connected(state: Connection): void {
		if (state === 'live' || state === 'connecting') this.connection.set('syncing');
		else this.connection.set(state);
		if (state !== 'live') this.typing.clear();
	}

	private everyMinute(): () => void {
		let timer: ReturnType<typeof setTimeout>;
		const next = () => {
			timer = setTimeout(
				() => {
					if (this.live.state === 'live') void this.own.ask();
					next();
				},
				HEADS_EVERY * (0.8 + 0.4 * Math.random())
			);
		};
		next();
		return () => clearTimeout(timer);
	}

	private watchTheClock(): () => void {
		let last = Date.now();
		const timer = setInterval(() => {
			const late = Date.now() - last > SLEPT;
			last = Date.now();
			if (late) this.wake();
		}, TICK);
		return () => clearInterval(timer);
	}

	/** What a lost connection explains is made up for when it is back; anything else is a mistake to be seen. */
	private failed(error: unknown): void {
		if (!this.running || error instanceof Silence || error instanceof Unreachable || error instanceof Refusal) return;
		queueMicrotask(() => {
			throw error;
		});
	}
}

function importance(row: ConversationRow): number {
	return Math.max(row.opened, row.activity);
}

/** Heard of before the list said so. */
function unknown(id: string): ConversationRow {
	return newConversation(id, 'group');
}

/** As long as somebody is ready to wait for a join that may be refused. */
function soon(ready: Promise<void>): Promise<void> {
	return Promise.race([ready, new Promise<void>((resolve) => setTimeout(resolve, 5_000))]).catch(() => {});
}
