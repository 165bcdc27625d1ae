import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Stream } from './stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A stream over a server at `head`, and what it did. */
function streaming(cursor: number, head: () => number) {
	const did: string[] = [];
	const stream = new Stream<string>(cursor, {
		apply: async (changes, version) => void did.push(`${version} ${changes.join()}`),
		pull: async () => {
			did.push(`pull ${stream.cursor}`);
			return head();
		},
		failed: (error) => did.push(String(error))
	});
	return { stream, did };
}

const patience = () => vi.advanceTimersByTimeAsync(1000);

test('what comes next is applied, what was applied is ignored', async () => {
	const { stream, did } = streaming(4, () => 6);
	for (const version of [5, 4, 5, 6]) stream.heard(version, [`v${version}`]);
	await patience();
	expect(did).toEqual(['5 v5', '6 v6']);
	expect(stream.cursor).toBe(6);
});

test('what was only late needs no pull', async () => {
	const { stream, did } = streaming(4, () => 6);
	stream.heard(6, ['late']);
	await vi.advanceTimersByTimeAsync(50);
	stream.heard(5, ['first']);
	await patience();
	expect(did).toEqual(['5 first', '6 late']);
});

test('a gap is pulled once, however much stands behind it, and not again', async () => {
	const { stream, did } = streaming(4, () => 9);
	for (const version of [7, 8, 9, 10]) stream.heard(version, [`v${version}`]);
	await patience();
	expect(did).toEqual(['pull 4', '10 v10']);
	expect(stream.cursor).toBe(10);
});

test('a pull that fails loses nothing: the next one brings it', async () => {
	let online = false;
	const did: string[] = [];
	const stream = new Stream<string>(0, {
		apply: async (_changes, version) => void did.push(String(version)),
		pull: async () => {
			if (!online) throw new Error('offline');
			return 2;
		},
		failed: () => did.push('failed')
	});
	stream.heard(3, []);
	await patience();
	online = true;
	await stream.behind(3);
	expect(did).toEqual(['failed', '3']);
});

test('steps take turns with what is heard', async () => {
	const { stream, did } = streaming(0, () => 0);
	const joined = stream.run(async () => {
		await Promise.resolve();
		did.push('joined');
		stream.cursor = 2;
	});
	stream.heard(1, ['old']);
	stream.heard(3, ['new']);
	await joined;
	await patience();
	expect(did).toEqual(['joined', '3 new']);
});
