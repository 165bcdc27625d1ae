import { expect, test } from 'vitest';
import { backOff } from './backoff.ts';

test('the longest wait doubles from 0.3 s to 30 s', () => {
	const longest = [0, 1, 2, 3, 6, 7, 50].map((tries) => backOff(tries, () => 1));
	expect(longest).toEqual([300, 600, 1200, 2400, 19_200, 30_000, 30_000]);
});

test('any wait up to that may come, so that clients do not come back together', () => {
	expect(backOff(4, () => 0)).toBe(0);
	expect(backOff(4, () => 0.25)).toBe(1200);
});
