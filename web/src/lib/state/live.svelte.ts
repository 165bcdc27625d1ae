/** A watched value of the replica as a rune: it is watched for as long as something on the screen reads it. */
import { createSubscriber } from 'svelte/reactivity';
import type { Watched } from '../replica/watched';

export class Live<T> {
	#value: T;
	#watch: () => void;

	/** `first` is what is read until the replica has answered. */
	constructor(watched: Watched<T>, first: T) {
		this.#value = first;
		this.#watch = createSubscriber((changed) => {
			let begun = false;
			const stop = watched.subscribe((value) => {
				this.#value = value;
				// What is answered at once is read right after; only what comes later is news.
				if (begun) changed();
			});
			begun = true;
			return stop;
		});
	}

	get current(): T {
		this.#watch();
		return this.#value;
	}
}
