/** The reading order (protocol, 4): the same for everyone, clocks play no part. */
import type { MessageRow as WireMessage } from '../wire/types.ts';
import type { Place } from './schema.ts';

/** Where a row stands whose place nobody told: before everything, and never shown. */
export const NOWHERE = -1;

export function placeOf(message: WireMessage): Place {
	return [message.index, message.sender, message.device_id, message.position, message.message_group];
}

/** Negative: `one` is read before `other`. As IndexedDB compares arrays of numbers and ASCII text. */
export function comparePlaces(one: Place, other: Place): number {
	for (let part = 0; part < one.length; part++) {
		const [a, b] = [one[part]!, other[part]!];
		if (a !== b) return a < b ? -1 : 1;
	}
	return 0;
}

/**
 * Where a message goes that this device composes now. `last` is the last message here in reading order, `top` the
 * highest index seen: one continues the run of one's own device, or begins a new index.
 */
export function nextPlace(last: Place | null, top: number, user: string, device: string, id: string): Place {
	if (last !== null && last[0] >= top && last[1] === user && last[2] === device) {
		return [last[0], user, device, last[3] + 1, id];
	}
	return [Math.max(top, last?.[0] ?? 0) + 1, user, device, 0, id];
}
