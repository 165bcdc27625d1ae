/** What the server says of a conversation to who is not in it, beside what it says to members. */
import type { Author, ConversationRow, MessageRow, Participant } from '../wire/types.ts';

/** Whose `name` is empty has no account here. */
export type { Author };

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
