/** Several tabs of one account: one of them talks to the server, and the others tell it what it should know. */

import type { TextBody } from '../crypto/types.ts';
import type { MessageView } from './client.ts';

/** The part of the Web Locks API that is needed. */
export interface Locks {
	request(name: string, options: { signal: AbortSignal }, held: () => Promise<void>): Promise<unknown>;
}

/** What a tab asks the one that talks to the server to do for it. */
export type Asking = { say: 'older'; conversation: string } | { say: 'pass'; conversation: string; body: TextBody };

/** What tabs say to each other. */
export type Word =
	| { say: 'opened' | 'closed'; conversation: string }
	| { say: 'typing'; conversation: string; on: boolean }
	| { say: 'wake' | 'tell' | 'active' }
	| {
			say: 'now';
			connection: string;
			presence: [string, string][];
			typing: [string, string[]][];
			passing: [string, MessageView[]][];
	  }
	| (Asking & { asked: string })
	| { say: 'answer'; asked: string; more?: boolean; failed?: string };

export class Tabs {
	private readonly channel: BroadcastChannel;
	private readonly ending = new AbortController();
	private release: () => void = () => {};

	constructor(
		private readonly name: string,
		private readonly locks: Locks
	) {
		this.channel = new BroadcastChannel(name);
		// In Node a channel would keep the process alive.
		(this.channel as { unref?: () => void }).unref?.();
	}

	/** `lead` is called when this tab is the one; what it answers is called when it is not any more. */
	start(lead: () => Promise<void>, hear: (word: Word) => void): void {
		this.channel.onmessage = (event: MessageEvent<Word>) => hear(event.data);
		const held = async () => {
			const released = new Promise<void>((resolve) => (this.release = resolve));
			await lead();
			await released;
		};
		this.locks.request(this.name, { signal: this.ending.signal }, held).catch((error: unknown) => {
			if (!this.ending.signal.aborted) throw error;
		});
	}

	say(word: Word): void {
		this.channel.postMessage(word);
	}

	/** Another tab may lead now. */
	stop(): void {
		this.ending.abort();
		this.release();
		this.channel.close();
	}
}
