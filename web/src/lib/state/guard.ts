/** Who may see which page, and where those are led who may not. Pure, so that it can be tested. */

/** `recover`: signed in, but the messages are not open. */
export type Standing = 'starting' | 'guest' | 'recover' | 'user';

export interface Visit {
	standing: Standing;
	/** The pattern of the page, as `/dm/[name]`; null: there is no such page. */
	route: string | null;
	/** Path and query of the address. */
	path: string;
	/** The sign-in has ended while the page was open. */
	ended: boolean;
}

const forGuests = new Set(['/', '/login', '/register']);
const forAll = new Set([
	'/about',
	'/news',
	'/news/[page]',
	'/(chats)/channels/[name]',
	'/(chats)/rooms/[id]',
	// Where letters lead: what stands behind the # would be lost on the way through another page.
	'/forgot',
	'/link',
	'/reset',
	'/confirm',
	'/address'
]);

/** Where a deep link leads after signing in: a path of this origin, never another's. */
export function wanted(query: Pick<URLSearchParams, 'get'>): string | null {
	const to = query.get('to');
	return to && /^\/(?![/\\])/.test(to) ? to : null;
}

/** `page` with what was wanted kept in it. */
export function withWanted(page: string, to: string | null): string {
	return to ? `${page}?to=${encodeURIComponent(to)}` : page;
}

/** The address to go to instead; null: the visitor is right here. */
export function instead({ standing, route, path, ended }: Visit): string | null {
	if (standing === 'starting' || route === null || forAll.has(route)) return null;
	const url = new URL(path, 'http://here');
	const to = wanted(url.searchParams);
	if (standing === 'guest') {
		if (forGuests.has(route)) return null;
		return route === '/recover' ? '/login' : withWanted('/login', path);
	}
	if (standing === 'recover')
		return route === '/recover' ? null : withWanted('/recover', to ?? (forGuests.has(route) ? null : path));
	if (route === '/login' && ended) return null;
	return forGuests.has(route) || route === '/recover' ? (to ?? '/chats') : null;
}
