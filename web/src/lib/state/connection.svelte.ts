/** Whether what is shown is up to date, and what waits; and the signs on which everything looks again. */
import type { LiveState } from '../replica/client.ts';
import { Live } from './live.svelte.ts';
import { session } from './session.svelte.ts';

const STARTING: LiveState = { connection: 'syncing', waiting: 0, leading: false };

class Connection {
	#live = $derived(session.client && new Live<LiveState>(session.client.live, STARTING));
	#unread = $derived(session.client && new Live<number>(session.client.query.unread(), 0));

	get state(): LiveState['connection'] {
		return this.#live?.current.connection ?? 'syncing';
	}

	/** Messages and other writes that the server has not taken yet. */
	get waiting(): number {
		return this.#live?.current.waiting ?? 0;
	}

	/** Unread messages over all conversations. */
	get unread(): number {
		return this.#unread?.current ?? 0;
	}
}

export const connection = new Connection();

/** Looks again when the network is back or the page is seen again. Returns what ends that. */
export function wakeful(): () => void {
	const wake = () => {
		if (document.visibilityState === 'visible') session.client?.do.wake();
	};
	addEventListener('online', wake);
	document.addEventListener('visibilitychange', wake);
	return () => {
		removeEventListener('online', wake);
		document.removeEventListener('visibilitychange', wake);
	};
}
