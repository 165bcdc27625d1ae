/** What the operator chose for this server's client: `GET /config.json`. */
import type { ClientSettings } from '../wire/types';

const PLACE = 'hubbub-config';
const DEFAULTS: ClientSettings = {
	name: 'Hubbub',
	logo: null,
	accent: null,
	api: '',
	version: '',
	conduct: null,
	registration: 'open',
	captcha: true
};

/** As it was last heard, so that a start does not wait for it; null: never. */
function kept(): Partial<ClientSettings> | null {
	try {
		return JSON.parse(localStorage.getItem(PLACE) ?? 'null') as Partial<ClientSettings> | null;
	} catch {
		return null;
	}
}

const before = kept();
export const config = $state<ClientSettings>({ ...DEFAULTS, ...before });

/** Reads it anew; what it says holds from now on. Resolves at once when it is known from an earlier start. */
export function loadConfig(heard: () => void): Promise<void> {
	const reading = readConfig().then(heard);
	return before ? Promise.resolve() : reading;
}

/** What holds now, as after the server was started with something else. */
export async function readConfig(): Promise<void> {
	try {
		const answer = await fetch('/config.json', { cache: 'no-cache' });
		if (!answer.ok) return;
		const said = (await answer.json()) as Partial<ClientSettings>;
		Object.assign(config, DEFAULTS, said);
		localStorage.setItem(PLACE, JSON.stringify(said));
	} catch {
		// Offline, or no place to keep it: what we have is good enough.
	}
}
