/** Pictures of users: an address says what it holds, so that one that is kept is never wrong. */

const CACHE = 'hubbub-pictures';
/** So many are kept; the first that came go first. */
const MOST = 300;

export async function fromPictures(request: Request): Promise<Response> {
	const cache = await caches.open(CACHE);
	const found = await cache.match(request);
	if (found) return found;
	const answer = await fetch(request);
	// Another origin's answers hide their status: those are not kept.
	if (answer.ok) await cache.put(request, answer.clone());
	return answer;
}

/** Keeps to the limit. */
export async function afterPictures(): Promise<void> {
	const cache = await caches.open(CACHE);
	const kept = await cache.keys();
	for (const request of kept.slice(0, Math.max(0, kept.length - MOST))) await cache.delete(request);
}
