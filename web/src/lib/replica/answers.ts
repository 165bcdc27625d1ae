/** What the server answers to a write, as the change that it is to everybody else. */
import type { Change } from './intake.ts';

export type Answer = Record<string, unknown>;

export function written(answer: Answer): Change {
	const message = answer.message as { message_group: string };
	return {
		kind: 'message',
		id: message.message_group,
		version: Number(answer.version),
		deleted: false,
		data: message as never
	};
}

export function deleted(answer: Answer): Change {
	return {
		kind: 'message',
		id: String(answer.message_group_id),
		version: Number(answer.version),
		deleted: true,
		data: null
	};
}

export function reacted(answer: Answer): Change[] {
	const reaction = answer.reaction as { id: string } | null;
	if (!reaction) return []; // its row comes with the push or the next pull
	return [
		{
			kind: 'reaction',
			id: reaction.id,
			version: Number(answer.version),
			deleted: false,
			data: reaction as never
		}
	];
}
