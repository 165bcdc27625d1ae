import { expect, test } from 'vitest';
import { mentions } from './mentions';

test('a handle is named by @ before it, wherever a word begins', () => {
	for (const text of ['@ada', 'hey @ada!', '(@Ada)', 'a\n@ada, look']) expect(mentions(text, 'ada')).toBe(true);
});

test('an address, a longer handle and the bare name are no mention', () => {
	for (const text of ['me@ada', '@ada-lovelace', '@adam', 'ada', 'x/@ada']) expect(mentions(text, 'ada')).toBe(false);
	expect(mentions('@ada-lovelace.', 'ada-lovelace')).toBe(true);
});
