/** What crosses the network, made from the server's types by `make types`: never edited. */

/**
 * A signed X25519 key: a JWK (RFC 7517, RFC 8037) with generation, identity key and its signature.
 */
export interface PublicKey {
	kty: 'OKP';
	crv: 'X25519';
	x: string;
	use: 'enc';
	kid: string;
	gen: number;
	ik: string;
	sig: string;
}
/**
 * One entry of the history of a user's identity key (Ed25519).
 *
 * `seq` counts from 1. `signature` is by the key itself, `previous_signature` by the one before it: null for
 * the first, and where the previous key is lost. Both are over `signing.identity_bytes`.
 */
export interface IdentityKey {
	ik: string;
	seq: number;
	signature: string;
	previous_signature?: string | null;
}
/**
 * How a client stretches the password before anything of it is sent: Argon2id over `m` KiB, in `t` passes and
 * `p` lanes, with a salt of 16 bytes.
 *
 * What is weaker than the bounds is refused here as clients refuse it; far above them nobody could sign in.
 */
export interface Kdf {
	salt: string;
	m: number;
	t: number;
	p: number;
}
/**
 * The account key (32 bytes), sealed by a client with AES-256-GCM: nonce and ciphertext with its tag.
 */
export interface Slot {
	v: 1;
	enc: 'A256GCM';
	iv: string;
	ct: string;
}
/**
 * What `actor` says and signs about `user` (one link concerns one user).
 *
 * `create` begins the chain with its creator; `add` makes `user` a member; `approve` is one member's consent
 * to `user`, where more than one is needed; `remove` ends another's membership, `leave` one's own. `user_ik`
 * is the identity key of `user` (b64u, 32 bytes), `gen` the generation of the key that is sealed to;
 * `remove` and `leave` repeat what the chain has. `signature` is b64u, 64 bytes, over `signing.link_bytes`.
 * `approvals` is said by `create` alone: how many members a later newcomer needs, 0 for all of them.
 */
export interface Link {
	action: 'add' | 'approve' | 'create' | 'leave' | 'remove';
	user: string;
	user_ik: string;
	gen: number;
	actor: string;
	signature: string;
	approvals?: number;
}
export interface Payload {
	token?: string | null;
}
export interface Write {
	token?: string | null;
	op_id?: string | null;
}
/**
 * A write with JSON objects that are kept as they come.
 */
export interface WriteOfDocuments {
	token?: string | null;
	op_id?: string | null;
}
/**
 * `cursor` and `epoch` together ask for what changed since, instead of the latest page; `ticket` is a room's.
 */
export interface JoinParams {
	token?: string | null;
	cursor?: number | null;
	epoch?: string | null;
	ticket?: string | null;
}
/**
 * An event without a payload of its own.
 */
export interface Nothing {
	token?: string | null;
}
export interface SetHidden {
	token?: string | null;
	op_id?: string | null;
	hidden: boolean;
}
/**
 * Of this socket; the user is online as long as one of theirs is.
 */
export interface SetStatus {
	token?: string | null;
	status: string;
}
export interface SetDisplayName {
	token?: string | null;
	op_id?: string | null;
	display_name: string;
}
/**
 * `open` begins a plaintext group that anyone may join; then keys are not needed.
 *
 * `listed`: others find it by searching. `approvals`: how many members a newcomer needs, 0 for all of them.
 */
export interface StartGroupConversation {
	token?: string | null;
	op_id?: string | null;
	user_ids?: string[];
	id?: string | null;
	public_key?: {} | null;
	private_key?: {} | null;
	alias?: string | null;
	open?: boolean;
	history?: string;
	approvals?: number;
	expires_in?: number | null;
	listed?: boolean;
	about?: string;
	links?: {}[] | null;
}
export interface StartPrivateConversation {
	token?: string | null;
	op_id?: string | null;
	other_user_id: string;
	id?: string | null;
	public_key?: {} | null;
	private_key?: {} | null;
	expires_in?: number | null;
	links?: {}[] | null;
}
export interface SendMessage {
	token?: string | null;
	op_id?: string | null;
	content?: string | null;
	encrypted_messages?: {
		[k: string]: string;
	} | null;
	sealed?: string | null;
	id?: string | null;
	index?: number | null;
	position?: number | null;
	device_id?: string | null;
	reply_to?: string | null;
	subject?: string | null;
	expires_in?: number | null;
	off_the_record?: boolean;
}
/**
 * `id` is a fresh UUID. `signature`: of the participant, over room, `id`, their unique name and `content`.
 *
 * `off_the_record` is refused: who asks for that must not find it kept.
 */
export interface SendSigned {
	token?: string | null;
	id: string;
	content: string;
	signature?: string;
	off_the_record?: boolean;
}
export interface EditMessage {
	token?: string | null;
	op_id?: string | null;
	content?: string | null;
	encrypted_messages?: {
		[k: string]: string;
	} | null;
	sealed?: string | null;
	message_group_id: string;
}
export interface DeleteMessage {
	token?: string | null;
	op_id?: string | null;
	message_group_id: string;
}
export interface React {
	token?: string | null;
	op_id?: string | null;
	message_group_id: string;
	emoji: string;
}
/**
 * `copies`: by message group, then by user id. What changed after the version `cursor` is left out.
 */
export interface ShareCopies {
	token?: string | null;
	op_id?: string | null;
	copies: {
		[k: string]: {
			[k: string]: string;
		};
	};
	cursor?: number | null;
}
export interface ChangeAlias {
	token?: string | null;
	op_id?: string | null;
	alias: string | null;
}
/**
 * How long messages last from now on unless they say otherwise, in seconds; null: for good.
 */
export interface ChangeExpiry {
	token?: string | null;
	op_id?: string | null;
	expires_in: number | null;
}
export interface LeaveConversation {
	token?: string | null;
	op_id?: string | null;
	links?: {}[] | null;
}
export interface ModifyConversation {
	token?: string | null;
	op_id?: string | null;
	new_members?: string[];
	alias?: string | null;
	links?: {}[] | null;
}
/**
 * `links`: in a sealed group, the actor's own signed link that removes the user.
 */
export interface RemoveMember {
	token?: string | null;
	op_id?: string | null;
	user_id: string;
	links?: {}[] | null;
}
export interface SetEncryptionKeys {
	token?: string | null;
	op_id?: string | null;
	public_key: {};
	private_key?: {} | null;
}
export interface Sync {
	token?: string | null;
	cursor?: number;
	limit?: number;
	epoch?: string | null;
}
/**
 * Seed 003's conversation, and what it is beyond that.
 */
export interface ConversationRow {
	id: string;
	private: boolean;
	alias: string | null;
	inserted_at: string;
	updated_at: string;
	kind: string;
	encrypted: boolean;
	sealed: boolean;
	history: string;
	approvals: number;
	joining: string;
	changing: string;
	reading: string;
	posting: string;
	placing: string;
	signed: boolean;
	expires_in: number | null;
	name: string | null;
	about: string;
	picture: string | null;
}
/**
 * Seed 003's message as one reader sees it: `id` is that of their copy, `message_group` that of the message.
 *
 * `ts`: nanoseconds, rising, a multiple of 1,024; where the server places the messages (seed 004).
 * `removed_by` is the moderator who removed it, `removed_because` why, in their words, perhaps none: then its text is
 * null for everyone.
 */
export interface MessageRow {
	id: string;
	sender: string;
	content: string | null;
	inserted_at: string;
	updated_at: string;
	message_group: string;
	index: number;
	position: number;
	device_id: string;
	rev: number;
	reply_to?: string | null;
	sealed?: string | null;
	deleted?: boolean;
	subject?: string | null;
	ts?: number | null;
	expires_at?: string | null;
	signature?: string | null;
	off_the_record?: boolean;
	removed_by?: string | null;
	removed_because?: string | null;
}
/**
 * Who wrote something, as anyone may see them, guests too. `picture`: as `PublicUser` has it.
 */
export interface Author {
	id: string;
	name: string;
	display_name: string;
	picture: string | null;
	bot: boolean;
}
/**
 * A moderator's own row: that they removed the message `message_group`, and why.
 */
export interface RemovalRow {
	message_group: string;
	moderator_id: string;
	reason: string;
	inserted_at: string;
}
export interface ReactionRow {
	id: string;
	message_group: string;
	user_id: string;
	emoji: string;
}
/**
 * `muted`: a moderator decided that they may not write, until `muted_until` (null: until it is lifted).
 */
export interface MemberRow {
	user_id: string;
	role: string;
	joined_version: number;
	left_version: number | null;
	muted?: boolean;
	muted_until?: string | null;
}
/**
 * A member's public key; `gen` only rises.
 */
export interface KeyRow {
	user_id: string;
	gen: number;
	public_key: unknown;
}
export interface LinkRow {
	seq: number;
	link: unknown;
}
/**
 * A conversation in a user's own stream.
 */
export interface ListingRow {
	conversation: ConversationRow;
	role: string;
	joined_version: number;
}
/**
 * When the user read a conversation last, in their own stream.
 */
export interface ReadMarkRow {
	conversation_id: string;
	read_at: string;
}
/**
 * What a user set for themselves: to block or watch the user `about_id`, or to mute the conversation of that id.
 */
export interface ChoiceRow {
	kind: 'block' | 'mute' | 'watch';
	about_id: string;
}
/**
 * One generation of one's own key for a conversation, the private part as the client wrapped it.
 */
export interface PrivateKeyRow {
	gen: number;
	public_key: unknown;
	private_key: unknown;
}
/**
 * All generations of one's own keys for a conversation, oldest first, in the user's own stream.
 */
export interface PrivateKeysRow {
	conversation_id: string;
	private_keys: PrivateKeyRow[];
}
/**
 * The latest state of one row: `data` is null when it is deleted.
 */
export interface Changed {
	kind: string;
	id: string;
	version: number;
	deleted: boolean;
	data: unknown;
}
/**
 * A page of changes (Hubbub protocol, section 2); `heads` only on the user's own stream.
 *
 * `read_times`, by user id, only on the last page of a conversation that one is a member of. `authors`: whom the rows
 * name, by user id, where anyone may read: guests can ask nobody.
 */
export interface Pulled {
	epoch: string;
	changes: Changed[];
	cursor: number;
	more: boolean;
	heads?: {
		[k: string]: number;
	};
	read_times?: {
		[k: string]: string;
	};
	authors?: {
		[k: string]: Author;
	};
}
/**
 * `id` is that of the message, seed 003's message group.
 */
export interface MessageChange {
	kind: 'message';
	id: string;
	version: number;
	deleted: boolean;
	data: MessageRow | null;
}
export interface ReactionChange {
	kind: 'reaction';
	id: string;
	version: number;
	deleted: boolean;
	data: ReactionRow | null;
}
/**
 * `id` is that of the message.
 */
export interface RemovalChange {
	kind: 'removal';
	id: string;
	version: number;
	deleted: boolean;
	data: RemovalRow;
}
export interface ConversationRowChange {
	kind: 'conversation';
	id: string;
	version: number;
	deleted: boolean;
	data: ConversationRow;
}
/**
 * `id` is that of the user; deleted: they left.
 */
export interface MemberChange {
	kind: 'member';
	id: string;
	version: number;
	deleted: boolean;
	data: MemberRow | null;
}
/**
 * `id` is user id, colon, generation.
 */
export interface KeyChange {
	kind: 'key';
	id: string;
	version: number;
	deleted: boolean;
	data: KeyRow;
}
/**
 * `id` is the link's place in the membership chain.
 */
export interface LinkChange {
	kind: 'link';
	id: string;
	version: number;
	deleted: boolean;
	data: LinkRow;
}
/**
 * A conversation that the user is in; deleted: they are no longer.
 */
export interface ListingChange {
	kind: 'conversation';
	id: string;
	version: number;
	deleted: boolean;
	data: ListingRow | null;
}
export interface SettingsChange {
	kind: 'settings';
	id: string;
	version: number;
	deleted: boolean;
	data: OwnUser;
}
/**
 * A user as they see themselves; also the row `settings` of their stream. The address of a bot is empty.
 *
 * `confirmed`: the address is proven to be theirs. `picture` names it in `/pictures/{picture}/256.webp`; null: there
 * is none. `conduct`: whether they agreed to the code of conduct as it is now; `none`: this server has none.
 */
export interface OwnUser {
	id: string;
	email: string;
	confirmed: boolean;
	display_name: string;
	about: string;
	picture: string | null;
	hidden: boolean;
	theme: 'day' | 'night';
	magnification: number;
	recents: string[];
	name: string;
	admin: boolean;
	conduct: 'accepted' | 'none' | 'open';
}
/**
 * `id` is that of the conversation.
 */
export interface ReadMarkChange {
	kind: 'read_mark';
	id: string;
	version: number;
	deleted: boolean;
	data: ReadMarkRow;
}
/**
 * `id` is that of the conversation.
 */
export interface PrivateKeysChange {
	kind: 'private_keys';
	id: string;
	version: number;
	deleted: boolean;
	data: PrivateKeysRow;
}
/**
 * `id` is the kind of the choice, colon, whom or what it is about; deleted: it was taken back.
 */
export interface ChoiceChange {
	kind: 'choice';
	id: string;
	version: number;
	deleted: boolean;
	data: ChoiceRow | null;
}
/**
 * Messages as one reader sees them, latest first; `page_token` is null on the last page.
 *
 * `reactions`: those to them, where they are rows of their own, the first one first, and at most 1,000; absent: there
 * are none. `authors`: whom these rows name, by user id, where anyone may read.
 */
export interface MessagePage {
	items: MessageRow[];
	page_token: string | null;
	reactions?: ReactionChange[];
	authors?: {
		[k: string]: Author;
	};
}
/**
 * An empty object: it was done, and there is nothing to say.
 */
export interface Done {}
/**
 * Where everything stands: the version of each of one's conversations, and `cursor`, that of one's own stream.
 */
export interface Heads {
	heads: {
		[k: string]: number;
	};
	cursor: number;
	epoch: string;
}
/**
 * A conversation as a member sees it: the latest page of messages, and `cursor`, the version that it shows.
 *
 * `read_times`, `public_keys`: by user id. `private_keys`: every generation of one's own, oldest first;
 * `private_key` is the newest. `links`: the membership chain, in encrypted conversations. In an open group of more
 * than 256 members, `users` are oneself and the authors of the page, and `read_times` is empty. Where anyone may read,
 * `authors` are those of the page, by user id; guests are told of nobody else.
 */
export interface Document {
	conversation: ConversationRow;
	messages: MessagePage;
	read_times: {
		[k: string]: string;
	};
	users: PublicUser[];
	public_keys: {
		[k: string]: {};
	};
	private_key: {} | null;
	private_keys: PrivateKeyRow[];
	cursor: number;
	epoch: string;
	links?: {}[];
	authors?: {
		[k: string]: Author;
	};
}
/**
 * A user as another one sees them. `email` is null unless the two share a conversation into which one is let by
 * its members: a private one or a group that not anyone may join. `picture` is as in `OwnUser`. `bot`: it is a
 * program's account.
 */
export interface PublicUser {
	id: string;
	email: string | null;
	display_name: string;
	name: string;
	about: string;
	picture: string | null;
	bot: boolean;
}
/**
 * The answer to a join with a cursor: `changes` since then, in place of the page, which is empty.
 */
export interface ResumedDocument {
	conversation: ConversationRow;
	messages: MessagePage;
	read_times: {
		[k: string]: string;
	};
	users: PublicUser[];
	public_keys: {
		[k: string]: {};
	};
	private_key: {} | null;
	private_keys: PrivateKeyRow[];
	cursor: number;
	epoch: string;
	links?: {}[];
	authors?: {
		[k: string]: Author;
	};
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
	more: boolean;
}
/**
 * A room as a participant sees it. `messages` are the latest 50, the last first; its `page_token` is the id of the
 * oldest of them, for `before` of `GET /api/rooms/{id}/messages`. `participants` are those who are there now,
 * `authors` those who wrote what is shown, by id.
 */
export interface RoomDocument {
	conversation: ConversationRow;
	messages: MessagePage;
	participants: Participant[];
	authors: {
		[k: string]: Participant;
	};
	cursor: number;
	epoch: string;
}
/**
 * Who takes part in a room: `name` is theirs alone there, `user_id` null for a guest.
 */
export interface Participant {
	id: string;
	name: string;
	user_id: string | null;
	public_key: string;
}
/**
 * The latest state of each row that changed after the cursor, by version.
 *
 * `cursor` is the version that the page reaches; while `more`, pull again from there. The last page has the
 * `read_times` too, by user id. Where anyone may read, `authors` are those whom the rows name.
 */
export interface ConversationPulled {
	epoch: string;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
	cursor: number;
	more: boolean;
	read_times?: {
		[k: string]: string;
	};
	authors?: {
		[k: string]: Author;
	};
}
/**
 * As `ConversationPulled`, of the user's own stream; and `heads`, the version of each of their conversations.
 */
export interface StreamPulled {
	epoch: string;
	changes: (ListingChange | SettingsChange | ReadMarkChange | PrivateKeysChange | ChoiceChange)[];
	cursor: number;
	more: boolean;
	heads: {
		[k: string]: number;
	};
}
/**
 * What seed 003 answers to `set_hidden`.
 */
export interface MessageSent {
	status: 'message_sent';
}
export interface StatusSet {
	status: 'idle' | 'online';
}
export interface Renamed {
	user_id: string;
	display_name: string;
}
/**
 * The conversation that was begun, or the private one that the two had already.
 */
export interface Begun {
	conversation_id: string;
}
/**
 * The message as its author sees it, and the version at which it was written.
 */
export interface MessageWritten {
	message: MessageRow;
	version: number;
}
/**
 * The message as its author sees it, told to who is there and not kept: so it has no version.
 */
export interface MessageSpoken {
	message: MessageRow;
}
export interface MessageDeleted {
	message_group_id: string;
	version: number;
}
/**
 * `reaction` is null when it is taken off.
 */
export interface Reacted {
	reaction: ReactionRow | null;
	version: number;
}
/**
 * `shared`: how many copies were added; those of who could read already are not.
 */
export interface CopiesShared {
	version: number;
	shared: number;
}
export interface Read {
	read_at: string;
}
export interface AliasChanged {
	conversation: ConversationRow;
	version: number;
}
export interface ExpiryChanged {
	conversation: ConversationRow;
	version: number;
}
/**
 * `user_ids`: everyone who is a member now.
 */
export interface Modified {
	conversation: ConversationRow;
	user_ids: string[];
	version: number;
}
export interface Left {
	user_id: string;
	version: number;
}
export interface MemberRemoved {
	user_id: string;
	version: number;
}
/**
 * `gen`: the generation that the keys were stored as.
 */
export interface KeysSet {
	gen: number;
	version: number;
}
/**
 * An empty object.
 */
export interface Resync {}
/**
 * One socket of a user; `phx_ref` tells it from their others.
 */
export interface PresenceMeta {
	phx_ref: string;
	online_at: string;
	status: 'idle' | 'online';
}
export interface PresenceEntry {
	metas: PresenceMeta[];
}
/**
 * Sockets that came and went, by user id, in Phoenix's shape.
 */
export interface PresenceDiff {
	joins: {
		[k: string]: PresenceEntry;
	};
	leaves: {
		[k: string]: PresenceEntry;
	};
}
export interface UpdateDisplayName {
	user_id: string;
	display_name: string;
}
/**
 * `user` as their contacts see them.
 */
export interface UpdateProfile {
	user: PublicUser;
}
export interface Hidden {
	hidden: boolean;
}
/**
 * To who is new in it. `user_ids`: all its members; `changes` are of one's own stream.
 */
export interface NewConversation {
	conversation: ConversationRow;
	user_ids: string[];
	user_version: number;
	changes: (ListingChange | PrivateKeysChange)[];
}
/**
 * To who was in it before. `changes` are of the conversation.
 */
export interface ModifiedConversation {
	conversation: ConversationRow;
	user_ids: string[];
	version: number;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
}
/**
 * `moderator_id` and `reason`: who removed one, and why, when one did not leave by oneself.
 */
export interface ConversationRemoved {
	conversation_id: string;
	user_version: number;
	changes: ListingChange[];
	moderator_id?: string;
	reason?: string;
}
/**
 * `changes` only where an edit of an encrypted message left one out: what one held of it is withdrawn.
 */
export interface BareVersion {
	conversation_id: string;
	version: number;
	changes?: MessageChange[];
}
export interface Settings {
	user_version: number;
	changes: SettingsChange[];
}
export interface ReadMark {
	conversation_id: string;
	user_version: number;
	changes: ReadMarkChange[];
}
export interface PrivateKeys {
	user_version: number;
	changes: PrivateKeysChange[];
}
export interface ChoicePush {
	user_version: number;
	changes: ChoiceChange[];
}
/**
 * `message` as the receiver sees it: with their own copy, where the conversation is encrypted.
 *
 * `author`, of a new message, where anyone may read: guests can ask nobody. So it is below, of a reaction and of a
 * removal.
 */
export interface NewMessage {
	conversation_id: string;
	message: MessageRow;
	version: number;
	changes: MessageChange[];
	author?: Author;
}
/**
 * `message` is `off_the_record`: its place is where it was composed to stand, and it is in no version.
 */
export interface PassingMessage {
	conversation_id: string;
	message: MessageRow;
	author?: Author;
}
/**
 * `changes` are the messages as the receiver sees them now, at the version of the sharing.
 */
export interface SharedCopies {
	conversation_id: string;
	version: number;
	changes: MessageChange[];
}
export interface DeletedMessage {
	message_group_id: string;
	conversation_id: string;
	version: number;
	changes: MessageChange[];
}
/**
 * `changes` are the tombstones of the message and of the reactions to it.
 */
export interface ExpiredMessage {
	conversation_id: string;
	message_group_id: string;
	version: number;
	changes: (MessageChange | ReactionChange)[];
}
export interface ReactionPush {
	conversation_id: string;
	message_group_id: string;
	user_id: string;
	emoji: string;
	version: number;
	changes: ReactionChange[];
	author?: Author;
}
export interface Typing {
	user_id: string;
}
export interface ReadConversation {
	user_id: string;
	conversation_id: string;
	read_at: string;
}
export interface UpdateAlias {
	conversation: ConversationRow;
	version: number;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
}
export interface UpdateExpiry {
	conversation: ConversationRow;
	version: number;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
}
/**
 * Somebody came in by themselves.
 */
export interface MemberJoined {
	user_id: string;
	conversation_id: string;
	version: number;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
}
/**
 * `user` asks to be let in; what they say is read from the group's requests.
 */
export interface JoinRequested {
	conversation_id: string;
	user: PublicUser;
}
/**
 * `user_id` has so many `approvals` of the `needed` ones now; with the last one they are in.
 */
export interface JoinApproved {
	conversation_id: string;
	user_id: string;
	approvals: number;
	needed: number;
}
/**
 * `moderator_id`: who removed them, when they did not leave by themselves.
 */
export interface LeftConversation {
	user_id: string;
	conversation_id: string;
	version: number;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
	moderator_id?: string;
}
/**
 * `changes`: the message without its text, the moderator's row, and the reactions that went with it.
 */
export interface MessageRemoved {
	conversation_id: string;
	message_group_id: string;
	moderator_id: string;
	reason: string;
	version: number;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
	author?: Author;
}
/**
 * `changes` is empty where what was decided is about somebody who is no member.
 */
export interface MemberChanged {
	user_id: string;
	conversation_id: string;
	version: number;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
}
export interface NewEncryptionKeys {
	user_id: string;
	public_key: {};
	conversation_id: string;
	version: number;
	changes: (
		MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
	)[];
}
/**
 * `authorized`: accounts, each once; `anonymous`: guests, by sockets; over all processes and both sockets.
 */
export interface UserCount {
	authorized: number;
	anonymous: number;
}
/**
 * As `NewMessage`, with the participant who wrote it: some see them for the first time.
 */
export interface RoomMessage {
	conversation_id: string;
	message: MessageRow;
	version: number;
	changes: MessageChange[];
	author: Participant;
}
/**
 * Everyone who is there now.
 */
export interface Participants {
	participants: Participant[];
}
/**
 * `idle`: nobody wrote or joined; `age`: it lasted as long as rooms may; `closed`: by its owner.
 */
export interface RoomEnded {
	reason: 'age' | 'closed' | 'idle';
}
/**
 * By whom: `owner`, who began the room, or `admin`. An account goes with all the participants that it is there.
 */
export interface PutOut {
	participants: string[];
	reason: 'admin' | 'owner';
}
/**
 * What an authenticator answered to a challenge: an AuthenticationResponseJSON of WebAuthn level 3, 5.1.
 */
export interface Assertion {
	/**
	 * Of a WebAuthn credential, as base64url.
	 */
	id: string;
	response: AssertionResponse;
}
export interface AssertionResponse {
	clientDataJSON: string;
	authenticatorData: string;
	signature: string;
	userHandle?: string | null;
}
/**
 * That it is really the owner of the account who asks: the current `password` as it is sent to sign in, or what a
 * `passkey` answered to `POST /api/passkeys/proof`. Empty: that the sign-in is younger than five minutes.
 */
export interface Proof {
	password?: string | null;
	passkey?: Assertion | null;
}
/**
 * `device_proof`, of an earlier answer, says that this device was signed in to the account before: then the wrong
 * passwords that others try do not count against it.
 */
export interface Login {
	email: string;
	password: string;
	device_name?: string | null;
	device_proof?: string | null;
	captcha?: string | null;
}
/**
 * `op_id` makes a repeat of the same exchange, within five minutes, give the same answer.
 */
export interface Refresh {
	token: string;
	op_id?: string | null;
}
export interface Prelogin {
	email: string;
}
/**
 * With `kdf`, `new_password` is what the client derived by it, and `slot` the account key under the rest.
 *
 * A change that brings no `slot` deletes the old one; one without `kdf` says that the password is sent as it is typed.
 */
export interface SetPassword {
	new_password: string;
	new_password_confirmation: string;
	kdf?: Kdf | null;
	slot?: Slot | null;
}
/**
 * In place of the current `password` there may be another `proof`: an account may have none.
 */
export interface ChangePassword {
	new_password: string;
	new_password_confirmation: string;
	kdf?: Kdf | null;
	slot?: Slot | null;
	password?: string | null;
	proof?: Proof | null;
}
/**
 * `messages`: what becomes of what one wrote: it is removed everywhere, or stays under no name. `leaves`: by the id
 * of each sealed group that one is in, the signed link that leaves it; where it is missing, or comes too late, one
 * stays a member there without a name until another takes one out.
 */
export interface DeleteAccount {
	messages: 'keep' | 'remove';
	leaves?: {
		[k: string]: {}[];
	};
	password?: string | null;
	proof?: Proof | null;
}
/**
 * What is left out stays as it is.
 */
export interface ChangeProfile {
	hidden?: boolean;
	theme?: 'day' | 'night';
	magnification?: number;
	/**
	 * @maxItems 50
	 */
	recents?: string[];
	/**
	 * Blanks around it are taken off.
	 */
	display_name?: string;
	/**
	 * What the user says of themselves.
	 */
	about?: string;
	/**
	 * Made by the client; makes a repeat safe.
	 */
	op_id?: string;
}
/**
 * The next entry of the user's history of identity keys; keys and signatures are base64url.
 */
export interface NewIdentityKey {
	ik: string;
	seq: number;
	signature: string;
	previous_signature?: string | null;
	wrapped_seed?: string | null;
}
/**
 * The user's own conversation key: a JWK, signed by the identity key, and its private part wrapped by
 * the client.
 */
export interface NewUserKey {
	public_key: {};
	private_key?: {} | null;
}
/**
 * `slots` replace those of the same names, which takes the current `password` as it is sent to sign in, or another
 * `proof`. Slots that come with a new `identity` are all that are left: the account key is a new one, too.
 */
export interface RegisterKeys {
	identity?: NewIdentityKey | null;
	user_key?: NewUserKey | null;
	slots?: {
		[k: string]: Slot;
	} | null;
	password?: string | null;
	proof?: Proof | null;
}
export interface FirstSlots {
	password: Slot;
	recovery: Slot;
}
export interface RecoverySlot {
	recovery: Slot;
}
/**
 * What an account is made of, whichever is the first way into it. Keys are made for an `id` of the client's.
 */
export interface Registration {
	/**
	 * An e-mail address; compared without regard to case.
	 */
	email: string;
	display_name?: string | null;
	id?: string | null;
	identity?: NewIdentityKey | null;
	user_key?: NewUserKey | null;
	device_name?: string | null;
	invitation?: string | null;
	captcha?: string | null;
}
/**
 * With `kdf`, `password` is what the client derived by it.
 */
export interface Register {
	/**
	 * An e-mail address; compared without regard to case.
	 */
	email: string;
	display_name?: string | null;
	id?: string | null;
	identity?: NewIdentityKey | null;
	user_key?: NewUserKey | null;
	device_name?: string | null;
	invitation?: string | null;
	captcha?: string | null;
	password: string;
	kdf?: Kdf | null;
	slots?: FirstSlots | null;
}
/**
 * `version` is that of the text which was shown.
 */
export interface AcceptConduct {
	version: string;
}
/**
 * Seed 004's registration.
 */
export interface ChatRegister {
	/**
	 * An e-mail address; compared without regard to case.
	 */
	email: string;
	name: string;
	password: string;
	invitation?: string | null;
	captcha?: string | null;
}
/**
 * Seed 004's sign-in; its clients send a `name`, too, which tells nothing.
 */
export interface ChatLogin {
	email: string;
	password: string;
	captcha?: string | null;
}
/**
 * `current_password` is needed where the keys of an account hang on it (where `kdf` was set), and five minutes
 * after signing in.
 */
export interface NewChatPassword {
	password: string;
	current_password?: string | null;
}
/**
 * An account as seed 004 knows it; the credentials are in the headers `Authorization` and `Set-Cookie`.
 */
export interface ChatAccount {
	id: string;
	email: string;
	name: string;
}
/**
 * How to stretch the password that belongs to an address; made up where nothing is known of the address.
 */
export interface Stretching {
	kdf: Kdf;
}
/**
 * `conversations`: those that the user is a member of; `users`: everyone else in those into which one is let by
 * their members. Who is in the others is told where one joins them. `device_proof` is for the device's next sign-in.
 */
export interface SignedIn {
	user: OwnUser;
	conversations: ConversationRow[];
	users: PublicUser[];
	auth_token: string;
	refresh_token: string;
	device_proof: string;
}
export interface Profile {
	hidden: boolean;
	theme: 'day' | 'night';
	magnification: number;
	recents: string[];
	display_name: string;
	about: string;
}
/**
 * `picture` names it in `/pictures/{picture}/256.webp`.
 */
export interface OwnPicture {
	picture: string;
}
/**
 * `page_token` is null on the last page.
 */
export interface UserPage {
	items: PublicUser[];
	page_token: string | null;
}
export interface PrivateConversation {
	conversation_id: string | null;
}
/**
 * All that one set for oneself, by kind and id.
 */
export interface ChoiceList {
	items: ChoiceRow[];
}
export interface ChangeRole {
	role: 'member' | 'moderator';
}
/**
 * `until` (RFC 3339 in UTC) is when it ends by itself. `links`: to ban a member of a sealed group takes a signed
 * link that removes them.
 */
export interface NewSanction {
	/**
	 * Shown to those whom it concerns.
	 */
	reason?: string;
	until?: string | null;
	/**
	 * @maxItems 1
	 */
	links?: [] | [Link];
}
/**
 * What a moderator decided: `mute`, the user may not write; `ban`, they may not come in.
 */
export interface SanctionRow {
	user_id: string;
	kind: 'ban' | 'mute';
	moderator_id: string;
	reason: string;
	until: string | null;
	inserted_at: string;
}
export interface SanctionList {
	items: SanctionRow[];
}
export interface NewRemoval {
	/**
	 * Shown to those whom it concerns.
	 */
	reason?: string;
}
/**
 * About a message of a conversation, about a conversation as such, or about a user.
 *
 * `excerpt`: of an encrypted message, what the reporter shows of it.
 */
export interface NewReport {
	conversation_id?: string | null;
	message_group_id?: string | null;
	user_id?: string | null;
	reason: string;
	excerpt?: string | null;
}
export interface Resolution {
	resolution: string;
}
/**
 * `user_id`: whom it is about, of a message its author. `resolved_by` and `resolved_at` are null while it waits.
 */
export interface ReportRow {
	id: string;
	reporter_id: string;
	conversation_id: string | null;
	message_group_id: string | null;
	user_id: string | null;
	reason: string;
	excerpt: string | null;
	resolution: string | null;
	resolved_by: string | null;
	resolved_at: string | null;
	inserted_at: string;
}
/**
 * `page_token` is null on the last page.
 */
export interface ReportPage {
	items: ReportRow[];
	page_token: string | null;
}
/**
 * That `actor_id` did `action`; `detail` are their own words.
 */
export interface AuditRow {
	id: string;
	actor_id: string;
	action: string;
	conversation_id: string | null;
	user_id: string | null;
	message_group_id: string | null;
	detail: string;
	inserted_at: string;
}
/**
 * `page_token` is null on the last page.
 */
export interface AuditPage {
	items: AuditRow[];
	page_token: string | null;
}
/**
 * `title` is what people read; the `name` in addresses is made from it. `id` is a fresh UUID, for repeats.
 */
export interface NewChannel {
	title: string;
	/**
	 * What is talked about in it.
	 */
	about?: string;
	id?: string | null;
}
/**
 * What is left out stays as it is.
 */
export interface ChangeChannel {
	title?: string;
	/**
	 * What is talked about in it.
	 */
	about?: string;
	/**
	 * `anyone`: also without an account.
	 */
	reading?: 'anyone' | 'members';
	/**
	 * Who may write; its owner may in any case.
	 */
	posting?: 'members' | 'moderators';
}
/**
 * A channel as one reader sees it; `members` is how many subscribe to it.
 */
export interface Channel {
	id: string;
	name: string;
	title: string;
	about: string;
	reading: string;
	posting: string;
	owner_id: string;
	inserted_at: string;
	members: number;
	subscribed: boolean;
}
/**
 * `page_token` is null on the last page.
 */
export interface ChannelPage {
	items: Channel[];
	page_token: string | null;
}
/**
 * The code of conduct in Markdown; `version` is another one whenever the text is.
 */
export interface ConductText {
	text: string;
	version: string;
	accepted: boolean;
}
/**
 * A place on the leader-board; who has as many points shares the rank. `reactions` are those that others gave.
 */
export interface Ranked {
	rank: number;
	user: PublicUser;
	messages: number;
	reactions: number;
	points: number;
}
/**
 * The best first. Who hides when they are online is here all the same: it says what everyone can read.
 */
export interface Leaderboard {
	period: 'all' | 'day' | 'week';
	items: Ranked[];
}
/**
 * `encrypted`: what is said is sealed by a key in the link, after the `#`, which the server never gets.
 */
export interface NewRoom {
	title?: string | null;
	encrypted?: boolean;
	id?: string | null;
}
/**
 * That one has the key: `signature`, by it, over "hubbub-room-join/1", the room and the `nonce` of the refusal.
 */
export interface JoinProof {
	nonce: string;
	signature: string;
}
/**
 * `name` is a wish; `public_key` is Ed25519, 32 bytes as base64url. `proof` is for a key that was there before.
 */
export interface JoinRoom {
	name: string;
	public_key: string;
	proof?: JoinProof | null;
}
/**
 * `link` is for people. It ends `idle_after` seconds after the last message or join, at the latest at `ends_at`,
 * `longest` seconds after it began. `history_limit`: messages that are kept. `participants`: everyone who ever joined.
 */
export interface Room {
	id: string;
	title: string | null;
	encrypted: boolean;
	link: string;
	owner_id: string;
	ends_at: string;
	idle_after: number;
	longest: number;
	history_limit: number;
	participants: Participant[];
	inserted_at: string;
}
export interface RoomList {
	items: Room[];
}
/**
 * `ticket` is what the participant joins the room's topic with, on the socket; it lasts as long as the room.
 */
export interface JoinedRoom {
	participant: Participant;
	room: Room;
	ticket: string;
}
/**
 * `signature`: of the participant, over "hubbub-room/1", the room, `id` (a fresh UUID), their unique name, `text`.
 *
 * In an encrypted room `text` is base64url of nonce and ciphertext.
 */
export interface NewRoomMessage {
	id: string;
	participant: string;
	text: string;
	signature?: string;
}
/**
 * Messages of a room, oldest first; `authors` are the participants who wrote them, by id.
 */
export interface RoomMessages {
	items: MessageRow[];
	authors: {
		[k: string]: Participant;
	};
}
/**
 * What is left out stays as it is. `public_key`: an X25519 JWK, to which requests to be let in are sealed.
 */
export interface ChangeGroup {
	/**
	 * What the user says of themselves.
	 */
	about?: string;
	listed?: boolean;
	public_key?: {} | null;
	expires_in?: number | null;
}
/**
 * `request`: what one says to the members, sealed to the group's `public_key` (base64url).
 */
export interface AskToJoin {
	request?: string | null;
}
/**
 * A group as one reader sees it; `members` is how many are in it, `member` and `requested` are the reader's own.
 *
 * `joining`: `anyone`, or `members`, who let newcomers in, `approvals` of them (0: all). `public_key` is a JWK.
 */
export interface Group {
	id: string;
	title: string | null;
	about: string;
	picture: string | null;
	encrypted: boolean;
	joining: string;
	approvals: number;
	listed: boolean;
	members: number;
	member: boolean;
	requested: boolean;
	public_key: {} | null;
	owner_id: string;
	inserted_at: string;
}
/**
 * `page_token` is null on the last page.
 */
export interface GroupPage {
	items: Group[];
	page_token: string | null;
}
/**
 * Somebody asks to be let in; `request` is as in `AskToJoin`.
 */
export interface JoinRequest {
	user: PublicUser;
	request: string | null;
	inserted_at: string;
}
/**
 * The oldest first.
 */
export interface JoinRequests {
	items: JoinRequest[];
}
/**
 * One identity key of a user's history, `seq` counting from 1; `inserted_at` in RFC 3339.
 */
export interface IdentityEntry {
	ik: string;
	seq: number;
	signature: string;
	previous_signature: string | null;
	inserted_at: string;
}
export interface OwnIdentityEntry {
	ik: string;
	seq: number;
	signature: string;
	previous_signature: string | null;
	inserted_at: string;
	wrapped_seed: string | null;
}
export interface UserKey {
	gen: number;
	public_key: {};
	inserted_at: string;
}
export interface OwnUserKey {
	gen: number;
	public_key: {};
	inserted_at: string;
	private_key: {} | null;
}
/**
 * What others encrypt to and check: the whole history of identity keys, oldest first, and the newest
 * user key.
 */
export interface PublicKeys {
	user_id: string;
	identity: IdentityEntry[];
	user_key: UserKey | null;
}
/**
 * One's own keys with what only the user may have; `user_keys` newest first.
 *
 * `kdf` is null where the password is sent as it is typed.
 */
export interface OwnKeys {
	user_id: string;
	identity: OwnIdentityEntry[];
	user_keys: OwnUserKey[];
	slots: {
		[k: string]: Slot;
	};
	kdf: Kdf | null;
}
/**
 * What the web client shows of the server. `logo`: a path or an address; `accent`: `#rrggbb`; null: its own.
 *
 * `api` is the origin of the API; empty: the page's own. `conduct` is the version of the code of conduct; null: there
 * is none, and `/api/conduct` need not be asked. `registration`: who may make an account; `captcha`: whether pages
 * solve a challenge for that, and for signing in.
 */
export interface ClientSettings {
	name: string;
	logo: string | null;
	accent: string | null;
	api: string;
	version: string;
	conduct: string | null;
	registration: 'closed' | 'invited' | 'open';
	captcha: boolean;
}
/**
 * Event `settings` on `user:{id}`: one row of the user's stream.
 */
export interface SettingsPush {
	user_version: number;
	changes: Changed[];
}
/**
 * RFC 9457. `code` is stable, for programs; `detail` is a sentence for people and may change.
 */
export interface Problem {
	type: string;
	title: string;
	status: number;
	detail: string;
	code: string;
	current?: {
		[k: string]: unknown;
	};
}
/**
 * One sign-in. `device` may be empty: nothing is known of it. Times are RFC 3339.
 *
 * `used_at` is when it last renewed its tokens, which it does every half an hour at most while it is used. `current`:
 * it is the one that asks.
 */
export interface Session {
	id: string;
	device: string;
	began_at: string;
	used_at: string;
	current: boolean;
}
/**
 * The one that was used last comes first.
 */
export interface SessionList {
	items: Session[];
}
export interface AttestationResponse {
	clientDataJSON: string;
	attestationObject: string;
	/**
	 * @maxItems 32
	 */
	transports?: string[];
}
/**
 * What an authenticator made: a RegistrationResponseJSON.
 */
export interface Attestation {
	/**
	 * Of a WebAuthn credential, as base64url.
	 */
	id: string;
	response: AttestationResponse;
}
export interface BeginPasskey {
	proof: Proof;
}
/**
 * `id` and the options that led to `credential` are those of one answer. `slot`: the account key under what the
 * authenticator's extension `prf` gives, sealed for the slot `passkey:{id}`.
 */
export interface NewPasskey {
	/**
	 * A UUID, in lower case.
	 */
	id: string;
	/**
	 * What its owner calls it.
	 */
	name: string;
	credential: Attestation;
	slot?: Slot | null;
}
export interface RenamePasskey {
	/**
	 * What its owner calls it.
	 */
	name: string;
}
export interface RemovePasskey {
	proof: Proof;
}
export interface PasskeySignIn {
	credential: Assertion;
	device_name?: string | null;
}
/**
 * `id` is that of the account which the client is about to make; the passkey keeps it.
 */
export interface BeginRegistration {
	/**
	 * A UUID, in lower case.
	 */
	id: string;
	/**
	 * An e-mail address; compared without regard to case.
	 */
	email: string;
	display_name?: string | null;
}
/**
 * As with a password, but the first way into the account is a passkey, and there is no password.
 */
export interface RegisterWithPasskey {
	/**
	 * An e-mail address; compared without regard to case.
	 */
	email: string;
	display_name?: string | null;
	/**
	 * A UUID, in lower case.
	 */
	id: string;
	identity?: NewIdentityKey | null;
	user_key?: NewUserKey | null;
	device_name?: string | null;
	invitation?: string | null;
	captcha?: string | null;
	passkey: NewPasskey;
	slots?: RecoverySlot | null;
}
/**
 * `options`: PublicKeyCredentialRequestOptionsJSON, for `navigator.credentials.get`.
 */
export interface PasskeyRequest {
	options: {};
}
/**
 * `options`: PublicKeyCredentialCreationOptionsJSON, for `navigator.credentials.create`; `id`: what the
 * passkey will be called in routes, and its slot `passkey:{id}`.
 */
export interface PasskeyCreation {
	id: string;
	options: {};
}
/**
 * `opens`: it has a slot of the account key. `copied_at`: when its counter went back, as that of a copy does.
 */
export interface PasskeyRow {
	id: string;
	credential_id: string;
	name: string;
	opens: boolean;
	used_at: string | null;
	copied_at: string | null;
	inserted_at: string;
}
/**
 * `password`: whether the account has one, too.
 */
export interface PasskeyList {
	items: PasskeyRow[];
	password: boolean;
}
/**
 * `passkey_id` names the slot that the passkey opens, if it has one: `passkey:{passkey_id}`.
 */
export interface SignedInByPasskey {
	user: OwnUser;
	conversations: ConversationRow[];
	users: PublicUser[];
	auth_token: string;
	refresh_token: string;
	device_proof: string;
	passkey_id: string;
}
/**
 * `note` is for who makes it: for whom it is.
 */
export interface NewInvitation {
	note?: string;
	/**
	 * Accounts that it is good for.
	 */
	uses?: number;
	/**
	 * For how long.
	 */
	days?: number;
}
/**
 * `user_id`: who made it, null: the operator.
 */
export interface InvitationRow {
	id: string;
	user_id: string | null;
	note: string;
	uses: number;
	used: number;
	inserted_at: string;
	expires_at: string;
}
/**
 * `code` and the `link` that has it are shown this once.
 */
export interface MadeInvitation {
	invitation: InvitationRow;
	code: string;
	link: string;
}
/**
 * Those that still let somebody in, the newest first.
 */
export interface InvitationList {
	items: InvitationRow[];
}
/**
 * As altcha has them, version 2: a key is wanted that begins with `keyPrefix` (hexadecimal).
 */
export interface ChallengeParameters {
	algorithm: string;
	nonce: string;
	salt: string;
	cost: number;
	keyLength: number;
	keyPrefix: string;
	expiresAt: number;
	data: {};
}
/**
 * A proof of work, as altcha's widget takes it. Good for one request of its purpose (`parameters.data`).
 */
export interface Challenge {
	parameters: ChallengeParameters;
	signature: string;
}
/**
 * What `registration_hook` is asked. `name`: the handle, where a certain one is wanted.
 */
export interface HookQuestion {
	email: string;
	display_name: string;
	name: string | null;
	invited: boolean;
}
/**
 * What a hook may say of who registers: nothing that gives them rights.
 */
export interface HookProfile {
	display_name?: string | null;
	about?: string | null;
}
/**
 * `refuse`: a sentence for the person, who is not let in.
 */
export interface HookAnswer {
	refuse?: string | null;
	profile?: HookProfile | null;
}
/**
 * `bot_id`: the token acts for this bot of the user's, not for the user.
 */
export interface NewToken {
	/**
	 * What its owner knows it by.
	 */
	name: string;
	/**
	 * `write` reads, too.
	 *
	 * @minItems 1
	 * @maxItems 2
	 */
	scopes: ['read' | 'write'] | ['read' | 'write', 'read' | 'write'];
	conversations?: [string, ...string[]] | null;
	expires_in?: number | null;
	bot_id?: string | null;
}
/**
 * An API token as its owner sees it: `user_id` is in whose name it acts, theirs or that of a bot.
 *
 * Times are RFC 3339. `used_at` is to ten minutes; null: it was never used.
 */
export interface TokenRow {
	id: string;
	user_id: string;
	name: string;
	scopes: ('read' | 'write')[];
	conversations: string[] | null;
	made_at: string;
	expires_at: string | null;
	used_at: string | null;
}
/**
 * `token` is told here, once.
 */
export interface MadeToken {
	id: string;
	user_id: string;
	name: string;
	scopes: ('read' | 'write')[];
	conversations: string[] | null;
	made_at: string;
	expires_at: string | null;
	used_at: string | null;
	token: string;
}
export interface TokenList {
	items: TokenRow[];
}
/**
 * `name` is its handle. The keys are for a bot that talks in encrypted conversations, made for an `id` of the
 * client's: they are set here alone, because no API token reaches keys.
 */
export interface NewBot {
	/**
	 * Lower-case letters, digits, single dashes.
	 */
	name: string;
	display_name: string;
	id?: string | null;
	identity?: NewIdentityKey | null;
	user_key?: NewUserKey | null;
}
export interface BotList {
	items: PublicUser[];
}
export interface TokenFromMail {
	/**
	 * From a letter: what stands behind the # of its link.
	 */
	token: string;
}
export interface ForgottenPassword {
	email: string;
}
/**
 * `password`, the one until now, is only checked if sent: who forgot it has none.
 */
export interface ResetBody {
	new_password: string;
	new_password_confirmation: string;
	kdf?: Kdf | null;
	slot?: Slot | null;
	/**
	 * From a letter: what stands behind the # of its link.
	 */
	token: string;
	password?: string | null;
}
/**
 * `browser`: SHA-256, as base64url, of a `secret` that the browser makes and keeps to itself.
 */
export interface AskLink {
	email: string;
	browser?: string | null;
	captcha?: string | null;
}
export interface WhoseLink {
	/**
	 * From a letter: what stands behind the # of its link.
	 */
	token: string;
	secret?: string | null;
}
/**
 * `anyway`: the person wants to be signed in here, though another browser asked, or none that knows a secret.
 */
export interface SignInByLink {
	/**
	 * From a letter: what stands behind the # of its link.
	 */
	token: string;
	secret?: string | null;
	anyway?: boolean;
	device_name?: string | null;
}
/**
 * As with a password, but there is none: one signs in by links. The account key lies under the recovery code.
 */
export interface RegisterByLink {
	/**
	 * An e-mail address; compared without regard to case.
	 */
	email: string;
	display_name?: string | null;
	id?: string | null;
	identity?: NewIdentityKey | null;
	user_key?: NewUserKey | null;
	device_name?: string | null;
	invitation?: string | null;
	captcha?: string | null;
	slots?: RecoverySlot | null;
}
/**
 * `token` came to the address that the account has. In place of the `password` there may be another `proof`: an
 * account may have none.
 */
export interface ChangeEmail {
	/**
	 * From a letter: what stands behind the # of its link.
	 */
	token: string;
	/**
	 * An e-mail address; compared without regard to case.
	 */
	email: string;
	password?: string | null;
	proof?: Proof | null;
}
export interface TokenHolder {
	id: string;
	email: string;
	display_name: string;
}
export interface TokenOwner {
	user: TokenHolder;
	success?: boolean;
}
/**
 * `same_browser`: it was asked for where the secret is known. `first_proof`: nobody has shown yet that the address
 * is theirs, so signing in ends whatever let anybody in before.
 */
export interface LinkOwner {
	user: TokenHolder;
	same_browser: boolean;
	first_proof: boolean;
}
/**
 * `data` is the object that the API shows of such a thing elsewhere; what belongs to a conversation has its
 * `conversation_id`. The last line is of kind `end`: without it, something is missing.
 */
export interface ExportLine {
	kind:
		| 'account'
		| 'api_token'
		| 'bot'
		| 'choice'
		| 'conversation'
		| 'end'
		| 'invitation'
		| 'message'
		| 'passkey'
		| 'reaction'
		| 'report'
		| 'score'
		| 'session';
	data: {};
}
