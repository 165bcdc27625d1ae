/** What the pages of conversations share of one client. */
import type { Client } from '../replica/client';
import { Conversations } from './conversations.svelte';
import { Lastings } from './lastings';
import { People } from './people.svelte';
import { LastSeen } from './seen';

export class Chat {
	readonly people: People;
	readonly conversations: Conversations;
	readonly lastSeen = new LastSeen();
	/** How long what one writes lasts, by conversation, as one chose it last on this page. */
	readonly lasting = new Lastings();

	constructor(readonly client: Client) {
		this.people = new People(client);
		this.conversations = new Conversations(client, this.people);
	}
}

const chats = new WeakMap<Client, Chat>();

/** One for each client, however many pages ask. */
export function chatOf(client: Client): Chat {
	const held = chats.get(client);
	if (held) return held;
	// It outlives the page that asked first, and so must what is derived in it.
	$effect.root(() => {
		chats.set(client, new Chat(client));
	});
	return chats.get(client)!;
}
