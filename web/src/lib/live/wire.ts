/** What the server says of a conversation to who is not in it, beside what it says to members. */
import type {
	Author,
	ConversationPulled,
	ConversationRow,
	MessageRow,
	Participant,
	ReactionChange
} from '../wire/types.ts';

/** Whose `name` is empty has no account here. */
export type { Author };

export type Change = ConversationPulled['changes'][number];

/** `Who`: what is told of who writes. */
export interface Page<Who> {
	items: MessageRow[];
	page_token: string | null;
	/** Those to these messages. */
	reactions?: ReactionChange[];
	authors?: Record<string, Who>;
}

/** The answer of a join; with `changes` since the cursor that it came with, in place of the page. */
export interface Opened<Who> {
	conversation: ConversationRow;
	messages: Page<Who>;
	cursor: number;
	epoch: string;
	authors?: Record<string, Who>;
	users?: Who[];
	participants?: Participant[];
	changes?: Change[];
	more?: boolean;
}

/** The answer of a pull. */
export interface Pulled<Who> {
	changes: Change[];
	cursor: number;
	more: boolean;
	authors?: Record<string, Who>;
}

/** A push of a change; without a version: of what is off the record. */
export interface Told<Who> {
	message?: MessageRow;
	author?: Who;
	version?: number;
	changes?: Change[];
}
