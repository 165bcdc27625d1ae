/** Naming somebody by handle: `@ada-lovelace`. Pure, so that it can be tested. */

/** A handle, as the server makes them; not inside of an address or a word. */
export const mention = /(?<![\p{L}\p{N}_@/.-])@([a-z0-9]+(?:-[a-z0-9]+)*)/giu;

/** Whether `text` names this handle. */
export function mentions(text: string, name: string): boolean {
	if (!text.includes('@')) return false;
	return [...text.matchAll(mention)].some((found) => found[1]!.toLowerCase() === name.toLowerCase());
}
