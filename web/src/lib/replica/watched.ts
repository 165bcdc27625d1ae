/** Values that are watched: a Svelte store, and nothing of Svelte. */
import { liveQuery } from 'dexie';

/** `next` is called with the value, then with every later one; the answer ends that. */
export interface Watched<T> {
	subscribe(next: (value: T) => void, error?: (reason: unknown) => void): () => void;
}

/** What `read` finds in the replica, and again whenever what it read there changes, in whichever tab. */
export function watch<T>(read: () => Promise<T>): Watched<T> {
	return {
		subscribe(next, error) {
			const running = liveQuery(read).subscribe({ next, error });
			return () => running.unsubscribe();
		}
	};
}

/** A value that is set here. */
export class Cell<T> implements Watched<T> {
	private readonly watchers = new Set<(value: T) => void>();

	constructor(private held: T) {}

	get value(): T {
		return this.held;
	}

	set(value: T): void {
		this.held = value;
		for (const next of [...this.watchers]) next(value);
	}

	subscribe(next: (value: T) => void): () => void {
		const one = (value: T) => next(value);
		this.watchers.add(one);
		one(this.held);
		return () => this.watchers.delete(one);
	}
}

/** The first value that satisfies `enough`; rejects after `patience` milliseconds. */
export function until<T>(watched: Watched<T>, enough: (value: T) => boolean, patience: number): Promise<T> {
	const stops: (() => void)[] = [];
	const found = new Promise<T>((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error('It did not come in time.')), patience);
		stops.push(() => clearTimeout(timer));
		stops.push(watched.subscribe((value) => enough(value) && resolve(value), reject));
	});
	return found.finally(() => stops.forEach((stop) => stop()));
}
