/**
 * Keeps the shell, so that the page opens without a network.
 *
 * Each version of the client has a cache of its own with all its files. A new version takes over new page loads at
 * once; tabs that are open go on with the files of the version that they began with: each holds a lock with its
 * version's name (src/routes/update.ts), and a version's cache goes when nobody holds its lock any more.
 */
import { version } from '$app/env';
import { assets, immutable } from '$app/manifest';
import { self } from '$app/service-worker';
import { afterPictures, fromPictures } from './pictures';

const CACHES = 'hubbub-shell-';
const CACHE = CACHES + version;
const SHELL = '/index.html';
const CONFIG = '/config.json';
/** What the server answers itself: never kept here. */
const SERVERS = /^\/(api|auth|socket|schema|healthz|readyz|metrics)(\/|$)/;

const path = (file: { path: string }) => (file.path.startsWith('/') ? file.path : `/${file.path}`);
const files = new Set([...immutable, ...assets].map(path));

self.addEventListener('install', (event) => {
	event.waitUntil(install().then(() => self.skipWaiting()));
});

async function install(): Promise<void> {
	const cache = await caches.open(CACHE);
	// Past the browser's own cache: the shell of before would name files that are gone.
	await cache.addAll([SHELL, ...files].map((file) => new Request(file, { cache: 'reload' })));
}

self.addEventListener('activate', (event) => {
	event.waitUntil(self.clients.claim());
});

self.addEventListener('message', (event) => {
	if (event.data === 'sweep') event.waitUntil(sweep());
});

/** Forgets the versions that no tab uses. */
async function sweep(): Promise<void> {
	const { held = [], pending = [] } = await self.navigator.locks.query();
	const used = new Set([...held, ...pending].map((lock) => lock.name));
	for (const name of await caches.keys()) {
		if (name.startsWith(CACHES) && name !== CACHE && !used.has(name)) await caches.delete(name);
	}
}

self.addEventListener('fetch', (event) => {
	const { request } = event;
	const url = new URL(request.url);
	if (request.method !== 'GET' || url.origin !== self.location.origin || SERVERS.test(url.pathname)) return;
	if (url.pathname.startsWith('/pictures/')) {
		event.respondWith(fromPictures(request));
		event.waitUntil(afterPictures());
	} else if (url.pathname === CONFIG) event.respondWith(fresh(request));
	else if (request.mode === 'navigate') event.respondWith(shell(url.pathname));
	else event.respondWith(kept(request));
});

/** The page of this version, whatever its address: the client decides what to show. */
async function shell(address: string): Promise<Response> {
	const cache = await caches.open(CACHE);
	// A file that is opened by itself is no page.
	const found = await cache.match(files.has(address) ? address : SHELL);
	return found ?? fetch(address);
}

/** A file of this version, or of an earlier one that an open tab still asks for. */
async function kept(request: Request): Promise<Response> {
	const own = await caches.open(CACHE);
	return (await own.match(request)) ?? (await caches.match(request)) ?? fetch(request);
}

/** As the server says now; without it, as it said last. */
async function fresh(request: Request): Promise<Response> {
	const cache = await caches.open(CACHE);
	try {
		const answer = await fetch(request);
		if (answer.ok) await cache.put(CONFIG, answer.clone());
		return answer;
	} catch {
		return (await cache.match(CONFIG)) ?? Response.error();
	}
}
