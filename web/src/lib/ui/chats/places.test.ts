import { expect, test } from 'vitest';
import { matching, type Place } from './places';

const place = (kind: Place['kind'], title: string, detail = ''): Place => ({
	id: title,
	kind,
	title,
	detail,
	href: '/'
});
const places = [
	place('pages', 'About'),
	place('groups', 'Book club'),
	place('people', 'Robert Boole', '@bob'),
	place('recent', 'Ada'),
	place('people', 'Bohr', '@niels')
];
const found = (text: string) => matching(places, text).map(({ title }) => title);

test('without a word all places are offered, those looked at lately first', () => {
	expect(found('')).toEqual(['Ada', 'Robert Boole', 'Bohr', 'Book club', 'About']);
});

test('the beginning of a name fits better than that of a later word, and that better than the handle', () => {
	expect(found('bo')).toEqual(['Bohr', 'Robert Boole', 'Book club', 'About']);
	expect(found('@bob')).toEqual(['Robert Boole']);
	expect(found('nobody')).toEqual([]);
});
