/** The socket of this page for conversations that are not in the replica, and who one is on it. */
import { Line } from '../live/line.ts';
import { Api } from '../realtime/http.ts';
import { config } from './config.svelte.ts';
import { session } from './session.svelte.ts';

let line: Line | null = null;

/** Made at the first call; whose it is follows the session. */
export function lineOfThisPage(): Line {
	if (line) return line;
	const made = new Line((config.api || location.origin).replace(/^http/, 'ws') + '/socket');
	$effect.root(() => {
		$effect.pre(() => made.be(session.client?.tokens ?? null));
	});
	made.be(session.client?.tokens ?? null);
	return (line = made);
}

/** The server, asked as who one is: a guest, or the account that is open. */
export function apiOfThisPage(): Pick<Api, 'ask' | 'origin'> {
	return session.client?.api ?? new Api({ origin: config.api });
}
