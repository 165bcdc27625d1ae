/** Contrast as WCAG 2.2 computes it, and an accent of somebody's own choice made readable. */

type Rgb = [red: number, green: number, blue: number];

const HEX = /^#[0-9a-f]{6}$/i;

/** The channels of `#rrggbb`, 0 to 255; null: it is not a colour of that form. */
export function parse(colour: string): Rgb | null {
	if (!HEX.test(colour)) return null;
	return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as Rgb;
}

function format(channels: Rgb): string {
	return '#' + channels.map((one) => Math.round(one).toString(16).padStart(2, '0')).join('');
}

function luminance(colour: Rgb): number {
	const [red, green, blue] = colour.map((one) => {
		const part = one / 255;
		return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	}) as Rgb;
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** 1 (the same) to 21 (black on white). Both are `#rrggbb`. */
export function contrast(one: string, other: string): number {
	const [low, high] = [one, other].map((colour) => luminance(parse(colour) ?? [0, 0, 0])).sort((a, b) => a - b);
	return (high! + 0.05) / (low! + 0.05);
}

/** `share` of `other` mixed into `colour`. */
export function mix(colour: string, other: string, share: number): string {
	const from = parse(colour) ?? [0, 0, 0];
	const to = parse(other) ?? [0, 0, 0];
	return format(from.map((one, at) => one + (to[at]! - one) * share) as Rgb);
}

/** `colour`, brought towards `towards` until it has at least `least` on every one of `grounds`. */
function readable(colour: string, grounds: string[], towards: string, least: number): string {
	for (let share = 0; share < 1; share += 0.05) {
		const candidate = mix(colour, towards, share);
		if (grounds.every((ground) => contrast(candidate, ground) >= least)) return candidate;
	}
	return towards;
}

export interface AccentColours {
	'--accent': string;
	'--accent-hover': string;
	'--on-accent': string;
	'--accent-text': string;
	'--accent-soft': string;
}

/** The grounds on which accented text is written, as app.css has them. */
const GROUNDS = {
	day: { surfaces: ['#fdfdfb', '#f4f5f2', '#e9ebe6', '#ffffff'], far: '#000000' },
	night: { surfaces: ['#141816', '#1a1f1c', '#272e2a', '#1f2522'], far: '#ffffff' }
};

/** The accent's properties for a theme from one colour of the operator's choice; null: it is not `#rrggbb`. */
export function accentColours(colour: string, theme: 'day' | 'night'): AccentColours | null {
	if (!parse(colour)) return null;
	const { surfaces, far } = GROUNDS[theme];
	const soft = mix(surfaces[0]!, colour, theme === 'day' ? 0.12 : 0.2);
	// By day white is written on it, where a little darkness makes that possible: black on a colour looks heavy there.
	const grounds = theme === 'day' && contrast(colour, '#ffffff') >= 3 ? ['#ffffff'] : [];
	const accent = readable(readable(colour, grounds, far, 4.5), surfaces, far, 3);
	const on = contrast(accent, '#ffffff') >= contrast(accent, '#000000') ? '#ffffff' : '#000000';
	return {
		'--accent': accent,
		'--accent-hover': mix(accent, on === '#ffffff' ? '#000000' : '#ffffff', 0.15),
		'--on-accent': on,
		'--accent-text': readable(colour, [...surfaces, soft], far, 4.5),
		'--accent-soft': soft
	};
}
