/** Rows as persons. Pure. */
import type { PersonView, Presence } from '../replica/client';
import type { Person } from './model';

export const nobody: ReadonlyMap<string, Presence> = new Map();

/** Of whom one knows the row alone. */
export const aside: Omit<Around, 'me'> = { there: nobody, choices: new Set() };

/** What is known of people besides their rows. */
export interface Around {
	me: string;
	/** Who is online. */
	there: ReadonlyMap<string, Presence>;
	/** Oneself is shown to nobody. */
	hidden?: boolean;
	choices: ReadonlySet<string>;
}

/** One's own choices, to be asked for by kind and whom or what they are about. */
export function choicesOf(rows: { kind: string; about: string }[]): ReadonlySet<string> {
	return new Set(rows.map((row) => `${row.kind} ${row.about}`));
}

/** All of them by id. */
export function personsOf(views: PersonView[], around: Around): ReadonlyMap<string, Person> {
	return new Map(views.map((view) => [view.id, personOf(view, around)]));
}

/** One row as a person. */
export function personOf(view: PersonView, { me, there, hidden, choices }: Around): Person {
	const { id, name, display_name, about, picture, bot = false, known } = view;
	const shown = id === me && hidden ? 'hidden' : (there.get(id) ?? 'offline');
	const changed = known?.changed && !known.accepted;
	return {
		id,
		name,
		displayName: display_name || name,
		about,
		picture,
		presence: shown,
		me: id === me,
		verification: changed ? 'changed' : known?.verified ? 'verified' : 'unverified',
		blocked: choices.has(`block ${id}`),
		watched: choices.has(`watch ${id}`),
		bot
	};
}

/** Someone of whom only the id is known. */
export function stranger(id: string, me: boolean): Person {
	return {
		id,
		name: id,
		displayName: '…',
		about: '',
		picture: null,
		presence: 'unknown',
		me,
		verification: 'unverified',
		blocked: false,
		watched: false,
		bot: false
	};
}
