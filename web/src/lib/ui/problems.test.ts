import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { problems, sentence } from './problems';

const errors = readFileSync(new URL('../../../../docs/reference/errors.md', import.meta.url), 'utf8');
const codes = [...errors.matchAll(/^\| `([^`]+)` \| \d/gm)].map((match) => match[1]!);
/** Between programs alone: what a person does never leads to them. */
const unseen = ['malformed_frame', 'binary_unsupported', 'unmatched topic'];

describe('what went wrong', () => {
	it.each(codes.filter((code) => !unseen.includes(code)))('%s has a sentence of its own', (code) => {
		expect(problems[code]).toMatch(/^[A-Z].*\.$/);
		expect(sentence({ code, detail: 'Theirs.' })).toBe(problems[code]);
		expect(sentence({ reason: code, detail: 'Theirs.' })).toBe(problems[code]);
	});

	it("is said in the server's words where we have none", () => {
		expect(sentence({ code: 'brand_new', detail: 'Theirs.' })).toBe('Theirs.');
	});

	it.each([undefined, null, 'text', new Error('internal text'), { detail: 'no code' }])(
		'gives nothing internal away: %j',
		(thrown) => expect(sentence(thrown)).toMatch(/^Something went wrong\./)
	);
});
