/** The part of a conversation that is seen, as the timeline needs it (state/timeline.svelte.ts is one). */
import type { MessageItem } from '../../state/model';

export interface TimelineSource {
	readonly items: MessageItem[];
	/** The replica was read. */
	readonly ready: boolean;
	/** Whether there are older messages, and where. */
	readonly older: 'here' | 'server' | 'none';
	/** There are newer messages than these. */
	readonly newer: boolean;
	readonly fetching: boolean;
	/** Older ones are on the server, which did not answer. */
	readonly cutOff: boolean;
	readonly unreadFrom: string | null;
	readonly unreadAbove: boolean;
	/** The reader sees the newest messages. */
	attending: boolean;
	up(at: string): void;
	down(at: string): void;
	fetchOlder(): void;
	goTo(message: string): void;
	goToNewest(): void;
	read(): void;
}
