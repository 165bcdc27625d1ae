import { expect, it } from 'vitest';
import { darker, draw, grounds, initials, lighter } from './avatar';
import { contrast, mix } from './contrast';

it('the same id is always drawn the same, others differ', () => {
	const ids = Array.from({ length: 200 }, (_, at) => `0198c0de-0000-7000-8000-${String(at).padStart(12, '0')}`);
	expect(draw(ids[0]!)).toEqual(draw(ids[0]!));
	expect(new Set(ids.map((id) => JSON.stringify(draw(id)))).size).toBe(ids.length);
	expect(new Set(ids.map((id) => draw(id).ground)).size).toBe(grounds.length);
});

it.each(grounds)('white initials can be read on %s and its shapes', (ground) => {
	for (const shade of [ground, mix(ground, '#ffffff', lighter), mix(ground, '#000000', darker)]) {
		expect(contrast('#ffffff', shade)).toBeGreaterThanOrEqual(4.5);
	}
});

it.each([
	['Ada Lovelace', 'AL'],
	['ada', 'A'],
	['Jean-Luc van der Berg', 'JB'],
	['  ', ''],
	['👩‍🚀 Sally', '👩‍🚀S'],
	['Éva', 'É']
])('the initials of %j', (name, expected) => expect(initials(name)).toBe(expected));
