// How long to wait before the next attempt, so that a thousand clients do not come back in one moment.

const FIRST = 300;
const LONGEST = 30_000;

/** Exponential with full jitter (0.3 s, doubling, at most 30 s). `tries`: attempts that failed. In milliseconds. */
export function backOff(tries: number, random: () => number = Math.random): number {
	return random() * Math.min(LONGEST, FIRST * 2 ** tries);
}
