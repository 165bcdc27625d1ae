/** Messages that last for a time only: when it is over they go from this browser, without a network too. */
import { liveQuery } from 'dexie';
import { recount } from './apply.ts';
import type { MessageRow, Replica } from './schema.ts';

/** The longest that a timer can wait, in milliseconds. */
const FARTHEST = 2 ** 31 - 1;

export class Expiry {
	private timer: ReturnType<typeof setTimeout> | undefined;
	private unwatch: () => void = () => {};

	/** `me`: whose replica it is. */
	constructor(
		private readonly replica: Replica,
		private readonly me: string
	) {}

	start(): void {
		const next = liveQuery(async () => (await this.replica.messages.orderBy('expires').first())?.expires);
		const watching = next.subscribe({ next: (at) => this.wait(at), error: () => {} });
		this.unwatch = () => watching.unsubscribe();
	}

	stop(): void {
		this.unwatch();
		clearTimeout(this.timer);
	}

	private wait(at: number | undefined): void {
		clearTimeout(this.timer);
		if (at === undefined) return;
		const left = Math.min(Math.max(0, at - Date.now()), FARTHEST);
		this.timer = setTimeout(() => void this.due(at), left);
	}

	private async due(at: number): Promise<void> {
		if (at > Date.now()) return this.wait(at);
		// Where the page is closed meanwhile, the next one does it before anything is shown.
		await purge(this.replica, this.me, Date.now()).catch(() => {});
	}
}

/** Nothing stays of what is over at `now` but its place, so that nothing late brings it back. */
export function purge(replica: Replica, me: string, now: number): Promise<void> {
	const { messages, reactions, outbox, conversations, choices } = replica;
	return replica.transaction('rw', messages, reactions, outbox, conversations, choices, async () => {
		const over = await messages.where('expires').belowOrEqual(now).toArray();
		await messages.bulkPut(over.map(emptied));
		for (const { conversation, id } of over) {
			await reactions.where('[conversation+message]').equals([conversation, id]).delete();
			await outbox
				.where('conversation')
				.equals(conversation)
				.filter((one) => one.message === id)
				.delete();
		}
		for (const id of new Set(over.map((row) => row.conversation))) await recount(replica, me, id);
	});
}

function emptied({ expires: _, unreadable: _why, ...row }: MessageRow): MessageRow {
	return {
		...row,
		shown: 0,
		deleted: true,
		body: null,
		sealed: null,
		copy: null,
		waiting: false,
		change: null,
		refused: null
	};
}
