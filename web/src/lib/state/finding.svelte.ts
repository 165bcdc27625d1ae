/** A list on the server that is searched as one types, page by page. */

export interface FoundPage<T> {
	items: T[];
	page_token: string | null;
}

/** How long one has to pause before the server is asked, in milliseconds. */
const PAUSE = 250;

export class Finding<T extends { id: string }> {
	#ask: (text: string, token: string | null) => Promise<FoundPage<T>>;
	#asked = 0;
	#token: string | null = null;
	/** null: the server did not answer yet. */
	items = $state.raw<T[] | null>(null);
	more = $state(false);
	busy = $state(false);
	/** Why the last question was not answered. */
	problem = $state.raw<unknown>(null);
	text = $state('');

	constructor(ask: (text: string, token: string | null) => Promise<FoundPage<T>>) {
		this.#ask = ask;
	}

	/** Another text was typed: asked once one pauses; an answer that comes late is dropped. */
	async search(text: string): Promise<void> {
		this.text = text;
		const mine = ++this.#asked;
		await new Promise((resolve) => setTimeout(resolve, PAUSE));
		if (mine === this.#asked) await this.begin();
	}

	/** The first page. */
	async begin(): Promise<void> {
		this.#token = null;
		await this.#fetch((_, items) => items);
	}

	/** One more page. */
	async goOn(): Promise<void> {
		await this.#fetch((before, items) => [...before, ...items]);
	}

	/** Puts what is known better in the place of what the server said. */
	replace(item: T): void {
		this.items = this.items?.map((one) => (one.id === item.id ? item : one)) ?? null;
	}

	async #fetch(join: (before: T[], items: T[]) => T[]): Promise<void> {
		const mine = ++this.#asked;
		this.busy = true;
		try {
			const page = await this.#ask(this.text.trim(), this.#token);
			if (mine !== this.#asked) return;
			this.items = join(this.items ?? [], page.items);
			this.#token = page.page_token;
			this.more = page.page_token !== null;
			this.problem = null;
		} catch (error) {
			if (mine === this.#asked) this.problem = error;
		} finally {
			if (mine === this.#asked) this.busy = false;
		}
	}
}
