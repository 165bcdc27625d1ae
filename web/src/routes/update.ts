/** Keeps the shell by the service worker, and tells when a newer one is here. */
import { version } from '$app/env';

/** After so many milliseconds a page has surely begun: what it needs is in its cache, and old ones may go. */
const SETTLED = 30_000;

/** `offer` is given what reloads this tab into the newer version; others stay as they are until they reload. */
export function keepShell(offer: (reload: () => void) => void): void {
	if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
	// Held as long as this tab lives: the worker keeps our version's files meanwhile.
	void navigator.locks.request(`hubbub-shell-${version}`, { mode: 'shared' }, () => new Promise(() => {}));
	const worker = navigator.serviceWorker;
	// The first worker of this browser is no update.
	let first = !worker.controller;
	worker.addEventListener('controllerchange', () => {
		if (!first) offer(() => location.reload());
		first = false;
	});
	worker
		.register('/service-worker.js', { type: 'module', updateViaCache: 'none' })
		.then(lookForUpdates)
		.catch(() => {
			// Private windows may forbid it: then there is no start without a network, and all else works.
		});
	setTimeout(() => worker.controller?.postMessage('sweep'), SETTLED);
}

function lookForUpdates(registration: ServiceWorkerRegistration): void {
	document.addEventListener('visibilitychange', () => {
		if (document.visibilityState === 'visible') void registration.update().catch(() => {});
	});
}
