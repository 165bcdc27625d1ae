import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accentColours, contrast } from './contrast';

const css = readFileSync(new URL('../../app.css', import.meta.url), 'utf8');

/** The colours of a theme as app.css has them. */
function colours(theme: string): Record<string, string> {
	const block = css.split(`[data-theme='${theme}'] {`)[1]!.split('}')[0]!;
	return Object.fromEntries([...block.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]));
}

const surfaces = ['--surface', '--surface-2', '--surface-3', '--raised', '--accent-soft'];

describe.each(['day', 'night'])('the theme %s', (theme) => {
	const all = colours(theme);
	const ratio = (one: string, other: string) => contrast(all[one]!, all[other]!);

	it.each(['--text', '--text-muted', '--accent-text', '--danger', '--ok', '--warn'])('%s can be read', (text) => {
		for (const surface of surfaces) expect(ratio(text, surface), surface).toBeGreaterThanOrEqual(4.5);
	});

	it.each([
		['--on-accent', '--accent'],
		['--on-accent', '--accent-hover'],
		['--on-danger', '--danger'],
		['--on-danger', '--danger-hover'],
		['--danger', '--danger-soft'],
		['--text', '--danger-soft'],
		['--warn', '--warn-soft'],
		['--text', '--warn-soft']
	])('%s can be read on %s', (text, ground) => expect(ratio(text, ground)).toBeGreaterThanOrEqual(4.5));

	it('lines of fields and the focus ring can be seen', () => {
		for (const surface of surfaces) {
			expect(ratio('--line-strong', surface), surface).toBeGreaterThanOrEqual(3);
			expect(ratio('--accent-text', surface), surface).toBeGreaterThanOrEqual(3);
		}
	});

	it.each(['#ffee00', '#101040', '#ff0000', '#777777', '#ffffff', '#000000', '#3355ff'])(
		'an accent of %s is made readable',
		(chosen) => {
			const accent = accentColours(chosen, theme as 'day' | 'night')!;
			expect(contrast(accent['--on-accent'], accent['--accent'])).toBeGreaterThanOrEqual(4.5);
			expect(contrast(accent['--on-accent'], accent['--accent-hover'])).toBeGreaterThanOrEqual(4.5);
			for (const surface of surfaces.slice(0, 4)) {
				expect(contrast(accent['--accent-text'], all[surface]!), surface).toBeGreaterThanOrEqual(4.5);
			}
			expect(contrast(accent['--accent-text'], accent['--accent-soft'])).toBeGreaterThanOrEqual(4.5);
		}
	);
});

it('an accent that is no colour is refused', () => expect(accentColours('red; background: url(x)', 'day')).toBeNull());
