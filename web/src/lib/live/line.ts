/**
 * The socket for conversations that are not in the replica: a guest's, or that of who looks without being in them. Signing
 * in goes on on the same socket: the next join brings the token.
 */
import { Live, type LiveState } from '../realtime/socket.ts';
import type { Tokens } from '../realtime/tokens.ts';

/** How long a socket is kept that nothing is looked at over, in milliseconds: as long as signing in takes. */
const KEPT = 120_000;

/** A guest has no token. */
const GUEST = '';

export class Line implements Tokens {
	readonly live: Live;
	private account: Tokens | null = null;
	private users = 0;
	private ending: ReturnType<typeof setTimeout> | undefined;

	/** `url` is as `wss://chat.example/socket`. */
	constructor(url: string, random?: () => number) {
		this.live = new Live({ url, tokens: this, ...(random ? { random } : {}) });
	}

	get state(): LiveState {
		return this.live.state;
	}

	/** Whose it is from now on; null: a guest's, who must not come by the socket of the account before. */
	be(account: Tokens | null): void {
		const before = this.account;
		this.account = account;
		if (before === null || before === account) return;
		this.live.stop();
		if (this.users > 0) this.live.start();
	}

	/** What a join says to be who one is, however the socket came to be. */
	async params(): Promise<{ token?: string }> {
		const token = await this.token();
		return token ? { token } : {};
	}

	/** Keeps it open until the answer is called. */
	hold(): () => void {
		clearTimeout(this.ending);
		if (this.users++ === 0) this.live.start();
		let held = true;
		return () => {
			if (!held) return;
			held = false;
			if (--this.users === 0) this.ending = setTimeout(() => this.live.stop(), KEPT);
		};
	}

	// --- as the socket asks for tokens --------------------------------------------------------------------------------

	/** Who has to sign in again reads on as a guest. */
	async token(): Promise<string> {
		return (await this.account?.token()) ?? GUEST;
	}

	async renew(rejected: string): Promise<string> {
		if (rejected === GUEST) return this.token();
		return (await this.account?.renew(rejected)) ?? GUEST;
	}

	async isRefused(token: string): Promise<boolean> {
		return token !== GUEST && (await this.account?.isRefused(token)) === true;
	}
}
