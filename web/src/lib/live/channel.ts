/** A channel, as who does not subscribe to it sees it: in the clear. */
import type { Api } from '../realtime/http.ts';
import type { PublicUser } from '../wire/types.ts';
import type { Line } from './line.ts';
import { Space, type Manner } from './space.ts';

export function openChannel(id: string, line: Line, api: Pick<Api, 'ask'>): Space {
	const manner: Manner = {
		params: () => line.params(),
		read: async (row) => ({ text: row.content, unreadable: null }),
		async write({ id: message, text, subject, replyTo }) {
			const more = { ...(subject ? { subject } : {}), ...(replyTo ? { reply_to: replyTo } : {}) };
			return { id: message, content: text, ...more };
		},
		// A guest is told of authors with their messages, and may not ask.
		authors: async (ids) => {
			const asked = ids.map((user) => api.ask<PublicUser>('GET', `/api/users/${user}`).catch(() => null));
			return (await Promise.all(asked)).filter((user) => user !== null);
		}
	};
	return new Space(id, line, api, manner);
}
