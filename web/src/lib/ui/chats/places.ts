/** Where the switcher leads, and how it is found by what one types. Pure. */
import type { IconName } from '../icons';

export interface Place {
	id: string;
	kind: 'recent' | 'people' | 'groups' | 'pages';
	title: string;
	/** What stands beside it, and is searched too: a handle. */
	detail: string;
	href: string;
	icon?: IconName;
	/** Of whom the picture is. */
	avatar?: { id: string; picture: string | null };
	unread?: number;
}

/** How well `place` fits: 0 is not at all. The beginning of the title, of a word in it, of the handle, anywhere. */
function fit(place: Place, asked: string): number {
	const title = place.title.toLowerCase();
	if (title.startsWith(asked)) return 4;
	if (title.split(/[\s,.-]+/).some((word) => word.startsWith(asked))) return 3;
	if (place.detail.toLowerCase().includes(asked)) return 2;
	return title.includes(asked) ? 1 : 0;
}

const order: Place['kind'][] = ['recent', 'people', 'groups', 'pages'];

/** What fits `text`, in the order in which it is shown: by kind, the best of each first. Nothing asked: all. */
export function matching(places: Place[], text: string, most = 40): Place[] {
	const asked = text.trim().toLowerCase().replace(/^@/, '');
	const fits = places.map((place) => ({ place, score: asked ? fit(place, asked) : 1 }));
	return fits
		.filter(({ score }) => score > 0)
		.sort((one, other) => order.indexOf(one.place.kind) - order.indexOf(other.place.kind) || other.score - one.score)
		.slice(0, most)
		.map(({ place }) => place);
}
