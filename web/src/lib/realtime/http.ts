// The HTTP door: a method for every route that the client uses.

import type {
	AskLink,
	BeginRegistration,
	Challenge,
	ChangeEmail,
	ChangePassword,
	DeleteAccount,
	ExportLine,
	ConversationPulled,
	LinkOwner,
	Login,
	MessagePage,
	NewIdentityKey,
	NewPasskey,
	NewUserKey,
	OwnKeys,
	PasskeyCreation,
	PasskeyList,
	PasskeyRequest,
	PasskeyRow,
	PasskeySignIn,
	PrivateConversation,
	Profile,
	Proof,
	PublicKeys,
	PublicUser,
	Register,
	RegisterByLink,
	RegisterKeys,
	RegisterWithPasskey,
	ResetBody,
	SignedIn,
	SignInByLink,
	SignedInByPasskey,
	StreamPulled,
	Stretching,
	TokenHolder,
	TokenOwner,
	UserPage,
	WhoseLink,
	ChangeProfile
} from '../wire/types.ts';
import { Problem, Unreachable } from './problems.ts';
import { only, type Tokens } from './tokens.ts';

export type { NewIdentityKey, NewUserKey, OwnKeys, SignedIn };

export interface ApiOptions {
	/** The origin of the server, without a slash at its end; empty: that of the page. */
	origin: string;
	/** Whose requests these are; absent: nobody's. */
	tokens?: Tokens;
	fetch?: typeof fetch;
}

/** `json` or `body` is sent along. */
export interface Ask {
	query?: Record<string, string | number | null | undefined>;
	json?: object;
	body?: Blob;
	/** In one's own name, always or if one is signed in. */
	signedIn?: boolean | 'perhaps';
	/** Milliseconds until nobody waits for the answer any more. */
	patience?: number;
}

const PATIENCE = 20_000;
const PATIENCE_FOR_UPLOADS = 120_000;
const RENEWABLE = ['expired_token', 'invalid_token', 'unauthorized'];

/** Every method throws `Problem` (refused), or `Unreachable` (no answer: done or not). */
export class Api {
	readonly origin: string;
	readonly #tokens: Tokens | undefined;
	readonly #fetch: typeof fetch;

	constructor({ origin, tokens, fetch: own }: ApiOptions) {
		this.origin = origin;
		this.#tokens = tokens;
		this.#fetch = own ?? ((input, init) => fetch(input, init));
	}

	/** The same server, asked in the name of whom these tokens are. */
	as(tokens: Tokens): Api {
		return new Api({ origin: this.origin, tokens, fetch: this.#fetch });
	}

	// --- signing in: nobody's requests --------------------------------------------------------------------------

	prelogin(email: string): Promise<Stretching> {
		return this.#ask('POST', '/auth/prelogin', { json: { email } });
	}

	/** What to solve before registering or signing in. */
	challenge(purpose: 'register' | 'login'): Promise<Challenge> {
		return this.#ask('GET', '/auth/captcha', { query: { purpose } });
	}

	register(account: Register): Promise<SignedIn> {
		return this.#ask('POST', '/auth/register', { json: account });
	}

	/** `password` is what was derived, never what was typed. */
	login(credentials: Login): Promise<SignedIn> {
		return this.#ask('POST', '/auth/login', { json: credentials });
	}

	/** What an authenticator is asked for; anybody's passkey of this server. */
	beginPasskeySignIn(): Promise<PasskeyRequest> {
		return this.#ask('POST', '/auth/passkey/begin');
	}

	passkeySignIn(answer: PasskeySignIn): Promise<SignedInByPasskey> {
		return this.#ask('POST', '/auth/passkey/finish', { json: answer });
	}

	beginPasskeyRegistration(account: BeginRegistration): Promise<PasskeyCreation> {
		return this.#ask('POST', '/auth/passkey/register/begin', { json: account });
	}

	registerWithPasskey(account: RegisterWithPasskey): Promise<SignedInByPasskey> {
		return this.#ask('POST', '/auth/passkey/register/finish', { json: account });
	}

	registerByLink(account: RegisterByLink): Promise<SignedIn> {
		return this.#ask('POST', '/auth/link/register', { json: account });
	}

	/** Whatever the address, the answer is the same. */
	askForLink(asked: AskLink): Promise<void> {
		return this.#ask('POST', '/auth/link/request', { json: asked });
	}

	ownerOfLink(link: WhoseLink): Promise<LinkOwner> {
		return this.#ask('POST', '/auth/link/owner', { json: link });
	}

	signInByLink(link: SignInByLink): Promise<SignedIn> {
		return this.#ask('POST', '/auth/link', { json: link });
	}

	/** Whatever the address, the answer is the same. */
	forgotPassword(email: string): Promise<void> {
		return this.#ask('POST', '/auth/password/request', { json: { email } });
	}

	/** Whose password a token from a letter sets. */
	async ownerOfReset(token: string): Promise<TokenHolder> {
		return (await this.#ask<TokenOwner>('POST', '/auth/password/confirm', { json: { token } })).user;
	}

	resetPassword(reset: ResetBody): Promise<void> {
		return this.#ask('POST', '/auth/password/reset', { json: reset });
	}

	/** The address that the token from a letter was sent to is read by its owner. */
	confirmAddress(token: string): Promise<void> {
		return this.#ask('POST', '/auth/confirm', { json: { token } });
	}

	/** Repeated with the same `op_id` within five minutes it is answered alike. */
	refresh(token: string, opId: string): Promise<SignedIn> {
		return this.#ask('POST', '/auth/refresh', { json: { token, op_id: opId } });
	}

	/** Whether the server says that it does not take this token; whatever else it says, or does not, is no such word. */
	async refuses(token: string): Promise<boolean> {
		try {
			await this.as(only(token)).users({ page_size: 1 });
		} catch (error) {
			return error instanceof Problem && error.status === 401;
		}
		return false;
	}

	// --- one's own account --------------------------------------------------------------------------------------

	/** Ends this sign-in, and no other. */
	signOut(): Promise<void> {
		return this.#ask('POST', '/api/logout', { signedIn: true });
	}

	/** Has the letter sent again that confirms the address. */
	askToConfirm(): Promise<void> {
		return this.#ask('POST', '/api/token/email_confirm', { signedIn: true });
	}

	/** Has a letter sent to the address one has, which lets one name another. */
	askToChangeAddress(): Promise<void> {
		return this.#ask('POST', '/api/token/email_change', { signedIn: true });
	}

	changeAddress(change: ChangeEmail): Promise<void> {
		return this.#ask('PATCH', '/api/email', { signedIn: true, json: change });
	}

	signOutAll(): Promise<void> {
		return this.#ask('POST', '/api/signout_all', { signedIn: true });
	}

	changePassword(change: ChangePassword): Promise<void> {
		return this.#ask('PATCH', '/api/password', { json: change, signedIn: true });
	}

	changeProfile(change: ChangeProfile): Promise<Profile> {
		return this.#ask('PATCH', '/api/profile', { json: change, signedIn: true });
	}

	/** PNG, JPEG or WebP of at most 2 MB; answers its hash. */
	setPicture(picture: Blob): Promise<{ picture: string }> {
		return this.#ask('PUT', '/api/profile/picture', {
			body: picture,
			signedIn: true,
			patience: PATIENCE_FOR_UPLOADS
		});
	}

	removePicture(): Promise<void> {
		return this.#ask('DELETE', '/api/profile/picture', { signedIn: true });
	}

	passkeys(): Promise<PasskeyList> {
		return this.#ask('GET', '/api/passkeys', { signedIn: true });
	}

	/** What one's passkeys are asked for, to prove who is asking. */
	beginProof(): Promise<PasskeyRequest> {
		return this.#ask('POST', '/api/passkeys/proof', { signedIn: true });
	}

	beginPasskey(proof: Proof): Promise<PasskeyCreation> {
		return this.#ask('POST', '/api/passkeys/begin', { json: { proof }, signedIn: true });
	}

	addPasskey(passkey: NewPasskey): Promise<PasskeyRow> {
		return this.#ask('POST', '/api/passkeys', { json: passkey, signedIn: true });
	}

	renamePasskey(id: string, name: string): Promise<PasskeyRow> {
		return this.#ask('PATCH', `/api/passkeys/${id}`, { json: { name }, signedIn: true });
	}

	removePasskey(id: string, proof: Proof): Promise<void> {
		return this.#ask('POST', `/api/passkeys/${id}/remove`, { json: { proof }, signedIn: true });
	}

	ownKeys(): Promise<OwnKeys> {
		return this.#ask('GET', '/api/keys', { signedIn: true });
	}

	/** All of it or nothing; the same again changes nothing. */
	registerKeys(keys: RegisterKeys): Promise<OwnKeys> {
		return this.#ask('POST', '/api/keys', { json: keys, signedIn: true });
	}

	// --- people, conversations ----------------------------------------------------------------------------------

	publicKeys(user: string): Promise<PublicKeys> {
		return this.#ask('GET', `/api/keys/${encodeURIComponent(user)}`, { signedIn: true });
	}

	/** `q`: text in the handle or the display name. */
	users(query: { q?: string; page_token?: string | null; page_size?: number } = {}): Promise<UserPage> {
		return this.#ask('GET', '/api/users', { query, signedIn: true });
	}

	/** By id or by handle. */
	user(idOrName: string): Promise<PublicUser> {
		return this.#ask('GET', `/api/users/${encodeURIComponent(idOrName)}`, { signedIn: true });
	}

	/** Latest first. */
	messages(query: { conversation_id: string; page_token?: string | null; page_size?: number }): Promise<MessagePage> {
		return this.#ask('GET', '/api/messages', { query, signedIn: true });
	}

	privateWith(user: string): Promise<PrivateConversation> {
		return this.#ask('GET', `/api/conversations/private/${encodeURIComponent(user)}`, { signedIn: true });
	}

	sync(query: {
		conversation_id: string;
		cursor?: number;
		limit?: number;
		epoch?: string | null;
	}): Promise<ConversationPulled> {
		return this.#ask('GET', '/api/sync', { query, signedIn: true });
	}

	syncStream(query: { cursor?: number; limit?: number; epoch?: string | null } = {}): Promise<StreamPulled> {
		return this.#ask('GET', '/api/sync', { query, signedIn: true });
	}

	/** Any other route, in one's own name. */
	ask<Answer>(
		method: string,
		path: string,
		ask: Pick<Ask, 'query' | 'json' | 'body' | 'signedIn'> = {}
	): Promise<Answer> {
		return this.#ask(method, path, { signedIn: true, ...ask });
	}

	/** For good. */
	deleteAccount(asked: DeleteAccount): Promise<void> {
		return this.ask('POST', '/api/account/delete', { json: asked });
	}

	/** Everything that the server has of who is signed in. */
	async export(): Promise<ExportLine[]> {
		const lines = await this.#ask<ExportLine[]>('GET', '/api/account/export', {
			signedIn: true,
			patience: PATIENCE_FOR_UPLOADS
		});
		if (lines.at(-1)?.kind !== 'end') throw new Unreachable(new Error('The last line is missing.'));
		return lines;
	}

	// --- how a request is made ----------------------------------------------------------------------------------

	async #ask<Answer>(method: string, path: string, ask: Ask = {}): Promise<Answer> {
		if (!ask.signedIn) return this.#once<Answer>(method, path, ask, null);
		const token = (await this.#tokens?.token()) ?? null;
		if (token === null && ask.signedIn === 'perhaps') return this.#once<Answer>(method, path, ask, null);
		if (token === null) throw signedOut();
		try {
			return await this.#once<Answer>(method, path, ask, token);
		} catch (error) {
			if (!(error instanceof Problem) || error.status !== 401 || !RENEWABLE.includes(error.code)) throw error;
			const renewed = await this.#tokens!.renew(token);
			if (renewed === null) throw error;
			return this.#once<Answer>(method, path, ask, renewed);
		}
	}

	async #once<Answer>(method: string, path: string, ask: Ask, token: string | null): Promise<Answer> {
		const headers: Record<string, string> = { accept: 'application/json' };
		if (token !== null) headers.authorization = `Bearer ${token}`;
		if (ask.json) headers['content-type'] = 'application/json';
		else if (ask.body) headers['content-type'] = ask.body.type;
		let answer: Response;
		let text: string;
		try {
			answer = await this.#fetch(`${this.origin}${path}${queryText(ask.query)}`, {
				method,
				headers,
				body: ask.json ? JSON.stringify(ask.json) : (ask.body ?? null),
				// What a page says of itself otherwise than by the header is not needed, and so not sent.
				credentials: 'omit',
				cache: 'no-store',
				signal: AbortSignal.timeout(ask.patience ?? PATIENCE)
			});
			text = await answer.text();
		} catch (error) {
			throw new Unreachable(error);
		}
		return read(answer, text) as Answer;
	}
}

function queryText(query: Ask['query']): string {
	const said = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined);
	return said.length ? `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)]))}` : '';
}

function signedOut(): Problem {
	return new Problem('unauthorized', 401, 'Sign in first.');
}

/** What the server said; what was said by somebody on the way to it (a gateway, a hotel's page) is no answer. */
function read(answer: Response, text: string): unknown {
	if (answer.status === 204) return undefined;
	const body = json(text);
	const kind = answer.headers.get('content-type') ?? '';
	if (answer.ok && kind.startsWith('application/x-ndjson')) return text.split('\n').filter(Boolean).map(json);
	if (answer.ok && kind.startsWith('application/json') && body !== null) return body;
	if (!answer.ok && kind.startsWith('application/problem+json') && typeof body?.code === 'string') {
		const wait = Number(body.retry_after);
		throw new Problem(
			body.code,
			answer.status,
			String(body.detail ?? ''),
			body.current ?? null,
			wait > 0 ? wait : null,
			typeof body.nonce === 'string' ? body.nonce : null,
			(body.challenge as Challenge | undefined) ?? null
		);
	}
	throw new Unreachable(`HTTP ${answer.status}`);
}

function json(text: string): Record<string, unknown> | null {
	try {
		return JSON.parse(text) as Record<string, unknown> | null;
	} catch {
		return null;
	}
}
