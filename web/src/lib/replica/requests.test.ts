import { expect, test } from 'vitest';
import type { ChainState } from '../crypto/types.ts';
import { dueFor } from './requests.ts';

const newcomer = { user: 'dora', ik: 'new', gen: 0 };

function chain(approvals: number, consents: ChainState['consents'] = {}): ChainState {
	const members = Object.fromEntries(['ada', 'bob', 'cleo'].map((user) => [user, { ik: user, gen: 0 }]));
	return { conversation: 'c', head: 'h', length: 3, approvals, members, consents, heads: [], terms: {} };
}

test.each([
	['one is enough', chain(1), 'add'],
	['the first of two', chain(2), 'approve'],
	['the second of two', chain(2, { dora: { ada: 'new' } }), 'add'],
	['the second of all three', chain(0, { dora: { ada: 'new' } }), 'approve'],
	['the last of all three', chain(0, { dora: { ada: 'new', cleo: 'new' } }), 'add'],
	['never more than there are', chain(9, { dora: { ada: 'new', cleo: 'new' } }), 'add'],
	['an approval of an earlier key does not count', chain(2, { dora: { ada: 'old' } }), 'approve'],
	['one who agreed already has nothing more to say', chain(2, { dora: { bob: 'new' } }), null]
])('%s', (_, state, due) => {
	expect(dueFor(state, newcomer, 'bob')).toBe(due);
});
