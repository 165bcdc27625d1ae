/** What is done about messages and people that should not be: over the network, at once. */
import type { Client } from '../replica/client';

export interface Report {
	conversation_id?: string;
	message_group_id?: string;
	user_id?: string;
	reason: string;
	/** What admins are shown of what the server cannot read. */
	excerpt?: string;
}

export function takeAway({ api }: Client, conversation: string, message: string, reason: string): Promise<unknown> {
	const json = reason ? { reason } : {};
	return api.ask('PUT', `/api/conversations/${conversation}/messages/${message}/removal`, { json });
}

export function report({ api }: Client, json: Report): Promise<unknown> {
	return api.ask('POST', '/api/reports', { json });
}
