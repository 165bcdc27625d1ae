/** One's own stream: the list of conversations, settings, read marks, one's keys (protocol, 2). */
import type { PrivateKeyRow } from '../crypto/types.ts';
import { userTopic } from '../realtime/events.ts';
import { Refusal } from '../realtime/problems.ts';
import type { Live } from '../realtime/socket.ts';
import type { Heads, StreamPulled } from '../wire/types.ts';
import { recount } from './apply.ts';
import type { Intake } from './intake.ts';
import { newConversation, personRow, withWire } from './rows.ts';
import type { Replica } from './schema.ts';
import { Stream } from './stream.ts';

export type OwnChange = StreamPulled['changes'][number];

/** The fact `stream`. */
interface Position {
	cursor: number;
	epoch: string;
}

export interface Listener {
	/** Where everything stands, by the server's word. */
	heads(heads: Record<string, number>): Promise<void>;
	/** One is in a conversation, perhaps a new one. */
	listed(conversation: string): void;
	/** One is not in it any more. */
	removed(conversation: string): Promise<void>;
	failed(error: unknown): void;
}

export class OwnStream {
	stream!: Stream<OwnChange>;
	epoch = '';
	private topic;
	private anew = false;

	constructor(
		private readonly replica: Replica,
		private readonly me: string,
		private readonly live: Live,
		private readonly intake: Intake,
		private readonly listener: Listener
	) {
		this.topic = userTopic(me);
	}

	async start(): Promise<void> {
		const kept = (await this.replica.facts.get('stream'))?.value as Position | undefined;
		this.epoch = kept?.epoch ?? '';
		this.stream = new Stream<OwnChange>(kept?.cursor ?? 0, {
			apply: (changes, version) => this.pushed(changes, version),
			pull: () => this.pull(),
			failed: (error) => this.listener.failed(error)
		});
		this.join();
	}

	stop(): void {
		this.stream?.stop();
		this.live.leave(this.topic);
	}

	/** Ask where everything stands. */
	async ask(): Promise<void> {
		await this.stream.pull();
	}

	private join(): void {
		this.live.join(
			this.topic,
			() => (this.anew || this.epoch === '' ? {} : { cursor: this.stream.cursor, epoch: this.epoch }),
			(answer) => void this.stream.run(() => this.joined(answer)),
			(refusal) => {
				if (refusal.reason === 'cursor_expired') this.anew = true;
			}
		);
	}

	private async joined(answer: Heads | StreamPulled): Promise<void> {
		this.epoch = answer.epoch;
		if ('changes' in answer) {
			await this.page(answer);
			if (answer.more) await this.pull();
		} else await this.rebuild();
	}

	/** From the beginning: what is not listed then is not one's any more. */
	private async rebuild(): Promise<void> {
		this.stream.cursor = 0;
		const listed = new Set<string>();
		await this.pull((change) => change.kind === 'conversation' && !change.deleted && listed.add(change.id));
		this.anew = false;
		const gone = await this.replica.conversations
			.filter((row) => !row.left && !row.pending && !listed.has(row.id))
			.primaryKeys();
		for (const id of gone) await this.remove(id);
	}

	private async pull(see: (change: OwnChange) => void = () => {}): Promise<number> {
		for (let more = true; more;) {
			const asked = { cursor: this.stream.cursor, epoch: this.epoch };
			const page = await this.live.push(this.topic, 'sync', asked).catch((error: unknown) => {
				if (error instanceof Refusal && error.reason === 'cursor_expired') {
					this.anew = true;
					this.join();
				}
				throw error;
			});
			page.changes.forEach(see);
			await this.page(page);
			more = page.more;
		}
		return this.stream.cursor;
	}

	private async pushed(changes: OwnChange[], version: number): Promise<void> {
		await this.apply(changes, version);
		for (const change of changes) {
			if (change.kind === 'conversation' && !change.deleted) this.listener.listed(change.id);
		}
	}

	private async page(page: StreamPulled): Promise<void> {
		await this.apply(page.changes, page.cursor);
		this.stream.cursor = page.cursor;
		if (!page.more) await this.listener.heads(page.heads);
	}

	private async apply(changes: OwnChange[], cursor: number): Promise<void> {
		const { conversations, facts, own_keys, messages, people, choices } = this.replica;
		await this.replica.transaction('rw', [conversations, facts, own_keys, messages, people, choices], async () => {
			for (const change of changes) await this.write(change);
			await facts.put({ name: 'stream', value: { cursor, epoch: this.epoch } satisfies Position });
		});
		for (const change of changes) {
			if (change.kind === 'private_keys') {
				await this.intake.takeKeys(change.id, change.data.private_keys as PrivateKeyRow[]);
			} else if (change.kind === 'conversation' && change.deleted) await this.listener.removed(change.id);
		}
	}

	private async write(change: OwnChange): Promise<void> {
		const { conversations, facts, own_keys, people } = this.replica;
		const { id } = change;
		if (change.kind === 'settings') {
			await facts.put({ name: 'me', value: change.data });
			await people.put(personRow({ ...change.data, bot: false }));
		} else if (change.kind === 'private_keys') {
			await own_keys.put({ conversation: id, rows: change.data.private_keys as PrivateKeyRow[] });
		} else if (change.kind === 'choice') await this.choose(id, change.data !== null);
		else if (change.kind === 'read_mark') await this.mark(id, Date.parse(change.data.read_at));
		else if (change.data) {
			const before = (await conversations.get(id)) ?? newConversation(id, 'group');
			const row = withWire(before, change.data.conversation);
			await conversations.put({ ...row, role: change.data.role, left: false });
		} else await conversations.update(id, { left: true });
	}

	/** `id`: kind, colon, whom or what it is about. */
	private async choose(id: string, on: boolean): Promise<void> {
		const { choices, conversations } = this.replica;
		const [kind, about] = id.split(':') as [string, string];
		if (on) await choices.put({ kind, about });
		else await choices.delete([kind, about]);
		if (kind !== 'block') return;
		for (const one of await conversations.toCollection().primaryKeys()) await recount(this.replica, this.me, one);
	}

	private async mark(id: string, read: number): Promise<void> {
		const row = await this.replica.conversations.get(id);
		if (!row || row.read >= read) return;
		await this.replica.conversations.update(id, { read });
		await recount(this.replica, this.me, id);
	}

	private async remove(id: string): Promise<void> {
		await this.replica.conversations.update(id, { left: true });
		await this.listener.removed(id);
	}
}
