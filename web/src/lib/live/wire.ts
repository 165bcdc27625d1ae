/** What the server says of a conversation to who is not in it, beside what it says to members. */
import type { Participant } from '../realtime/events.ts';
import type { ConversationRow, MessageRow } from '../wire/types.ts';

/** As much of a user as everybody may see. */
export interface Author {
	id: string;
	/** Empty: they have no account here. */
	name: string;
	display_name: string;
	picture: string | null;
}

/** `Who`: what is told of who writes. */
export interface Page<Who> {
	items: MessageRow[];
	page_token: string | null;
	authors?: Record<string, Who>;
}

/** The answer of a join. */
export interface Opened<Who> {
	conversation: ConversationRow;
	messages: Page<Who>;
	cursor: number;
	authors?: Record<string, Who>;
	users?: Who[];
	participants?: Participant[];
}

/** A push about messages. */
export interface Told<Who> {
	message?: MessageRow;
	author?: Who;
	version?: number;
	changes?: { kind: string; id: string; version: number; deleted: boolean; data: MessageRow | null }[];
}
