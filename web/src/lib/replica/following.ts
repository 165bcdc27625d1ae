/** One conversation that is listened to: its topic, its stream, and how its replica is rebuilt. */
import type { Api } from '../realtime/http.ts';
import { conversationTopic } from '../realtime/events.ts';
import { Refusal } from '../realtime/problems.ts';
import type { Live } from '../realtime/socket.ts';
import type { Document, ResumedDocument } from '../wire/types.ts';
import type { Batch } from './apply.ts';
import type { Change, Intake } from './intake.ts';
import type { ConversationRow } from './schema.ts';
import { Stream } from './stream.ts';

/** Up to so many versions a conversation is fetched whole; a longer one begins with its latest page. */
const WHOLE = 500;
/** So many versions behind, one that was not opened lately begins anew with its latest page. */
const FAR = 2000;
const LATELY = 30 * 24 * 3600 * 1000;

export interface Ports {
	live: Live;
	api: Api;
	intake: Intake;
	/** The epoch of the server's database, as last heard. */
	epoch(): string;
	/** Members who may not have been met yet. */
	meet(users: string[]): void;
	/** Keys or links of members may be others than before. */
	stood(conversation: string): void;
	failed(error: unknown): void;
}

export class Following {
	readonly stream: Stream<Change>;
	private readonly topic;
	private anew = false;
	private ended: () => void = () => {};
	private done!: () => void;
	private lost!: (reason: Refusal) => void;
	/** Kept once the answer of a join was written; rejects when one may not join. */
	readonly ready = new Promise<void>((resolve, reject) => {
		this.done = resolve;
		this.lost = reject;
	});

	constructor(
		private readonly row: ConversationRow,
		private readonly ports: Ports
	) {
		this.topic = conversationTopic(row.id);
		this.ready.catch(() => {});
		this.stream = new Stream<Change>(row.cursor, {
			apply: (changes, version) => this.apply(changes, version),
			pull: () => this.pull(),
			failed: ports.failed
		});
	}

	/** `ended`: the server will not have one here. */
	join(ended: () => void): void {
		this.ended = ended;
		this.ports.live.join(
			this.topic,
			() => this.params(),
			(answer) => void this.stream.run(() => this.joined(answer)),
			(refusal, final) => {
				if (refusal.reason === 'cursor_expired') this.anew = true;
				if (!final) return;
				this.lost(refusal);
				this.ended();
			}
		);
	}

	leave(): void {
		this.stream.stop();
		this.lost(new Refusal({ reason: 'unmatched topic', detail: 'The topic was left.' }));
		this.ports.live.leave(this.topic);
	}

	private params(): { cursor?: number; epoch?: string } {
		const { cursor } = this.stream;
		const { head, opened, epoch } = this.row;
		if (cursor < 0) return head <= WHOLE ? { cursor: 0, epoch: this.ports.epoch() } : {};
		if (this.anew || (head - cursor > FAR && Date.now() - opened > LATELY)) return {};
		return { cursor, epoch };
	}

	private async joined(answer: Document | ResumedDocument): Promise<void> {
		const whole = !('changes' in answer);
		const first = this.stream.cursor < 0;
		await this.ports.intake.document(answer, whole && !first, first && !whole);
		this.anew = false;
		this.row.epoch = answer.epoch;
		this.stream.cursor = answer.cursor;
		if ('more' in answer && answer.more) this.stream.cursor = await this.pull();
		this.done();
		this.ports.stood(this.row.id);
	}

	private async apply(changes: Change[], cursor: number, further: Partial<Batch> = {}): Promise<void> {
		await this.ports.intake.changes(this.row.id, changes, cursor, further);
		const members = changes.filter((change) => change.kind === 'member' && !change.deleted);
		if (members.length) this.ports.meet(members.map((member) => member.id));
		if (changes.some(({ kind }) => kind === 'key' || kind === 'link')) this.ports.stood(this.row.id);
	}

	private async pull(): Promise<number> {
		const { live } = this.ports;
		for (let cursor = this.stream.cursor; ;) {
			let page;
			try {
				page = await live.push(this.topic, 'sync', { cursor: Math.max(cursor, 0), epoch: this.row.epoch });
			} catch (error) {
				if (error instanceof Refusal && error.reason === 'cursor_expired') this.rejoin();
				throw error;
			}
			const further = page.read_times ? { readTimes: page.read_times } : {};
			await this.apply(page.changes, page.cursor, further);
			this.stream.cursor = cursor = page.cursor;
			if (!page.more) return cursor;
		}
	}

	/** Join again without a cursor: what is here is replaced by the latest page. */
	private rejoin(): void {
		this.anew = true;
		this.join(this.ended);
	}

	/** What one could still read when one left; over HTTP, since the topic is closed. */
	async readOut(): Promise<void> {
		const { api, intake } = this.ports;
		await this.stream.run(async () => {
			for (let more = true; more;) {
				const cursor = Math.max(this.stream.cursor, 0);
				const page = await api.sync({ conversation_id: this.row.id, cursor, epoch: this.row.epoch });
				await intake.changes(this.row.id, page.changes, page.cursor);
				this.stream.cursor = page.cursor;
				more = page.more;
			}
		});
	}
}
