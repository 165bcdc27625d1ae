import { expect, it } from 'vitest';
import { lasting, left } from './when';

it.each([
	[5, '5 seconds'],
	[300, '5 minutes'],
	[3600, '1 hour'],
	[28 * 86_400, '28 days']
])('%d seconds are %s', (seconds, words) => {
	expect(lasting(seconds)).toBe(words);
});

it.each([
	[-10, '0s'],
	[4_600, '5s'],
	[89_000, '89s'],
	[90_000, '2m'],
	[3_600_000, '60m'],
	[2 * 86_400_000, '2d']
])('%d milliseconds remain: %s', (milliseconds, words) => {
	expect(left(milliseconds)).toBe(words);
});
