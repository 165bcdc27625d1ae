// What the measurements of part f do inside of a page: `bench`, put there before the page's own scripts.
globalThis.bench = (() => {
	/** After the next frame is on the screen, as far as a page can know. */
	const painted = () =>
		new Promise((done) =>
			requestAnimationFrame(() => {
				const { port1, port2 } = new MessageChannel();
				port1.onmessage = () => done(performance.now());
				port2.postMessage(null);
			})
		);

	/** Milliseconds from doing something until what `there` looks for is painted. */
	async function until(act, there, patience = 30000) {
		const begun = performance.now();
		act();
		for (;;) {
			const now = await new Promise(requestAnimationFrame);
			if (there()) break;
			if (now - begun > patience) throw new Error('It did not appear in time.');
		}
		return (await painted()) - begun;
	}

	/** The last message of the list is the one that says `text`, and stands within the window. */
	function shows(text) {
		const last = document.querySelector('[role=feed] article:last-of-type');
		if (!last?.textContent.includes(text)) return false;
		return last.getBoundingClientRect().top < innerHeight;
	}

	const opens = (link, text) => until(() => document.querySelector(link).click(), () => shows(text));

	/**
	 * The milliseconds between frames while an element is scrolled up by `step` pixels in each of them, and how many
	 * windows of messages were seen in it.
	 */
	async function scrolls(selector, step, frames) {
		const element = document.querySelector(selector);
		const intervals = [];
		const windows = new Set();
		let before = await new Promise(requestAnimationFrame);
		for (let frame = 0; frame < frames; frame++) {
			element.scrollTop -= step;
			const now = await new Promise(requestAnimationFrame);
			intervals.push(now - before);
			before = now;
			windows.add(element.querySelector('[role=feed]').firstElementChild.dataset.message);
		}
		return { intervals, windows: windows.size };
	}

	/** Listens for Enter; afterwards `echoed()` is how many frames it took until `there`, and milliseconds. */
	function listens(there) {
		let tell;
		const told = new Promise((resolve) => (tell = resolve));
		const heard = (event) => {
			if (event.key !== 'Enter') return;
			removeEventListener('keydown', heard, true);
			let frames = 0;
			const look = () => {
				frames++;
				// What is in the document when a frame begins is painted in it.
				if (!there()) return requestAnimationFrame(look);
				painted().then((now) => tell({ frames, ms: now - event.timeStamp }));
			};
			requestAnimationFrame(look);
		};
		addEventListener('keydown', heard, true);
		globalThis.bench.echoed = () => told;
	}

	const opened = (name) =>
		new Promise((resolve, reject) => {
			const request = indexedDB.open(name);
			request.onsuccess = () => resolve(request.result);
			request.onerror = () => reject(request.error);
		});
	const read = (database, store, key) =>
		new Promise((resolve, reject) => {
			const request = database.transaction(store).objectStore(store).get(key);
			request.onsuccess = () => resolve(request.result);
			request.onerror = () => reject(request.error);
		});
	const written = (transaction) =>
		new Promise((resolve, reject) => {
			transaction.oncomplete = resolve;
			transaction.onerror = () => reject(transaction.error);
		});

	const WORDS = 'the roof needs felt and nails before the rain comes back on Saturday so bring a ladder'.split(' ');

	/** A sentence of 3 to 26 words, the same for the same number. */
	function sentence(number) {
		const length = 3 + ((number * 7919) % 24);
		return Array.from({ length }, (_, at) => WORDS[(number * 31 + at * 7) % WORDS.length]).join(' ');
	}

	/** As a client makes it: the time first, in milliseconds (UUID, version 7). */
	function idOf(moment) {
		const time = moment.toString(16).padStart(12, '0');
		return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
	}

	/**
	 * Puts `count` messages before those that the conversation has, by its two members in turns, a reaction on every
	 * twentieth, all of it read: rows as `web/src/lib/replica/schema.ts` has them, the text under the device key.
	 */
	async function fills(other, count) {
		const device = await opened('hubbub-device');
		const key = (await read(device, 'settings', 'device_key')).value;
		const user = (await read(device, 'settings', 'current')).value;
		const replica = await opened(`hubbub-${user}`);
		const conversation = await conversationWith(replica, other);
		const context = new TextEncoder().encode(`replica ${user}`);
		const box = async (value) => {
			const iv = crypto.getRandomValues(new Uint8Array(12));
			const plain = new TextEncoder().encode(JSON.stringify(value));
			const ct = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: context }, key, plain);
			return { iv, ct: new Uint8Array(ct) };
		};
		const end = Date.now() - 3600_000;
		const row = async (at) => {
			const moment = end - (count - at) * 60_000;
			const id = idOf(moment);
			const sender = Math.floor(at / 3) % 2 ? user : conversation.other;
			return {
				conversation: conversation.id,
				id,
				place: [at - count, sender, 'bench', 0, id],
				version: 0,
				rev: 0,
				sender,
				at: moment,
				sent_at: moment,
				deleted: false,
				body: await box({ text: sentence(at) }),
				shown: 1,
				sealed: `e1.${id.repeat(20)}`,
				copy: id.repeat(6),
				waiting: false,
				change: null,
				refused: null
			};
		};
		const reading = replica.transaction('conversations', 'readwrite');
		reading.objectStore('conversations').put({ ...conversation, read: Date.now(), unread: 0 });
		await written(reading);
		for (let from = 0; from < count; from += 1000) {
			const numbers = Array.from({ length: Math.min(1000, count - from) }, (_, at) => from + at);
			const rows = await Promise.all(numbers.map(row));
			const transaction = replica.transaction(['messages', 'reactions'], 'readwrite');
			for (const one of rows) transaction.objectStore('messages').put(one);
			for (const one of rows.filter((_, at) => at % 20 === 0))
				transaction.objectStore('reactions').put({
					conversation: conversation.id,
					message: one.id,
					user,
					emoji: '👍',
					on: true,
					version: 0,
					place: one.place,
					change: null
				});
			await written(transaction);
		}
		replica.close();
		device.close();
	}

	async function conversationWith(replica, name) {
		const all = (store) =>
			new Promise((resolve, reject) => {
				const request = replica.transaction(store).objectStore(store).getAll();
				request.onsuccess = () => resolve(request.result);
				request.onerror = () => reject(request.error);
			});
		const person = (await all('people')).find((one) => one.display_name === name);
		return (await all('conversations')).find((one) => one.other === person.id);
	}

	return { until, shows, opens, scrolls, listens, fills, painted };
})();
