import { expect, test } from 'vitest';
import { Same } from './same';

const row = (id: string, text: string) => ({ id, text, by: { name: 'Ada' } });

test('what is equal stays the same object, whatever comes and goes around it', () => {
	const same = new Same<ReturnType<typeof row>>();
	const [first, second] = same.of([row('1', 'one'), row('2', 'two')]);
	const later = same.of([row('2', 'two'), row('1', 'changed'), row('3', 'three')]);
	expect(later).toEqual([row('2', 'two'), row('1', 'changed'), row('3', 'three')]);
	expect(later[0]).toBe(second);
	expect(later[1]).not.toBe(first);
});

test('a change deep inside is a change', () => {
	const same = new Same<ReturnType<typeof row>>();
	const [first] = same.of([row('1', 'one')]);
	const [later] = same.of([{ ...row('1', 'one'), by: { name: 'Ada Lovelace' } }]);
	expect(later).not.toBe(first);
	expect(later?.by.name).toBe('Ada Lovelace');
});
