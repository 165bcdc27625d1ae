/** What the outbox holds: an operation as the person meant it, before it is sealed or has its final place. */
import type { Body, TextBody } from '../crypto/types.ts';
import type { GroupTerms, ProfileChange } from './client.ts';

export type Operation =
	| { do: 'send'; body: Body; expires_in?: number }
	| { do: 'edit'; body: TextBody }
	| { do: 'delete' }
	| { do: 'react'; emoji: string; on: boolean }
	| { do: 'start_private'; other: string }
	| { do: 'start_group'; users: string[]; alias: string | null; terms?: GroupTerms }
	| { do: 'add'; users: string[]; shareHistory: boolean }
	| { do: 'share'; users: string[]; messages: string[] }
	| { do: 'leave' }
	| { do: 'kick'; user: string }
	| { do: 'rename'; alias: string | null; before: string | null }
	| { do: 'last'; expires_in: number | null }
	| { do: 'read' }
	| { do: 'profile'; change: ProfileChange };

export type Doing = Operation['do'];

/** Doings whose refusal is shown at the conversation, not at a message. */
export const OF_CONVERSATION: readonly string[] = [
	'start_private',
	'start_group',
	'add',
	'leave',
	'kick',
	'rename',
	'last'
];
