/** What one says here, until the server has it: sent in order, again after silence, kept with the reason when refused. */
import { v7 } from '../replica/ids.ts';
import { Problem, Refusal, Silence, Unreachable } from '../realtime/problems.ts';

export interface Saying {
	id: string;
	text: string;
	subject: string | null;
	replyTo: string | null;
	/** Milliseconds: when it was said, by one's own clock. */
	at: number;
	/** Why the server did not take it; null: it was not asked yet, or did not answer. */
	refused: { code: string; sentence: string } | null;
}

export class Outgoing {
	private sayings: Saying[] = [];
	private busy = false;

	/** `send` resolves once the server has it; `changed` is called whenever what waits is another. */
	constructor(
		private readonly send: (saying: Saying) => Promise<void>,
		private readonly changed: () => void
	) {}

	get waiting(): readonly Saying[] {
		return this.sayings;
	}

	say(text: string, subject: string | null = null, replyTo: string | null = null): void {
		this.set([...this.sayings, { id: v7(), text, subject, replyTo, at: Date.now(), refused: null }]);
		this.pump();
	}

	retry(id: string): void {
		this.set(this.sayings.map((one) => (one.id === id ? { ...one, refused: null } : one)));
		this.pump();
	}

	/** It is not to be said any more, or it is there already. */
	forget(id: string): void {
		if (this.sayings.some((one) => one.id === id)) this.set(this.sayings.filter((one) => one.id !== id));
	}

	/** Sends what waits; call it again when there is a connection. */
	pump(): void {
		if (!this.busy) void this.drain();
	}

	private async drain(): Promise<void> {
		this.busy = true;
		try {
			for (let next = this.next(); next && (await this.isDone(next)); next = this.next());
		} finally {
			this.busy = false;
		}
	}

	private next(): Saying | undefined {
		return this.sayings.find((one) => one.refused === null);
	}

	/** Without an answer it stays as it is: whether it was done shows when the same is sent again. */
	private async isDone(saying: Saying): Promise<boolean> {
		try {
			await this.send(saying);
			this.forget(saying.id);
			return true;
		} catch (error) {
			if (error instanceof Silence || error instanceof Unreachable) return false;
			if (!(error instanceof Refusal || error instanceof Problem)) throw error;
			const code = error instanceof Refusal ? error.reason : error.code;
			const refused = { code, sentence: error.detail };
			this.set(this.sayings.map((one) => (one.id === saying.id ? { ...one, refused } : one)));
			return true;
		}
	}

	private set(sayings: Saying[]): void {
		this.sayings = sayings;
		this.changed();
	}
}
