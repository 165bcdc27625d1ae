/** Rings when the next of what lasts for a time only is over. */

/** The longest that a timer can wait, in milliseconds. */
const FARTHEST = 2 ** 31 - 1;

export class Ends {
	private timer: ReturnType<typeof setTimeout> | undefined;

	constructor(private readonly ring: () => void) {}

	/** `at`: the next end, in milliseconds; null: there is none. In place of what was waited for. */
	wait(at: number | null): void {
		clearTimeout(this.timer);
		if (at === null) return;
		const left = Math.min(Math.max(0, at - Date.now()), FARTHEST);
		this.timer = setTimeout(() => (at > Date.now() ? this.wait(at) : this.ring()), left);
	}

	stop(): void {
		clearTimeout(this.timer);
	}
}
