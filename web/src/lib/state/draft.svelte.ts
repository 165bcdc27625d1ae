/** What is being written in one conversation: kept while one types, and there again after a restart. */
import type { Client } from '../replica/client';

/** How long one has to pause before it is stored, in milliseconds. */
const PAUSE = 300;

export interface Written {
	text: string;
	/** The message that it answers. */
	replyTo: string | null;
}

export class Draft {
	#client: Client;
	#conversation: string;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#stop: (() => void) | null = null;
	text = $state('');
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
			if (!draft || this.text) return;
			this.text = draft.text;
			this.replyTo = draft.replyTo;
		});
	}

	/** Something was typed. */
	write(text: string): void {
		this.text = text;
		this.#later();
		this.#client.do.typing(this.#conversation, text.trim() !== '');
	}

	reply(message: string | null): void {
		this.replyTo = message;
		this.#later();
	}

	/** What was written, to be sent: here one begins anew. null: nothing was. */
	take(): Written | null {
		const [text, replyTo] = [this.text.trim(), this.replyTo];
		if (!text) return null;
		this.text = '';
		this.replyTo = null;
		this.#client.do.typing(this.#conversation, false);
		return { text, replyTo };
	}

	/** It could not be sent: there it is again, unless something else was begun meanwhile. */
	giveBack({ text, replyTo }: Written): void {
		if (this.text) return;
		this.text = text;
		this.replyTo = replyTo;
	}

	/** Stores it now: the page may be closed. */
	async keep(): Promise<void> {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const [text, replyTo] = this.recorded ? [this.text, this.replyTo] : ['', null];
		await this.#client.do.setDraft(this.#conversation, text, replyTo);
	}

	close(): void {
		this.#stopReading();
		if (this.#timer !== undefined) void this.keep();
		this.#client.do.typing(this.#conversation, false);
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
