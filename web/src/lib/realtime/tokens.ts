// Access tokens, as HTTP and the socket ask for them; who keeps and renews them is above.

export interface Tokens {
	/**
	 * An access token that holds for a while, renewed when needed; null: sign in; empty: a guest's. Throws `Unreachable`,
	 * `Problem`.
	 */
	token(): Promise<string | null>;
	/** Another one than `rejected`, which the server did not take; null: sign in. Throws as `token`. */
	renew(rejected: string): Promise<string | null>;
	/** Whether the server says that it does not take this token: asked before one is renewed on a mere suspicion. */
	isRefused(token: string): Promise<boolean>;
}

/** One token that nobody renews. */
export function only(token: string): Tokens {
	return { token: async () => token, renew: async () => null, isRefused: async () => false };
}
