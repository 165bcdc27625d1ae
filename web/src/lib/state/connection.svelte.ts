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

/** Signs of somebody who is there, and how often they are told, in milliseconds. */
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'focus'] as const;
const TOLD_EVERY = 20_000;

/** Tells that somebody is at this page. Returns what ends that. */
function attentive(): () => void {
	let told = 0;
	const tell = () => {
		if (Date.now() - told < TOLD_EVERY) return;
		told = Date.now();
		session.client?.do.active();
	};
	for (const sign of SIGNS) addEventListener(sign, tell, { passive: true, capture: true });
	return () => SIGNS.forEach((sign) => removeEventListener(sign, tell, { capture: true }));
}

/** Looks again when the network is back or the page is seen again. Returns what ends that. */
export function wakeful(): () => void {
	const wake = () => {
		if (document.visibilityState === 'visible') session.client?.do.wake();
	};
	const stop = attentive();
	addEventListener('online', wake);
	document.addEventListener('visibilitychange', wake);
	return () => {
		stop();
		removeEventListener('online', wake);
		document.removeEventListener('visibilitychange', wake);
	};
}
