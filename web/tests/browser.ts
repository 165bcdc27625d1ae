// Browsers for tests in Node: each has databases of its own, and a network that tests may listen to, cut, and lose answers of.

import { Dexie } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';

/** A request as it went out. */
export interface Asked {
	method: string;
	path: string;
	body: string;
}

export class Browser {
	readonly #databases = new IDBFactory();
	/** All that was asked, in order. */
	readonly asked: Asked[] = [];
	/** No request arrives. */
	offline = false;
	/** Of the next such request (`POST /auth/login`) the answer is lost; it is done nevertheless. */
	loses: string | null = null;
	/** What to answer in place of the server, or undefined. */
	instead: (asked: Asked) => object | undefined = () => undefined;

	/** Databases that are opened from now on are this browser's. */
	use(): this {
		Dexie.dependencies.indexedDB = this.#databases;
		Dexie.dependencies.IDBKeyRange = IDBKeyRange;
		return this;
	}

	readonly fetch: typeof fetch = async (input, init) => {
		const asked = {
			method: init?.method ?? 'GET',
			path: new URL(String(input)).pathname,
			body: typeof init?.body === 'string' ? init.body : ''
		};
		this.asked.push(asked);
		if (this.offline) throw new TypeError('fetch failed');
		const instead = this.instead(asked);
		if (instead) return Response.json(instead);
		const answer = await fetch(input, init);
		if (this.loses !== `${asked.method} ${asked.path}`) return answer;
		this.loses = null;
		throw new TypeError('fetch failed');
	};

	/** How often this was asked. */
	times(path: string): number {
		return this.asked.filter((asked) => asked.path === path).length;
	}

	/** The names of its databases. */
	async databases(): Promise<string[]> {
		return (await this.#databases.databases()).map(({ name }) => name ?? '');
	}
}
