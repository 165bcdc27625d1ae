/** What is kept under the device key, and what of it was read lately: text is never on the disk in the open. */
import { openAtRest, sealAtRest } from '../crypto/atrest.ts';
import type { Box } from './schema.ts';

/** How many opened values are kept in memory. */
const KEPT = 5000;

export class Bodies {
	/** By nonce, which no two boxes share; the oldest is dropped first. */
	private readonly opened = new Map<string, unknown>();

	/** `user`: whose replica it is; what was kept for another does not open. */
	constructor(
		private readonly key: CryptoKey,
		private readonly user: string
	) {}

	/** The box of a value, which is then read without waiting. */
	async seal(value: unknown): Promise<Box> {
		const box = await sealAtRest(this.key, value, `replica ${this.user}`);
		this.keep(box, value);
		return box;
	}

	async open<T>(box: Box): Promise<T> {
		const name = nameOf(box);
		if (this.opened.has(name)) return this.opened.get(name) as T;
		const value = await openAtRest<T>(this.key, box, `replica ${this.user}`);
		if (value === undefined) throw new Error('A row of the replica was kept under another device key.');
		this.keep(box, value);
		return value;
	}

	private keep(box: Box, value: unknown): void {
		this.opened.set(nameOf(box), value);
		if (this.opened.size > KEPT) {
			const oldest = this.opened.keys().next();
			if (!oldest.done) this.opened.delete(oldest.value);
		}
	}
}

function nameOf(box: Box): string {
	return String.fromCharCode(...box.iv);
}
