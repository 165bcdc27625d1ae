/** Short words on what happened, shown for a while and read aloud (Toasts.svelte). */

export interface Toast {
	id: number;
	text: string;
	kind: 'info' | 'ok' | 'problem';
	/** Something to do about it. */
	action?: { label: string; do: () => void };
	/** Stays until it is closed. */
	stays: boolean;
}

let next = 1;
const shown = $state<Toast[]>([]);

/** What is shown now, oldest first. */
export const toasts: readonly Toast[] = shown;

/** Shows `text`; the same text is not shown twice at once. Returns the toast's id, for `dismiss`. */
export function say(
	text: string,
	{ kind = 'info', action, stays = false }: Partial<Pick<Toast, 'kind' | 'action' | 'stays'>> = {}
): number {
	const same = shown.find((one) => one.text === text);
	if (same) return same.id;
	const id = next++;
	shown.push({ id, text, kind, action, stays });
	return id;
}

export function dismiss(id: number): void {
	const at = shown.findIndex((one) => one.id === id);
	if (at >= 0) shown.splice(at, 1);
}
