import { expect, it } from 'vitest';
import { askedPlaces, typedWords } from './recovery';

it.each([
	['abandon  Ability\nable', ['abandon', 'ability', 'able']],
	['1. abandon 2. ability', ['abandon', 'ability']],
	['  1) abandon, 2) ability;', ['abandon', 'ability']],
	['', []]
])('%j has the words %j', (text, words) => expect(typedWords(text)).toEqual(words));

it('asks for three places all over the code', () => {
	expect(askedPlaces(() => 0)).toEqual([1, 9, 17]);
	expect(askedPlaces(() => 0.999)).toEqual([8, 16, 24]);
});
