/**
 * One stream of versions, a conversation's or one's own (protocol, 2): what comes next is applied, what was applied
 * is ignored, and where something is missing it is waited for a moment, then pulled, once. One thing at a time.
 */
export interface Source<Change> {
	/** Write the changes of a version and the new cursor. */
	apply(changes: Change[], version: number): Promise<void>;
	/** Fetch and write what there is from the stream's cursor on; answers the new cursor. */
	pull(): Promise<number>;
	/** Something could not be done now; it is tried again with the next push, pull or join. */
	failed(error: unknown): void;
}

/** Milliseconds: what is missing may only be late. */
const [SOONEST, LATEST] = [100, 300];

export class Stream<Change> {
	private readonly early = new Map<number, Change[]>();
	private turn: Promise<void> = Promise.resolve();
	private timer: ReturnType<typeof setTimeout> | undefined;
	private stopped = false;

	constructor(
		public cursor: number,
		private readonly source: Source<Change>
	) {}

	/** Do something with the stream in its turn; afterwards what came early may fit. */
	run(step: () => Promise<void>): Promise<void> {
		const turn = this.turn.then(async () => {
			if (this.stopped) return;
			try {
				await step();
				await this.drain();
			} catch (error) {
				this.source.failed(error);
			}
		});
		this.turn = turn;
		return turn;
	}

	heard(version: number, changes: Change[]): void {
		if (version <= this.cursor) return;
		if (!this.early.has(version)) this.early.set(version, changes);
		void this.run(async () => {}).then(() => this.look());
	}

	/** The stream is said to be at `head`. */
	behind(head: number): Promise<void> {
		return this.run(async () => {
			if (head > this.cursor) this.cursor = await this.source.pull();
		});
	}

	/** Something may have been missed. */
	pull(): Promise<void> {
		return this.behind(Infinity);
	}

	stop(): void {
		this.stopped = true;
		clearTimeout(this.timer);
	}

	private async drain(): Promise<void> {
		for (const version of this.early.keys()) if (version <= this.cursor) this.early.delete(version);
		for (let changes; (changes = this.early.get(this.cursor + 1));) {
			await this.source.apply(changes, this.cursor + 1);
			this.early.delete(++this.cursor);
		}
	}

	/** Whether there is a gap that the next moment does not fill. */
	private look(): void {
		if (this.early.size === 0 || this.timer !== undefined || this.stopped) return;
		this.timer = setTimeout(
			() => {
				this.timer = undefined;
				if (this.early.size) void this.pull();
			},
			SOONEST + Math.random() * (LATEST - SOONEST)
		);
	}
}
