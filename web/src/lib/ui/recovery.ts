/** Words of a recovery code, as people type them. */

export const WORDS = 24;

/** The words in what was typed or pasted: numbers, commas and line breaks between them do not count. */
export function typedWords(text: string): string[] {
	return text
		.toLowerCase()
		.normalize('NFKD')
		.split(/[\s,;.:)\d-]+/)
		.filter(Boolean);
}

/** Three places (1 to 24, rising) that are asked for, one from each third of the code, so that no end is left out. */
export function askedPlaces(random: () => number = Math.random): number[] {
	const third = WORDS / 3;
	return [0, 1, 2].map((at) => at * third + 1 + Math.floor(random() * third));
}
