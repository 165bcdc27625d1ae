/** Rows as persons. Pure. */
import type { PersonView, Presence } from '../replica/client';
import type { Person } from './model';

export const nobody: ReadonlyMap<string, Presence> = new Map();

/** All of them by id; `there`: who is online. */
export function personsOf(
	views: PersonView[],
	there: ReadonlyMap<string, Presence>,
	me: string
): ReadonlyMap<string, Person> {
	return new Map(views.map((view) => [view.id, personOf(view, me, there.get(view.id))]));
}

/** One row as a person. */
export function personOf(view: PersonView, me: string, presence: Presence | undefined): Person {
	const { id, name, display_name, about, picture, known } = view;
	const changed = known?.changed && !known.accepted;
	return {
		id,
		name,
		displayName: display_name || name,
		about,
		picture,
		presence: presence ?? 'offline',
		me: id === me,
		verification: changed ? 'changed' : known?.verified ? 'verified' : 'unverified'
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
		verification: 'unverified'
	};
}
