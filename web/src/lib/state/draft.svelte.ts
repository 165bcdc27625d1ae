/** What is being written in one conversation: kept while one types, and there again after a restart. */
import type { Client, Written } from '../replica/client';

/** How long one has to pause before it is stored, in milliseconds. */
const PAUSE = 300;

export class Draft {
	#client: Client;
	#conversation: string;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#stop: (() => void) | null = null;
	text = $state('');
	/** The line above it. */
	subject = $state('');
	/** The message that it answers. */
	replyTo = $state<string | null>(null);
	/** What is off the record is stored nowhere, not as a draft either. */
	recorded = true;

	constructor(client: Client, conversation: string) {
		this.#client = client;
		this.#conversation = conversation;
		// Read once: afterwards what is on the screen is the truth, or two tabs would write over each other's letters.
		this.#stop = client.query.draft(conversation).subscribe((draft) => {
			queueMicrotask(() => this.#stopReading());
			if (draft && !this.text) this.#hold(draft);
		});
	}

	/** Something was typed. */
	write(text: string): void {
		this.text = text;
		this.#later();
		this.#client.do.typing(this.#conversation, text.trim() !== '');
	}

	writeSubject(subject: string): void {
		this.subject = subject;
		this.#later();
	}

	reply(message: string | null): void {
		this.replyTo = message;
		this.#later();
	}

	/** What was written, to be sent: here one begins anew. null: nothing was. */
	take(): Written | null {
		const written = { text: this.text.trim(), subject: this.subject.trim(), replyTo: this.replyTo };
		if (!written.text) return null;
		this.#hold({ text: '', subject: '', replyTo: null });
		this.#client.do.typing(this.#conversation, false);
		return written;
	}

	/** It could not be sent: there it is again, unless something else was begun meanwhile. */
	giveBack(written: Written): void {
		if (!this.text) this.#hold(written);
	}

	/** Stores it now: the page may be closed. */
	async keep(): Promise<void> {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const { text, subject, replyTo } = this;
		const kept = this.recorded ? { text, above: { subject, replyTo } } : { text: '', above: {} };
		await this.#client.do.setDraft(this.#conversation, kept.text, kept.above);
	}

	close(): void {
		this.#stopReading();
		if (this.#timer !== undefined) void this.keep();
		this.#client.do.typing(this.#conversation, false);
	}

	#hold({ text, subject, replyTo }: Written): void {
		this.text = text;
		this.subject = subject;
		this.replyTo = replyTo;
	}

	#later(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.keep(), PAUSE);
	}

	#stopReading(): void {
		this.#stop?.();
		this.#stop = null;
	}
}
