/** What can be done with a message, said once for the bar, the menu and the keyboard. */
import type { MessageItem, Person } from '../../state/model';

export interface MessageActions {
	reply(message: MessageItem): void;
	edit(message: MessageItem): void;
	remove(message: MessageItem): void;
	copy(message: MessageItem): void;
	react(message: MessageItem, emoji: string, on: boolean): void;
	/** Opens the choice of all emoji. */
	chooseReaction(message: MessageItem): void;
	/** Opens the menu; `at`: beside which element, or where it was pressed. */
	menu(message: MessageItem, at: HTMLElement | { x: number; y: number }): void;
	retry(operation: string): void;
	discard(operation: string): void;
	/** What is done about messages of others; absent where one may not. */
	takeAway?: ((message: MessageItem) => void) | undefined;
	report?: ((message: MessageItem) => void) | undefined;
	block?: ((person: Person) => void) | undefined;
	/** Shows the message that another answers. */
	jump(id: string): void;
}

/** Reactions that are one press away. */
export const quick = ['👍', '❤️', '😂', '😮', '😢', '🎉'];

export type Can = Record<'reply' | 'react' | 'edit' | 'remove' | 'copy', boolean>;

/** `writable`: one may write in this conversation. What is off the record is nothing that could be referred to. */
export function can(message: MessageItem, writable: boolean): Can {
	const readable = message.text !== null;
	const kept = writable && !message.passing;
	return {
		reply: kept && readable,
		react: kept && readable,
		edit: kept && readable && message.mine,
		remove: kept && message.mine && !message.deleted,
		copy: readable
	};
}

/** Whether one's own reaction is on it already. */
export function reacted(message: MessageItem, emoji: string): boolean {
	return message.reactions.some((reaction) => reaction.mine && reaction.emoji === emoji);
}
