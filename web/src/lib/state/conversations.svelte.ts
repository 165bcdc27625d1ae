/** The list of conversations, the latest activity first, in a person's words. */
import type { Client, ConversationView } from '../replica/client';
import { Live } from './live.svelte';
import { mentions } from './mentions';
import type { ConversationItem, Person } from './model';
import type { People } from './people.svelte';
import { Same } from './same';

export class Conversations {
	#people: People;
	#views: Live<ConversationView[] | null>;
	#same = new Same<ConversationItem>();
	/** null: the replica was not read yet. */
	items = $derived.by(() => {
		const views = this.#views.current;
		return views && this.#same.of(views.map((view) => itemOf(view, this.#people)));
	});

	constructor(client: Client, people: People) {
		this.#people = people;
		const watched = client.query.conversations();
		this.#views = new Live<ConversationView[] | null>(
			{
				subscribe: (next, error) =>
					watched.subscribe((views) => {
						people.want(views.flatMap(usersOf));
						next(views);
					}, error)
			},
			null
		);
	}

	byId(id: string): ConversationItem | undefined {
		return this.items?.find((item) => item.id === id);
	}

	byHref(href: string): ConversationItem | undefined {
		return this.items?.find((item) => item.href === href);
	}

	/** The private conversation with this person. */
	privateWith(name: string): ConversationItem | undefined {
		return this.items?.find((item) => item.other?.name === name);
	}

	/** The last looked at first: for the switcher. */
	recent = $derived([...(this.items ?? [])].sort((one, other) => other.opened - one.opened));
}

function usersOf(view: ConversationView): string[] {
	const others = [view.other, view.last?.sender].filter((id) => id !== undefined);
	return [...others, ...view.members.map((member) => member.user)];
}

function itemOf(view: ConversationView, people: People): ConversationItem {
	// Of what happened since one left, one's own leaving is all that one knows.
	const inside = view.members.filter((member) => !view.left || member.user !== people.me.id);
	const members = inside.map((member) => people.of(member.user));
	const otherId = view.other ?? view.members.find((member) => member.user !== people.me.id)?.user;
	const other = view.kind === 'private' && otherId ? people.of(otherId) : null;
	const suspect = members.find((person) => person.verification === 'changed') ?? null;
	return {
		id: view.id,
		kind: view.kind,
		title: other?.displayName ?? view.alias ?? namesOf(members),
		href: hrefOf(view, other),
		about: view.about,
		picture: view.picture,
		other,
		members,
		encrypted: view.encrypted,
		sealed: view.sealed,
		unread: view.unread,
		muted: people.mutes(view.id),
		mentioned: view.unreadTexts.some((text) => mentions(text, people.me.name)),
		latest: latestOf(view, people),
		empty: view.last === null && view.older === null,
		draft: view.draft?.text ?? '',
		activity: view.activity,
		closed: closedOf(view, other, people.me.id),
		held: view.held ? { ...view.held, person: suspect } : null,
		refused: view.refused,
		opened: view.opened,
		role: view.role,
		subjects: view.placing === 'server',
		approvals: view.approvals,
		expiresIn: view.expires_in,
		may: {
			add: view.joining !== 'oneself' && !view.left,
			rename: (view.changing !== 'owner' || view.role === 'owner') && !view.left,
			moderate: view.role !== 'member' && view.kind !== 'private' && !view.left
		},
		left: view.left
	};
}

function hrefOf({ id, kind, name }: ConversationView, other: Person | null): string {
	if (other) return `/dm/${other.name}`;
	return kind === 'channel' && name ? `/channels/${name}` : `/groups/${id}`;
}

/** A group without a name is called by who is in it. */
function namesOf(members: Person[]): string {
	const others = members.filter((person) => !person.me);
	return (others.length > 0 ? others : members).map((person) => person.displayName).join(', ');
}

function latestOf(view: ConversationView, people: People): ConversationItem['latest'] {
	if (!view.last) return null;
	const { sender, text, deleted, at } = view.last;
	return { sender: people.of(sender), text, deleted, at };
}

function closedOf(view: ConversationView, other: Person | null, me: string): ConversationItem['closed'] {
	if (view.left) return { code: 'not_member', sentence: '' };
	if (other?.blocked) return { code: 'you_blocked', sentence: '' };
	if (view.members.some((member) => member.user === me && member.muted)) return { code: 'muted', sentence: '' };
	return view.disbelieved;
}
