import { describe, expect, test } from 'vitest';
import { Api } from './http.ts';
import { Problem, Unreachable } from './problems.ts';
import type { Tokens } from './tokens.ts';

/** A server of answers in order, and what it was asked. */
function answering(...answers: (Response | Error)[]) {
	const asked: { url: string; method: string; authorization: string | null }[] = [];
	const fake = async (url: unknown, init?: RequestInit) => {
		asked.push({
			url: String(url),
			method: init?.method ?? 'GET',
			authorization: new Headers(init?.headers).get('authorization')
		});
		const answer = answers.shift();
		if (!answer || answer instanceof Error) throw answer ?? new Error('asked too often');
		return answer;
	};
	return { asked, fetch: fake as typeof fetch };
}

const json = (body: unknown, status = 200, type = 'application/json') =>
	new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });
const problem = (code: string, status: number, more: object = {}) =>
	json({ code, status, detail: `${code}.`, ...more }, status, 'application/problem+json');

/** Tokens `one`, then `two`; counts how often they were renewed. */
function renewing(second: string | null = 'two') {
	const renewed: string[] = [];
	const tokens: Tokens = {
		token: async () => 'one',
		renew: async (rejected) => {
			renewed.push(rejected);
			return second;
		},
		isRefused: async () => false
	};
	return { tokens, renewed };
}

describe('asking', () => {
	test('what is not said is not in the address', async () => {
		const { fetch, asked } = answering(json({ items: [], page_token: null }));
		const { tokens } = renewing();
		await new Api({ origin: 'http://h', tokens, fetch }).messages({ conversation_id: 'c d', page_token: null });
		expect(asked).toEqual([
			{ url: 'http://h/api/messages?conversation_id=c+d', method: 'GET', authorization: 'Bearer one' }
		]);
	});

	test('signing in is nobody’s request: no token goes with it', async () => {
		const { fetch, asked } = answering(json({ kdf: null }));
		const { tokens } = renewing();
		await new Api({ origin: '', tokens, fetch }).prelogin('a@example.com');
		expect(asked[0]).toEqual({ url: '/auth/prelogin', method: 'POST', authorization: null });
	});

	test('without a sign-in nothing is asked', async () => {
		const { fetch, asked } = answering();
		const tokens: Tokens = { ...renewing().tokens, token: async () => null };
		await expect(new Api({ origin: '', tokens, fetch }).ownKeys()).rejects.toMatchObject({ code: 'unauthorized' });
		expect(asked).toEqual([]);
	});
});

describe('a token that was not taken', () => {
	test.each(['expired_token', 'invalid_token'])('%s: renewed once, and asked again', async (code) => {
		const { fetch, asked } = answering(problem(code, 401), json({ user_id: 'u' }));
		const { tokens, renewed } = renewing();
		await expect(new Api({ origin: '', tokens, fetch }).ownKeys()).resolves.toEqual({ user_id: 'u' });
		expect(renewed).toEqual(['one']);
		expect(asked.map((request) => request.authorization)).toEqual(['Bearer one', 'Bearer two']);
	});

	test('refused twice: the second refusal is told, and nothing is renewed again', async () => {
		const { fetch } = answering(problem('expired_token', 401), problem('expired_token', 401));
		const { tokens, renewed } = renewing();
		await expect(new Api({ origin: '', tokens, fetch }).ownKeys()).rejects.toMatchObject({ code: 'expired_token' });
		expect(renewed).toHaveLength(1);
	});

	test('the sign-in has ended: the refusal is told', async () => {
		const { fetch } = answering(problem('invalid_token', 401));
		const { tokens } = renewing(null);
		await expect(new Api({ origin: '', tokens, fetch }).ownKeys()).rejects.toMatchObject({ code: 'invalid_token' });
	});

	test('a wrong password is no matter of tokens', async () => {
		const { fetch } = answering(problem('invalid_credentials', 401));
		const { tokens, renewed } = renewing();
		const asked = new Api({ origin: '', tokens, fetch }).registerKeys({ slots: {}, password: 'x' });
		await expect(asked).rejects.toMatchObject({ code: 'invalid_credentials', status: 401 });
		expect(renewed).toEqual([]);
	});
});

describe('how it ends badly', () => {
	const ask = (answer: Response | Error) => new Api({ origin: '', ...answering(answer) }).prelogin('a@example.com');

	test('a refusal brings code, sentence, the current row, and how long to wait', async () => {
		const refused = await ask(problem('rate_limited', 429, { retry_after: 3, current: { id: 'x' } })).catch((e) => e);
		expect(refused).toBeInstanceOf(Problem);
		expect(refused).toMatchObject({
			code: 'rate_limited',
			status: 429,
			detail: 'rate_limited.',
			retryAfter: 3,
			current: { id: 'x' }
		});
	});

	test.each([
		['no network', new TypeError('fetch failed')],
		['a gateway without its server', new Response('<h1>Bad gateway</h1>', { status: 502 })],
		['a hotel that wants a room number', new Response('<form>', { headers: { 'content-type': 'text/html' } })],
		['a refusal that is not Hubbub’s', json({ error: 'no' }, 401)],
		['JSON that breaks off', new Response('{"kdf":', { headers: { 'content-type': 'application/json' } })]
	])('%s: no answer of the server', async (_, answer) => {
		await expect(ask(answer)).rejects.toBeInstanceOf(Unreachable);
	});
});
