/** A channel, as who does not subscribe to it sees it: in the clear. */
import type { Api } from '../realtime/http.ts';
import type { PublicUser } from '../wire/types.ts';
import type { Line } from './line.ts';
import { Space, type Manner } from './space.ts';
import type { Author, Page } from './wire.ts';

/** Messages of one page. */
const PAGE = 50;

export function openChannel(id: string, line: Line, api: Pick<Api, 'ask'>): Space<Author> {
	const manner: Manner<Author> = {
		resumes: true,
		params: () => line.params(),
		meet: (who) => who,
		read: async (row) => ({ text: row.content, unreadable: null }),
		async write({ id: message, text, subject, replyTo }) {
			const more = { ...(subject ? { subject } : {}), ...(replyTo ? { reply_to: replyTo } : {}) };
			return { id: message, content: text, ...more };
		},
		// A guest is told of authors with their messages, and may not ask.
		authors: async (ids) => {
			const asked = ids.map((user) => api.ask<PublicUser>('GET', `/api/users/${user}`).catch(() => null));
			return (await Promise.all(asked)).filter((user) => user !== null);
		},
		older: (past) => {
			const query = { conversation_id: id, page_token: past, page_size: PAGE };
			return api.ask<Page<Author>>('GET', '/api/messages', { query, signedIn: 'perhaps' });
		}
	};
	return new Space(id, line, manner);
}
