import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePlaces, nextPlace } from './ordering.ts';
import type { Place } from './schema.ts';

const [me, you, phone, laptop] = ['0a', '0b', 'd1', 'd2'];

test('a run of one device shares an index and counts positions', () => {
	const first = nextPlace(null, 0, me, phone, 'm1');
	const second = nextPlace(first, 0, me, phone, 'm2');
	expect([first, second]).toEqual([
		[1, me, phone, 0, 'm1'],
		[1, me, phone, 1, 'm2']
	]);
});

test('after another one, or another device of one’s own, a new index begins', () => {
	expect(nextPlace([4, you, phone, 2, 'm'], 4, me, phone, 'n')).toEqual([5, me, phone, 0, 'n']);
	expect(nextPlace([4, me, laptop, 2, 'm'], 4, me, phone, 'n')).toEqual([5, me, phone, 0, 'n']);
});

test('one’s own last message is not the end where a higher index was seen', () => {
	expect(nextPlace([4, me, phone, 2, 'm'], 7, me, phone, 'n')).toEqual([8, me, phone, 0, 'n']);
});

const place = fc.tuple(
	fc.nat(3),
	fc.constantFrom(me, you),
	fc.constantFrom(phone, laptop),
	fc.nat(2),
	fc.constantFrom('m1', 'm2')
) as fc.Arbitrary<Place>;

test('the order is total, and what is composed next comes after everything', () => {
	fc.assert(
		fc.property(fc.array(place, { minLength: 1 }), (places) => {
			const sorted = [...places].sort(comparePlaces);
			const last = sorted.at(-1)!;
			const top = Math.max(...places.map(([index]) => index));
			const next = nextPlace(last, top, me, phone, 'm3');
			expect(sorted.every((one) => comparePlaces(one, next) < 0)).toBe(true);
			expect(next[0] - top).toBeLessThanOrEqual(1);
			for (const one of places) {
				for (const other of places) expect(comparePlaces(one, other)).toBe(-comparePlaces(other, one) + 0);
			}
		})
	);
});
