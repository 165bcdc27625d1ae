/** What one lets programs do: API tokens, and bots that get in by them. */
import type { Client } from '../replica/client';
import type { BotList, MadeToken, NewToken, PublicUser, TokenList, TokenRow } from '../wire/types';

export class Programs {
	readonly #client: Client;
	/** Both null: not read yet. */
	tokens = $state.raw<TokenRow[] | null>(null);
	bots = $state.raw<PublicUser[] | null>(null);

	constructor(client: Client) {
		this.#client = client;
	}

	/** Like the others throws `Problem` or `Unreachable`. */
	async read(): Promise<void> {
		const { api } = this.#client;
		const [bots, tokens] = await Promise.all([
			api.ask<BotList>('GET', '/api/bots'),
			api.ask<TokenList>('GET', '/api/tokens')
		]);
		this.bots = bots.items;
		this.tokens = tokens.items;
	}

	/** The secret, which nobody tells a second time. */
	async makeToken(asked: NewToken): Promise<string> {
		const { token, ...row } = await this.#client.api.ask<MadeToken>('POST', '/api/tokens', { json: asked });
		this.tokens = [row, ...(this.tokens ?? [])];
		return token;
	}

	async endToken(id: string): Promise<void> {
		await this.#client.api.ask('DELETE', `/api/tokens/${id}`);
		this.tokens = this.tokens?.filter((token) => token.id !== id) ?? null;
	}

	async makeBot(name: string, displayName: string): Promise<void> {
		const json = { name, display_name: displayName };
		const bot = await this.#client.api.ask<PublicUser>('POST', '/api/bots', { json });
		this.bots = [...(this.bots ?? []), bot];
	}

	async putAway(id: string): Promise<void> {
		await this.#client.api.ask('DELETE', `/api/bots/${id}`);
		this.bots = this.bots?.filter((bot) => bot.id !== id) ?? null;
		this.tokens = this.tokens?.filter((token) => token.user_id !== id) ?? null;
	}
}
