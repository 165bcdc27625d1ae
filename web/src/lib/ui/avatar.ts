/** The picture of who has none: shapes and colours that follow from the user's id, always the same, and initials. */

export interface Drawing {
	ground: string;
	/** Circles on a square of 100, in a tone of the ground. */
	circles: { x: number; y: number; r: number; tone: 'lighter' | 'darker' }[];
	/** How far the half circle is turned, in degrees. */
	turn: number;
}

/** Grounds on which white initials reach 4.5:1, also where a lighter shape lies between (avatar.test.ts). */
export const grounds = [
	'#a03c3c',
	'#9a4a1e',
	'#80560e',
	'#5d6413',
	'#35702b',
	'#1b6f55',
	'#15697a',
	'#25629a',
	'#4456a8',
	'#6a4aa5',
	'#8a4192',
	'#9b3a6a'
];
export const lighter = 0.1;
export const darker = 0.28;

/** A stream of numbers in [0, 1) that follows from `seed`: FNV-1a to begin with, then xorshift. */
function numbers(seed: string): () => number {
	let state = 2166136261;
	for (const letter of seed) state = Math.imul(state ^ letter.codePointAt(0)!, 16777619) >>> 0;
	state ||= 1;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 4294967296;
	};
}

export function draw(id: string): Drawing {
	const next = numbers(id);
	for (let warm = 0; warm < 4; warm++) next();
	return {
		ground: grounds[Math.floor(next() * grounds.length)]!,
		turn: Math.floor(next() * 360),
		circles: [0, 1, 2].map((at) => ({
			x: Math.round(next() * 100),
			y: Math.round(next() * 100),
			r: Math.round(18 + next() * 26),
			tone: at === 1 ? 'lighter' : 'darker'
		}))
	};
}

const pieces = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** One or two letters, of the first and the last word; whole characters as people see them. */
export function initials(name: string): string {
	const words = name.trim().split(/\s+/).filter(Boolean);
	const chosen = words.length > 1 ? [words[0]!, words[words.length - 1]!] : words.slice(0, 1);
	return chosen.map((word) => [...pieces.segment(word)][0]?.segment.toLocaleUpperCase() ?? '').join('');
}
