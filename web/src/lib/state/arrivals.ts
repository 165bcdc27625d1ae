/** What a sync brought while one looked elsewhere. Pure. */
import type { ConversationItem } from './model';

export interface Arrival {
	conversation: ConversationItem;
	/** How many came since the last look. */
	count: number;
}

/** The conversations that have more unread messages than `before`; not the one that is open. */
export function arrivals(before: ReadonlyMap<string, number>, now: ConversationItem[], open: string | null): Arrival[] {
	return now
		.filter((conversation) => conversation.id !== open)
		.map((conversation) => ({ conversation, count: conversation.unread - (before.get(conversation.id) ?? 0) }))
		.filter(({ count }) => count > 0);
}
