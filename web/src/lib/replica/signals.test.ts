import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IDLE_AFTER, OwnStatus } from './signals.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('who does nothing for a while is away, and back with the first sign', () => {
	const told: string[] = [];
	const status = new OwnStatus((now) => told.push(now));
	status.active();
	vi.advanceTimersByTime(IDLE_AFTER - 1);
	status.active();
	vi.advanceTimersByTime(IDLE_AFTER - 1);
	expect(told).toEqual([]);
	vi.advanceTimersByTime(1);
	expect(told).toEqual(['idle']);
	status.active();
	expect(told).toEqual(['idle', 'online']);
	status.stop();
});
