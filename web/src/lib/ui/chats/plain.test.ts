import { describe, expect, test } from 'vitest';
import { isEmojiAlone, isPlain, oneLine } from './plain';

describe('a text that is shown as it is', () => {
	test.each(['Hello there.', 'It is 5 - 3, or 50 % (perhaps): "yes"!', 'two\nlines', "it's fine; really?"])(
		'%s',
		(text) => {
			expect(isPlain(text)).toBe(true);
		}
	);
	test.each([
		'**bold**',
		'`code`',
		'see https://example.org',
		'www.example.org',
		'@ada look',
		'- one\n- two',
		'a\n1. b',
		'<b>'
	])('not: %s', (text) => {
		expect(isPlain(text)).toBe(false);
	});
});

test('one to three emoji and nothing else are shown large', () => {
	for (const text of ['👍', '👍🏽 🎉', '👩‍💻', '🇸🇪', '❤️']) expect(isEmojiAlone(text)).toBe(true);
	for (const text of ['👍👍👍👍', 'ok 👍', '1', '#', '']) expect(isEmojiAlone(text)).toBe(false);
});

test('a message in one line has no marks of formatting, and an end', () => {
	expect(oneLine('**Hello**\n\n```js\nlet x;\n```')).toBe('Hello let x;');
	expect(oneLine('word '.repeat(100), 20)).toBe('word word word word…');
});
