/** What the pointer, a finger or the keyboard does with the rows of the timeline. */

/** How long a finger rests until the menu opens, in milliseconds. */
const LONG = 450;
/** How far it may slip meanwhile, in pixels. */
const SLIP = 10;

export interface Pointing {
	/** The mouse is over this message; null: over none. */
	over(id: string | null): void;
	/** A finger rests on it. */
	rest(id: string, at: { x: number; y: number }): void;
	/** A key was pressed on the message itself, not on a part of it. True: it meant something. */
	key(id: string, event: KeyboardEvent): boolean;
	/** Away from the messages. */
	escape(): void;
}

function messageAt(target: EventTarget | null): string | null {
	const row = target instanceof Element ? target.closest<HTMLElement>('[data-message]') : null;
	return row?.dataset.message ?? null;
}

/** For `{@attach}` on the list: one listener for all rows. */
export function points(pointing: Pointing) {
	return (list: HTMLElement) => {
		const ending = new AbortController();
		const { signal } = ending;
		let resting: ReturnType<typeof setTimeout> | undefined;
		let begun = { x: 0, y: 0 };
		let byTouch = false;
		const lift = () => clearTimeout(resting);

		list.addEventListener(
			'pointerover',
			(event) => event.pointerType === 'mouse' && pointing.over(messageAt(event.target)),
			{ signal }
		);
		list.addEventListener('pointerleave', () => pointing.over(null), { signal });
		list.addEventListener(
			'pointerdown',
			(event) => {
				byTouch = event.pointerType === 'touch';
				const id = messageAt(event.target);
				if (!byTouch || !id) return;
				begun = { x: event.clientX, y: event.clientY };
				resting = setTimeout(() => pointing.rest(id, begun), LONG);
			},
			{ signal }
		);
		list.addEventListener(
			'pointermove',
			(event) => Math.hypot(event.clientX - begun.x, event.clientY - begun.y) > SLIP && lift(),
			{ signal }
		);
		for (const end of ['pointerup', 'pointercancel'] as const) list.addEventListener(end, lift, { signal });
		// A long press has its own menu; a right click keeps the browser's.
		list.addEventListener('contextmenu', (event) => byTouch && event.preventDefault(), { signal });
		list.addEventListener(
			'keydown',
			(event) => {
				if (event.key === 'Escape') return pointing.escape();
				const row = event.target as HTMLElement;
				if (row.dataset.message && pointing.key(row.dataset.message, event)) event.preventDefault();
			},
			{ signal }
		);
		return () => {
			lift();
			ending.abort();
		};
	};
}
