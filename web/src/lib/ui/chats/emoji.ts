/** All emoji, by group, and found by what they are called. The data comes when it is first asked for. */

export interface Emoji {
	emoji: string;
	name: string;
	/** Every word that it is found by. */
	words: string;
	group: number;
}

/** Newer ones are empty boxes where the system is a few years old. */
const KNOWN_EVERYWHERE = 14;
/** The pieces that skin tones and hair are made of: no emoji by themselves. */
const PIECES = 2;
const PLACE = 'hubbub-emoji';
const RECENT = 24;

let all: Promise<Emoji[]> | null = null;

interface Row {
	emoji: string;
	annotation: string;
	tags: string[];
	shortcodes?: string[];
	group: number;
	version: number;
	order: number;
}

export function load(): Promise<Emoji[]> {
	all ??= read().catch((error: unknown) => {
		all = null;
		throw error;
	});
	return all;
}

async function read(): Promise<Emoji[]> {
	const { default: rows } = await import('emoji-picker-element-data/en/emojibase/data.json');
	return (rows as Row[])
		.filter((row) => row.group !== PIECES && row.version <= KNOWN_EVERYWHERE)
		.sort((one, other) => one.group - other.group || one.order - other.order)
		.map((row) => ({
			emoji: row.emoji,
			name: row.annotation,
			words: [row.annotation, ...row.tags, ...(row.shortcodes ?? [])].join(' ').toLowerCase(),
			group: row.group
		}));
}

/** Those of which every word of `text` begins one of theirs; whose name begins so come first. */
export function find(emoji: Emoji[], text: string): Emoji[] {
	const asked = text
		.toLowerCase()
		.split(/[\s:_]+/)
		.filter(Boolean);
	if (asked.length === 0) return emoji;
	const found = emoji.filter((one) => asked.every((word) => ` ${one.words.replaceAll('_', ' ')}`.includes(` ${word}`)));
	const first = (one: Emoji) => (one.name.startsWith(asked[0]!) ? 0 : 1);
	return found.sort((one, other) => first(one) - first(other));
}

/** Those used lately in this browser, the last first. */
export function recent(): string[] {
	try {
		const kept: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '[]');
		return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string').slice(0, RECENT) : [];
	} catch {
		return [];
	}
}

export function used(emoji: string): void {
	try {
		localStorage.setItem(PLACE, JSON.stringify([emoji, ...recent().filter((one) => one !== emoji)].slice(0, RECENT)));
	} catch {
		// No room or not allowed: then it is not remembered.
	}
}
