/** Who one is in the rooms that this tab is in, so that a reload comes back under the same name; gone with the tab. */
import type { RoomSelf } from '../live/room.ts';

export interface KeptRoom {
	self: RoomSelf | null;
	/** The key of the link, where the room is encrypted. */
	key: string | null;
}

const placeOf = (room: string) => `hubbub-room-${room}`;

export function keptRoom(room: string): KeptRoom {
	try {
		return {
			self: null,
			key: null,
			...(JSON.parse(sessionStorage.getItem(placeOf(room)) ?? '{}') as Partial<KeptRoom>)
		};
	} catch {
		return { self: null, key: null };
	}
}

export function keepRoom(room: string, change: Partial<KeptRoom>): void {
	sessionStorage.setItem(placeOf(room), JSON.stringify({ ...keptRoom(room), ...change }));
}

export function forgetRoom(room: string): void {
	sessionStorage.removeItem(placeOf(room));
}

/** Room and key of a link of this origin; null: it is no such link. */
export function roomOfLink(link: string, origin: string): { id: string; key: string | null } | null {
	try {
		const url = new URL(link.trim(), origin);
		const found = url.origin === origin ? /^\/rooms\/([A-Za-z0-9_-]{22})$/.exec(url.pathname) : null;
		return found ? { id: found[1]!, key: url.hash.slice(1) || null } : null;
	} catch {
		return null;
	}
}

/** Where people go: with the key in the fragment, which is sent to no server. */
export const roomHref = (id: string, key: string | null): string => `/rooms/${id}${key ? `#${key}` : ''}`;
