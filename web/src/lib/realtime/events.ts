// What is said on which topic: the events of docs/reference/socket.md, by kind of topic.

import type * as wire from '../wire/types.ts';

export type SystemTopic = 'system:general';
export type UserTopic = `user:${string}`;
export type ConversationTopic = `conversation:${string}`;
export type Topic = SystemTopic | UserTopic | ConversationTopic;

export const SYSTEM: SystemTopic = 'system:general';
export const userTopic = (id: string): UserTopic => `user:${id}`;
export const conversationTopic = (id: string): ConversationTopic => `conversation:${id}`;

/** Members who have a copy add some for those without. */
export interface ShareCopies {
	copies: Record<string, Record<string, string>>;
	op_id?: string | null;
}

export interface CopiesShared {
	version: number;
	shared: number;
}

/** What a client sends: payload and answer. */
interface SystemEvents {
	set_hidden: [wire.SetHidden, wire.MessageSent];
	set_status: [{ status: 'online' | 'idle' }, wire.Done];
	set_display_name: [wire.SetDisplayName, wire.Renamed];
	start_group_conversation: [wire.StartGroupConversation, wire.Begun];
	start_private_conversation: [wire.StartPrivateConversation, wire.Begun];
}

interface UserEvents {
	sync: [wire.Sync, wire.StreamPulled];
}

interface ConversationEvents {
	send_message: [wire.SendMessage, wire.MessageWritten];
	edit_message: [wire.EditMessage, wire.MessageWritten];
	delete_message: [wire.DeleteMessage, wire.MessageDeleted];
	react: [wire.React, wire.Reacted];
	unreact: [wire.React, wire.Reacted];
	share_copies: [ShareCopies, CopiesShared];
	start_typing: [wire.Nothing, wire.Done];
	finish_typing: [wire.Nothing, wire.Done];
	read_conversation: [wire.Nothing, wire.Read];
	change_alias: [wire.ChangeAlias, wire.AliasChanged];
	change_expiry: [wire.ChangeExpiry, wire.ExpiryChanged];
	modify_conversation: [wire.ModifyConversation, wire.Modified];
	leave_conversation: [wire.LeaveConversation, wire.Left];
	remove_member: [wire.RemoveMember, wire.MemberRemoved];
	set_encryption_keys: [wire.SetEncryptionKeys, wire.KeysSet];
	sync: [wire.Sync, wire.ConversationPulled];
}

/** What the server pushes. */
interface SystemPushes {
	presence_state: Record<string, wire.PresenceEntry>;
	presence_diff: wire.PresenceDiff;
	update_display_name: wire.UpdateDisplayName;
	update_profile: { user: wire.PublicUser };
	set_hidden: wire.Hidden;
}

interface UserPushes {
	new_conversation: wire.NewConversation | wire.ModifiedConversation;
	conversation_removed: wire.ConversationRemoved;
	join_requested: { conversation_id: string; user: wire.PublicUser };
	join_approved: { conversation_id: string; user_id: string; approvals: number; needed: number };
	new_message: wire.NewMessage;
	edit_message: wire.NewMessage;
	copies_shared: { conversation_id: string; version: number; changes: wire.MessageChange[] };
	message_expired: wire.ExpiredMessage;
	message_removed: wire.MessageRemoved;
	react: wire.ReactionPush;
	unreact: wire.ReactionPush;
	version: wire.BareVersion;
	settings: wire.Settings;
	read_mark: wire.ReadMark;
	choice: wire.ChoicePush;
	private_keys: wire.PrivateKeys;
	resync: wire.Resync;
}

interface ConversationPushes {
	new_message: wire.NewMessage;
	edit_message: wire.NewMessage;
	delete_message: wire.DeletedMessage;
	message_expired: wire.ExpiredMessage;
	message_removed: wire.MessageRemoved;
	react: wire.ReactionPush;
	unreact: wire.ReactionPush;
	start_typing: wire.Typing;
	finish_typing: wire.Typing;
	read_conversation: wire.ReadConversation;
	update_alias: wire.UpdateAlias;
	version: wire.BareVersion;
	update_expiry: wire.UpdateExpiry;
	member_joined: wire.MemberJoined;
	member_changed: wire.MemberChanged;
	leave_conversation: wire.LeftConversation;
	set_encryption_keys: wire.NewEncryptionKeys;
	resync: wire.Resync;
	user_count: wire.UserCount;
	participants: wire.Participants;
	put_out: wire.PutOut;
	room_ended: wire.RoomEnded;
}

/** Those of a conversation that carry a version, and what changed with it. */
export const CONVERSATION_CHANGES: readonly (keyof ConversationPushes)[] = [
	'new_message',
	'edit_message',
	'delete_message',
	'message_expired',
	'message_removed',
	'member_changed',
	'react',
	'unreact',
	'update_alias',
	'version',
	'update_expiry',
	'member_joined',
	'leave_conversation',
	'set_encryption_keys'
];

type By<T extends Topic, System, User, Conversation> = T extends SystemTopic
	? System
	: T extends UserTopic
		? User
		: Conversation;

type Events<T extends Topic> = By<T, SystemEvents, UserEvents, ConversationEvents>;
type Pushes<T extends Topic> = By<T, SystemPushes, UserPushes, ConversationPushes>;

export type EventOf<T extends Topic> = keyof Events<T> & string;
export type PayloadOf<T extends Topic, E extends EventOf<T>> = Events<T>[E] extends [infer Sent, unknown]
	? Sent
	: never;
export type AnswerOf<T extends Topic, E extends EventOf<T>> = Events<T>[E] extends [unknown, infer Got] ? Got : never;
export type PushOf<T extends Topic> = keyof Pushes<T> & string;
export type PushedOf<T extends Topic, E extends PushOf<T>> = Pushes<T>[E];

/** With a cursor the answer has `changes`, otherwise where everything stands, or the latest page. */
export type JoinedOf<T extends Topic> = By<
	T,
	wire.Done,
	wire.Heads | wire.StreamPulled,
	wire.Document | wire.ResumedDocument
>;
