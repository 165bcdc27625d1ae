/** Rows that did not change stay the same objects from one reading to the next: nothing of them is drawn anew. Pure. */

export class Same<T extends { id: string }> {
	#kept = new Map<string, { row: T; as: string }>();

	/** The rows, each as it was given before if it is equal to that. They are plain data. */
	of(rows: T[]): T[] {
		const before = this.#kept;
		this.#kept = new Map();
		return rows.map((row) => {
			const as = JSON.stringify(row);
			const held = before.get(row.id);
			const kept = held?.as === as ? held : { row, as };
			this.#kept.set(row.id, kept);
			return kept.row;
		});
	}
}
