/** A word on what an icon does, beside it after a moment. It repeats the accessible name, so that nothing depends on it. */
import type { Attachment } from 'svelte/attachments';

export type Side = 'top' | 'right' | 'bottom' | 'left';

/** Milliseconds until a pointer is thought to ask. */
const DELAY = 500;
/** Pixels to what it is about, and to the window's edge. */
const GAP = 6;

/** Shown while the element is pointed at, or reached by the keyboard; Escape takes it away. */
export function tip(text: string, side: Side): Attachment<HTMLElement> {
	return (element) => {
		let timer: ReturnType<typeof setTimeout> | undefined;
		let shown: HTMLElement | null = null;
		const hide = () => {
			clearTimeout(timer);
			shown?.remove();
			shown = null;
		};
		const show = () => {
			hide();
			shown = drawn(text);
			element.after(shown);
			shown.showPopover();
			place(shown, element.getBoundingClientRect(), side);
		};
		const point = (event: PointerEvent) => {
			if (event.pointerType === 'mouse') timer = setTimeout(show, DELAY);
		};
		const reach = () => element.matches(':focus-visible') && show();
		const key = (event: KeyboardEvent) => event.key === 'Escape' && hide();
		element.addEventListener('pointerenter', point);
		element.addEventListener('focus', reach);
		element.addEventListener('keydown', key);
		for (const end of ['pointerleave', 'pointerdown', 'blur']) element.addEventListener(end, hide);
		return hide;
	};
}

function drawn(text: string): HTMLElement {
	const one = document.createElement('div');
	one.className = 'tooltip';
	// The name of the element says it already.
	one.ariaHidden = 'true';
	one.popover = 'manual';
	one.textContent = text;
	return one;
}

function place(shown: HTMLElement, at: DOMRect, side: Side): void {
	const { width, height } = shown.getBoundingClientRect();
	const upright = side === 'top' || side === 'bottom';
	const x = upright ? at.left + (at.width - width) / 2 : side === 'left' ? at.left - width - GAP : at.right + GAP;
	const y = !upright ? at.top + (at.height - height) / 2 : side === 'top' ? at.top - height - GAP : at.bottom + GAP;
	const within = (value: number, most: number) => `${Math.max(GAP, Math.min(value, most - GAP))}px`;
	shown.style.left = within(x, innerWidth - width);
	shown.style.top = within(y, innerHeight - height);
}
