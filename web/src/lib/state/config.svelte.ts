/** What the operator chose for this server's client: `GET /config.json`. */

export interface Config {
	name: string;
	/** The address of a picture in place of our mark. */
	logo: string | null;
	/** `#rrggbb` in place of our accent. */
	accent: string | null;
	/** The origin of the API; empty: this one. */
	api: string;
	version: string;
}

const PLACE = 'hubbub-config';
const DEFAULTS: Config = { name: 'Hubbub', logo: null, accent: null, api: '', version: '' };

/** As it was last heard, so that a start does not wait for it; null: never. */
function kept(): Partial<Config> | null {
	try {
		return JSON.parse(localStorage.getItem(PLACE) ?? 'null') as Partial<Config> | null;
	} catch {
		return null;
	}
}

const before = kept();
export const config = $state<Config>({ ...DEFAULTS, ...before });

/** Reads it anew; what it says holds from now on. Resolves at once when it is known from an earlier start. */
export function loadConfig(heard: () => void): Promise<void> {
	const reading = read().then(heard);
	return before ? Promise.resolve() : reading;
}

async function read(): Promise<void> {
	try {
		const answer = await fetch('/config.json', { cache: 'no-cache' });
		if (!answer.ok) return;
		const said = (await answer.json()) as Partial<Config>;
		Object.assign(config, DEFAULTS, said);
		localStorage.setItem(PLACE, JSON.stringify(said));
	} catch {
		// Offline, or no place to keep it: what we have is good enough.
	}
}
