/** The places where one is signed in, as the server lists them. */
import type { Client } from '../replica/client';
import type { Session } from '../wire/types';

export class SignedInPlaces {
	readonly #client: Client;
	/** null: not read yet. */
	places = $state.raw<Session[] | null>(null);

	constructor(client: Client) {
		this.#client = client;
	}

	/** Like the others throws `Problem` or `Unreachable`. */
	async read(): Promise<void> {
		this.places = (await this.#client.api.ask<{ items: Session[] }>('GET', '/api/sessions')).items;
	}

	async end(id: string): Promise<void> {
		await this.#client.api.ask('DELETE', `/api/sessions/${id}`);
		this.places = this.places?.filter((place) => place.id !== id) ?? null;
	}

	async endOthers(): Promise<void> {
		await this.#client.api.ask('DELETE', '/api/sessions');
		this.places = this.places?.filter((place) => place.current) ?? null;
	}
}
