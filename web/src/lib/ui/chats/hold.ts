/** Keeps what one reads where it is on the screen while rows come and go around it. */

/** This close to the end, in pixels, one reads what is newest. */
const NEAR = 56;

export class Hold {
	/** The reader is at the end, and stays there. */
	atEnd = true;
	#row: { id: string; top: number } | null = null;

	constructor(
		private readonly scroller: HTMLElement,
		private readonly list: HTMLElement
	) {}

	/** How far the view is from the upper and the lower end, in pixels. */
	get distance(): { above: number; below: number } {
		const { scrollTop, scrollHeight, clientHeight } = this.scroller;
		return { above: scrollTop, below: scrollHeight - clientHeight - scrollTop };
	}

	/** The row in the middle of what is seen. */
	get middle(): string | null {
		const { top, height } = this.scroller.getBoundingClientRect();
		const row = this.list.children[this.#indexAt(top + height / 2)];
		return row ? idOf(row) : null;
	}

	/** Call before rows change, and when one scrolled. */
	remember(): void {
		this.atEnd = this.distance.below < NEAR;
		const edge = this.scroller.getBoundingClientRect().top;
		const row = this.list.children[this.#indexAt(edge)];
		this.#row = row ? { id: idOf(row), top: row.getBoundingClientRect().top - edge } : null;
	}

	/** Call after rows changed, or anything above them. */
	restore(): void {
		if (this.atEnd) return this.toEnd();
		const row = this.#row && this.find(this.#row.id);
		if (!row) return;
		const top = row.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
		if (Math.abs(top - this.#row!.top) >= 1) this.scroller.scrollTop += top - this.#row!.top;
	}

	toEnd(): void {
		this.scroller.scrollTop = this.scroller.scrollHeight;
		this.atEnd = true;
	}

	/** Scrolls so that the row stands `from` of the height below the upper edge. */
	toRow(row: Element, from: number): void {
		const edge = this.scroller.getBoundingClientRect().top;
		this.scroller.scrollTop += row.getBoundingClientRect().top - edge - this.scroller.clientHeight * from;
		this.remember();
	}

	find(id: string): HTMLElement | null {
		return this.list.querySelector(`[data-message="${CSS.escape(id)}"]`);
	}

	/** The first row that ends below `y`; rows are in order, so that few have to be measured. */
	#indexAt(y: number): number {
		const rows = this.list.children;
		let [low, high] = [0, rows.length - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (rows[middle]!.getBoundingClientRect().bottom > y) high = middle;
			else low = middle + 1;
		}
		return low;
	}
}

function idOf(row: Element): string {
	return (row as HTMLElement).dataset.message ?? '';
}
