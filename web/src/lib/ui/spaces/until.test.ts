import { expect, it } from 'vitest';
import { until } from './until';

it.each([
	[0, '0:00'],
	[-5, '0:00'],
	[4_600, '0:05'],
	[299_000, '4:59'],
	[3_600_000, '1 h 0 min'],
	[43_199_000, '11 h 59 min']
])('%d milliseconds are %s', (milliseconds, words) => {
	expect(until(milliseconds)).toBe(words);
});
