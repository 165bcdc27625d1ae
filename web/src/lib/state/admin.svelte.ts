/** Lists that only admins see, page by page; who is named in them is looked up. */
import type { Client } from '../replica/client';
import type { Chat } from './chat.svelte';
import type { Person } from './model';

interface Page<Row> {
	items: Row[];
	page_token: string | null;
}

export class AdminList<Row extends { id: string }> {
	readonly #chat: Chat;
	readonly #client: Client;
	readonly #path: string;
	readonly #names: (row: Row) => (string | null)[];
	#query: Record<string, string> = {};
	#token: string | null = null;
	/** null: not read yet. */
	rows = $state.raw<Row[] | null>(null);
	more = $state(false);

	/** `names`: the users that a row names. */
	constructor(chat: Chat, path: string, names: (row: Row) => (string | null)[]) {
		this.#chat = chat;
		this.#client = chat.client;
		this.#path = path;
		this.#names = names;
	}

	/** The first page. Throws `Problem` or `Unreachable`. */
	async read(query: Record<string, string> = {}): Promise<void> {
		this.#query = query;
		this.#token = null;
		this.rows = await this.#page();
	}

	async next(): Promise<void> {
		this.rows = [...(this.rows ?? []), ...(await this.#page())];
	}

	drop(id: string): void {
		this.rows = this.rows?.filter((row) => row.id !== id) ?? null;
	}

	person(id: string): Person {
		return this.#chat.people.of(id);
	}

	async #page(): Promise<Row[]> {
		const query = { ...this.#query, page_token: this.#token };
		const { items, page_token } = await this.#client.api.ask<Page<Row>>('GET', this.#path, { query });
		this.#token = page_token;
		this.more = page_token !== null;
		await this.#meet(items.flatMap(this.#names).filter((id) => id !== null));
		return items;
	}

	async #meet(ids: string[]): Promise<void> {
		const unknown = ids.filter((id, at) => ids.indexOf(id) === at && this.#chat.people.of(id).presence === 'unknown');
		await Promise.all(unknown.map((id) => this.#client.do.findPerson(id)));
		this.#chat.people.want(ids);
	}
}
