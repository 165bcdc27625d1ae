/** What is changed about a group, and what is said then. */
import type { Chat } from '#lib/state/chat.svelte.ts';
import type { ConversationItem, Person } from '#lib/state/model.ts';
import { sentence, strings } from '#lib/ui/strings.ts';
import { say } from '#lib/ui/toasts.svelte.ts';
import { panel } from './panel.svelte.ts';

const words = strings.chats.group;

export function changing({ client }: Chat, { id, approvals }: ConversationItem) {
	return {
		add: (people: Person[], shareHistory: boolean) =>
			tried(async () => {
				await client.do.addMembers(
					id,
					people.map((person) => person.id),
					{ shareHistory }
				);
				const names = people.map((person) => person.displayName);
				say(approvals === 1 ? words.added(names) : words.proposed(names), { kind: 'ok' });
			}),
		rename: (name: string) => tried(() => client.do.rename(id, name || null)),
		leave: () =>
			tried(async () => {
				await client.do.leave(id);
				panel.open = false;
			})
	};
}

/** Does it; what went wrong is said in a sentence. */
export async function tried(what: () => Promise<unknown>): Promise<void> {
	try {
		await what();
	} catch (error) {
		say(sentence(error), { kind: 'problem' });
	}
}
