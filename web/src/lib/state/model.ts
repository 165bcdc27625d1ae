/** What pages are given: the replica's rows, put into a person's words. No page reads the replica itself. */

export type ConnectionState = 'live' | 'syncing' | 'offline' | 'needs_sign_in';
/** `unknown`: this device is offline itself; `hidden`: oneself, where one does not show it. */
export type PresenceState = 'online' | 'idle' | 'offline' | 'hidden' | 'unknown';

export interface Problem {
	code: string;
	sentence: string;
}

export interface Person {
	id: string;
	/** The handle, for addresses: /people/:name, /dm/:name; empty: they have no account here. */
	name: string;
	displayName: string;
	about: string;
	picture: string | null;
	presence: PresenceState;
	me: boolean;
	/** `changed`: the identity key is another one than before, and this was not accepted yet. */
	verification: 'unverified' | 'verified' | 'changed';
	/** What one chose about them: nothing of theirs reaches one, or one is told when they come. */
	blocked: boolean;
	watched: boolean;
	/** A program's account. */
	bot: boolean;
}

export interface ConversationItem {
	id: string;
	kind: 'private' | 'group' | 'channel' | 'room';
	title: string;
	/** /dm/:name, /channels/:name or /groups/:id */
	href: string;
	about: string;
	picture: string | null;
	/** The other one in a private conversation. */
	other: Person | null;
	members: Person[];
	encrypted: boolean;
	/** Everything in it is signed; a conversation without is shown as not verified. */
	sealed: boolean;
	unread: number;
	/** One does not want to be told what comes. */
	muted: boolean;
	mentioned: boolean;
	/** `text` is null when it was deleted, or cannot be opened. */
	latest: { sender: Person; text: string | null; deleted: boolean; at: number } | null;
	/** Nothing was said in it yet; without `latest` and this, it was not read from the server so far. */
	empty: boolean;
	draft: string;
	activity: number;
	/** Why one cannot write here; null: one can. */
	closed: Problem | null;
	/** Why nothing is sent for now, though one can write: an identity key changed. Who it is about, if one of them. */
	held: (Problem & { person: Person | null }) | null;
	/** Beginning it, or a change of its members or name, was refused. */
	refused: (Problem & { operation: string }) | null;
	/** When this browser showed it last. */
	opened: number;
	role: string;
	/** A message may stand below a subject. */
	subjects: boolean;
	/** How many members have to agree to somebody new. */
	approvals: number;
	/** Seconds that a message lasts here unless it says otherwise; null: for good. */
	expiresIn: number | null;
	/** What one may do about it: bring others in, give it another name, take others' messages away. */
	may: { add: boolean; rename: boolean; moderate: boolean };
	left: boolean;
}

/** How long what one writes lasts: `expiresIn` seconds (null: for good), or off the record, `passing`. */
export interface Lasting {
	expiresIn: number | null;
	passing: boolean;
	/** What the conversation says where one chooses nothing. */
	usual: number | null;
}

/** What is being written, and what stands above it. */
export interface Writing {
	readonly text: string;
	/** The line above it; empty: none. */
	readonly subject: string;
	/** The message that it answers. */
	readonly replyTo: string | null;
	/** Something was typed. */
	write(text: string): void;
	writeSubject(subject: string): void;
	reply(message: string | null): void;
}

export interface Reaction {
	emoji: string;
	people: Person[];
	mine: boolean;
}

export interface MessageItem {
	id: string;
	sender: Person;
	mine: boolean;
	/** null: deleted, or it cannot be opened. */
	text: string | null;
	/** A line above the text. */
	subject: string | null;
	sentAt: number;
	edited: boolean;
	deleted: boolean;
	/** By whom it was taken away, and why. */
	removed: { by: Person; reason: string } | null;
	/** When it goes, in milliseconds; null: it stays. */
	expiresAt: number | null;
	/** Off the record: it is nowhere but on this page. */
	passing: boolean;
	reply: { id: string; sender: Person | null; text: string | null; deleted: boolean } | null;
	reactions: Reaction[];
	status: 'sent' | 'sending' | 'failed';
	/** Why it failed, or why an edit of it was undone; `operation` is what is tried again or discarded. */
	refused: (Problem & { operation: string }) | null;
	unreadable: Problem | null;
	/** The first of a run by one author: shown with picture and name. */
	leads: boolean;
	/** The first of a day, in the reader's time zone. */
	startsDay: boolean;
	/** The first that was not read when the conversation was opened. */
	startsUnread: boolean;
	/** Who has read up to here and not further. */
	readBy: Person[];
}

/** What somebody says who wants in; `text` null: it cannot be read here, `refused` says why. */
export interface Note {
	text: string | null;
	refused: string | null;
}

export type Sanction = 'mute' | 'ban';

/** Somebody who may not write, or not come in. */
export interface Sanctioned {
	person: Person;
	kind: Sanction;
	by: Person;
	reason: string;
	/** Milliseconds; null: until it is lifted. */
	until: number | null;
	/** One may lift it: nobody acts on their like. */
	liftable: boolean;
}
