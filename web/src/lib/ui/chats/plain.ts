/** What is known of a text before anything is rendered. Pure. */

/** Letters without which no Markdown, link or mention is in a text: such a text is shown as it is, at once. */
const SIGNS = /[*_`~#>[\]|@&<\\]|https?:|www\.|^\s*(?:[-+]|\d+[.)])\s|\n\s*(?:[-+=]|\d+[.)])/;
const EMOJI =
	/^(?:(?:\p{Regional_Indicator}{2}|\p{Extended_Pictographic}(?:\u{fe0f}|[\u{1f3fb}-\u{1f3ff}]|\u{200d}\p{Extended_Pictographic})*)\s*){1,3}$/u;

export function isPlain(text: string): boolean {
	return !SIGNS.test(text);
}

/** One to three emoji and nothing else: shown large. */
export function isEmojiAlone(text: string): boolean {
	return text.length < 64 && EMOJI.test(text.trim());
}

/** One line of a message, for lists, quotes and what is read aloud. */
export function oneLine(text: string, most = 140): string {
	const line = text
		.slice(0, 4 * most)
		.replace(/```\w*/g, ' ')
		.replace(/[*_`~#>|]+/g, '')
		.replace(/\s+/g, ' ')
		.trim();
	return line.length > most ? `${line.slice(0, most - 1).trimEnd()}…` : line;
}
