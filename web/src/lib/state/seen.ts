/** What was last seen of conversations that were open lately: to be shown while the replica is read again. */
import type { WindowView } from '../replica/client';

/** How many conversations. */
const KEPT = 20;

export class LastSeen {
	/** The one that was left first comes first. */
	#windows = new Map<string, WindowView>();

	/** The last `count` messages of this window, if it ends with the newest. */
	keep(conversation: string, window: WindowView, count: number): void {
		this.#windows.delete(conversation);
		if (window.newer) return;
		const messages = window.messages.slice(-count);
		const older = messages.length < window.messages.length ? 'here' : window.older;
		this.#windows.set(conversation, { ...window, messages, older });
		const [first] = this.#windows.keys();
		if (this.#windows.size > KEPT && first !== undefined) this.#windows.delete(first);
	}

	of(conversation: string): WindowView | null {
		const kept = this.#windows.get(conversation);
		// What was over meanwhile was not here to see it.
		return kept ? { ...kept, messages: kept.messages.filter((one) => !one.expires || one.expires > Date.now()) } : null;
	}
}
