// The machine in a Worker: the main thread never waits for cryptography.

import { wrap, type Remote } from 'comlink';
import { carryRefusals } from './boundary.ts';
import type { Machine } from './machine.ts';

/** Starts a Worker with a machine of its own, which is locked. */
export function openCrypto(): Remote<Machine> {
	carryRefusals();
	const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'crypto' });
	return wrap<Machine>(worker);
}
