/**
 * The one object that the state layer uses: what this browser knows, and what a person can do.
 *
 * Everything that is shown comes from the replica (`query`); everything that is done (`do`) is written there first, in
 * one transaction with its place in the outbox, and so works without a network. A promise of `do` is kept as soon as
 * this browser has stored it; whether the server took it is seen on the rows themselves: `waiting`, `refused`.
 */
import type { Api } from '../realtime/http.ts';
import type { Tokens } from '../realtime/tokens.ts';
import type { JsonObject } from '../crypto/types.ts';
import type { ExportLine, Group, OwnUser } from '../wire/types.ts';
import type { ChoiceRow, ConversationRow, DraftRow, KnownRow, MemberRow, PersonRow, Place, Trouble } from './schema.ts';
import type { Watched } from './watched.ts';

export type { Trouble, Watched };

export interface LiveState {
	/** `syncing`: connected, and catching up. */
	connection: 'live' | 'syncing' | 'offline' | 'needs_sign_in';
	/** How many of one's own writes the server has not taken yet; refused ones are not counted. */
	waiting: number;
	/** Whether this tab is the one that talks to the server. */
	leading: boolean;
}

export interface ReactionView {
	emoji: string;
	user: string;
	waiting: boolean;
}

export interface MessageView {
	conversation: string;
	id: string;
	place: Place;
	sender: string;
	mine: boolean;
	/** null: deleted, or it could not be opened. */
	text: string | null;
	/** The line above it. */
	subject: string | null;
	replyTo: string | null;
	/** What it answers, if this browser has it. */
	reply: { id: string; sender: string; text: string | null; deleted: boolean } | null;
	/** Milliseconds: when it was composed, by its author's clock. */
	sentAt: number;
	/** Milliseconds, of the server: what read marks compare with. */
	at: number;
	edited: boolean;
	deleted: boolean;
	removed: { by: string; reason: string } | null;
	/** When it goes, in milliseconds; null: it stays. */
	expires: number | null;
	/** Off the record: in no replica, and gone with the page. */
	passing: boolean;
	/** In the order in which they were first put on. */
	reactions: ReactionView[];
	/** Not yet on the server. */
	waiting: boolean;
	/** Why the server refused it, or the last edit, deletion or reaction of one's own: `retry` or `discard` it. */
	refused: (Trouble & { operation: string }) | null;
	unreadable: Trouble | null;
}

/** Which part of a conversation: the last ones, or those around a message that this browser has. */
export type Anchor = 'newest' | { around: string };

export interface WindowView {
	/** In reading order. */
	messages: MessageView[];
	/** Whether there are older ones here, or on the server (`loadOlder` brings them). */
	older: 'here' | 'server' | 'none';
	/** Whether there are newer ones than these here. */
	newer: boolean;
	/** The first shown message of another that is not read, by `read` of the conversation; null: all are. */
	firstUnread: string | null;
}

export interface ConversationView extends ConversationRow {
	/** Who is in it now. */
	members: MemberRow[];
	/** The latest shown message. */
	last: MessageView | null;
	/** What the latest unread messages say, a page of them at most. */
	unreadTexts: string[];
	draft: DraftView | null;
	/** Why its list of members cannot be believed; nothing is encrypted in it then. */
	disbelieved: Trouble | null;
}

/** What is being written. */
export interface Written {
	text: string;
	/** The line above it; empty: none. */
	subject: string;
	/** The message that it answers. */
	replyTo: string | null;
}

export interface DraftView extends Written {
	conversation: DraftRow['conversation'];
	at: number;
}

export interface PersonView extends PersonRow {
	/** null: their identity key was not seen yet. */
	known: KnownRow | null;
}

/** A write of one's own that the server has not taken, or refused. */
export interface OperationView {
	id: string;
	conversation: string | null;
	what: string;
	at: number;
	tries: number;
	refused: Trouble | null;
}

export interface Queries {
	/** All that one is or was in, the latest activity first. */
	conversations(): Watched<ConversationView[]>;
	/** undefined: this browser does not know it. */
	conversation(id: string): Watched<ConversationView | undefined>;
	/** At most `before` messages before the anchor (or the last ones) and `after` from it on. */
	window(conversation: string, anchor: Anchor, before: number, after?: number): Watched<WindowView>;
	message(conversation: string, id: string): Watched<MessageView | undefined>;
	/** The private conversation with this user, as far as this browser knows. */
	privateWith(user: string): Watched<ConversationView | undefined>;
	people(ids: string[]): Watched<PersonView[]>;
	/** By handle. */
	person(name: string): Watched<PersonView | undefined>;
	/** Oneself, with settings; undefined until the server has said. */
	me(): Watched<OwnUser | undefined>;
	outbox(): Watched<OperationView[]>;
	draft(conversation: string): Watched<DraftView | undefined>;
	/** How many are not read, over all conversations that are not muted. */
	unread(): Watched<number>;
	choices(): Watched<ChoiceRow[]>;
	consents(conversation: string): Watched<ConsentsView>;
}

export type Presence = 'online' | 'idle';

export interface ProfileChange {
	display_name?: string;
	about?: string;
	hidden?: boolean;
	theme?: OwnUser['theme'];
	magnification?: number;
	recents?: string[];
}

/** What a group begins with. */
export interface GroupTerms {
	/** Plaintext, and anyone comes in by themselves. */
	open?: boolean;
	/** How many members let somebody in; 0: all of them. */
	approvals?: number;
	/** Found by searching. */
	listed?: boolean;
	about?: string;
}

/** Who agreed to whom, of those who wait to be let into a group. */
export interface ConsentsView {
	/** By who wants in: the members who agreed. */
	given: Record<string, string[]>;
	/** How many it takes. */
	needed: number;
}

/** What stands above a text. */
export interface Above {
	/** In plaintext conversations alone. */
	subject?: string | null | undefined;
	/** The message that it answers. */
	replyTo?: string | null | undefined;
}

/** What goes with a text. */
export interface Saying extends Above {
	/** A UUID of version 7, if who asks has made one already. */
	id?: string | undefined;
	/** Seconds after which it goes everywhere; absent: as the conversation says. */
	expiresIn?: number | undefined;
}

export interface Actions {
	/** The new message's id. */
	send(conversation: string, text: string, saying?: Saying): Promise<string>;
	/** Off the record: to who is here now, over the network, and kept nowhere. Throws where it cannot be sent now. */
	pass(conversation: string, text: string, saying?: Above): Promise<void>;
	edit(conversation: string, message: string, text: string): Promise<void>;
	remove(conversation: string, message: string): Promise<void>;
	react(conversation: string, message: string, emoji: string, on: boolean): Promise<void>;
	/** Try a refused operation again. */
	retry(operation: string): Promise<void>;
	/** Forget a refused operation; a message that was never taken goes with it. */
	discard(operation: string): Promise<void>;

	/** The id of the conversation, which may be the one that the two have already. Works offline. */
	startPrivate(user: string): Promise<string>;
	startGroup(alias: string | null, users: string[], terms?: GroupTerms): Promise<string>;
	/** `shareHistory`: the newcomers get keys for what this browser has of the conversation's past. */
	addMembers(conversation: string, users: string[], options?: { shareHistory?: boolean }): Promise<void>;
	leave(conversation: string): Promise<void>;
	/**
	 * Asks to be let into a group; what is said with it is sealed for its owner. Over the network, at once: throws
	 * `Problem`, `Unreachable`, or `Refused` where the key that the server shows is not the owner's.
	 */
	askToJoin(group: Group, note?: string): Promise<Group>;
	/** What somebody said who asks to be let in. Throws `Refused`: `key_missing` where it is not for one's own keys. */
	openNote(conversation: string, user: string, note: string): Promise<string>;
	/** Somebody is taken out of a group; in a sealed one by a link that one signs. */
	kick(conversation: string, user: string): Promise<void>;
	rename(conversation: string, alias: string | null): Promise<void>;
	/** How many seconds everybody's messages last from now on, unless they say otherwise; null: for good. */
	setLasting(conversation: string, seconds: number | null): Promise<void>;

	/** All of it is read, on every device. */
	markRead(conversation: string): Promise<void>;
	/** Call with every keystroke; the rest is limited and ended by itself. */
	typing(conversation: string, on: boolean): void;
	/** An empty text without subject and reply target forgets the draft. */
	setDraft(conversation: string, text: string, saying?: Above): Promise<void>;
	/** One more page of the past from the server: whether there is still more. Throws `Unreachable` offline. */
	loadOlder(conversation: string): Promise<boolean>;
	/** It is on the screen: kept joined, and pulled first. */
	open(conversation: string): Promise<void>;
	close(conversation: string): Promise<void>;

	setProfile(change: ProfileChange): Promise<void>;
	/** At once, over the network; throws `Problem` or `Unreachable`. */
	setPicture(picture: Blob | null): Promise<void>;
	/** At once, over the network; who is found is kept in the replica. */
	searchPeople(text: string): Promise<PersonRow[]>;
	/** The person of this handle or id from the server, kept in the replica; null: there is none. */
	findPerson(nameOrId: string): Promise<PersonRow | null>;

	/** Everything that the server has of oneself, opened here. Throws `Problem` or `Unreachable`. */
	takeAlong(): Promise<TakenAlong>;
	/** The signed link that leaves each sealed group, by its id: for who leaves for good. */
	signOff(): Promise<Record<string, JsonObject[]>>;

	/** 60 digits that both see alike; null: an identity key is not known yet. */
	safetyNumber(user: string): Promise<string | null>;
	/** The two compared the safety number: it is right, or the mark is taken back. */
	verify(user: string, ok: boolean): Promise<void>;
	/** A changed identity key is believed; what was held back goes out. */
	accept(user: string): Promise<void>;

	/** Everything that runs by itself looks again now: called on `online`, and when the page is seen again. */
	wake(): void;
	/** Somebody is there: without such a sign for five minutes one is shown as away. */
	active(): void;
}

/** A message of one's own. `text` null: it could not be opened here, for the reason `unreadable`. */
export interface TakenMessage {
	conversation: string;
	at: string;
	text: string | null;
	unreadable: string | null;
}

/** `lines`: as the server told them; `titles`: what each conversation is called here, by its id. */
export interface TakenAlong {
	lines: ExportLine[];
	messages: TakenMessage[];
	titles: Record<string, string>;
}

/** Somebody asks to be let into a group of one's own, or a member agreed to it. */
export interface Knock {
	conversation: string;
	/** Who wants in; null where a member agreed. */
	asks: PersonRow | null;
}

export interface Client {
	/** The last that was heard of it. */
	readonly knocks: Watched<Knock | null>;
	readonly user: string;
	/** What is not in the replica, asked of the server at once. Its methods throw `Problem` or `Unreachable`. */
	readonly api: Pick<Api, 'ask' | 'origin'>;
	/** For connections of one's own, beside the one that the replica is kept by. */
	readonly tokens: Tokens;
	readonly live: Watched<LiveState>;
	readonly query: Queries;
	readonly do: Actions;
	/** Who of one's contacts is there; the rest are not. */
	readonly presence: Watched<ReadonlyMap<string, Presence>>;
	/** Who types in it now. */
	typing(conversation: string): Watched<string[]>;
	/** What was said off the record since this page was opened, by conversation. */
	readonly passing: Watched<ReadonlyMap<string, MessageView[]>>;
	/** Stops everything and closes the replica, which stays on the disk. */
	close(): Promise<void>;
}
