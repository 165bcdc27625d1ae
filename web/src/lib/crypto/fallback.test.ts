// A browser without Ed25519 and X25519 of its own: the same bytes from @noble/curves.

import { expect, test, vi } from 'vitest';
import { makeCurves, publicIdentity } from './curves.ts';
import { makeSuite, openerOf, openWith, sealTo } from './hpke.ts';
import { publicX25519 } from './curves.ts';
import { utf8 } from './bytes.ts';

const seed = new Uint8Array(32).fill(3);
const info = utf8('hubbub-copy/1');

test('signatures are the same', async () => {
	const [native, portable] = [true, false].map((has) => makeCurves({ ed25519: has, x25519: has }).ed25519);
	const key = publicIdentity(seed);
	const signed = utf8('what is signed');
	const signature = await (await native!.signer(seed))(signed);
	expect(await (await portable!.signer(seed))(signed)).toEqual(signature);
	for (const curves of [native!, portable!]) {
		expect(await curves.verify('a', key, signature, signed)).toBe(true);
		expect(await curves.verify('a', key, signature, utf8('another'))).toBe(false);
	}
});

test.each([
	[true, false],
	[false, true],
	[false, false]
])('copies: sealed natively %s, opened natively %s', async (sealing, opening) => {
	const text = new Uint8Array(32).fill(9);
	const box = await sealTo(publicX25519(seed), info, text, makeSuite(sealing));
	const suite = makeSuite(opening);
	const opener = await openerOf(seed, suite);
	expect(await openWith(opener, info, box, suite)).toEqual(text);
	expect(await openWith(opener, utf8('hubbub-copy/2'), box, suite)).toBeNull();
});

test('the machine notices by itself what the browser lacks', async () => {
	vi.resetModules();
	const { subtle } = crypto;
	const lacking = (name: unknown) =>
		['Ed25519', 'X25519'].includes((name as { name?: string })?.name ?? (name as string));
	for (const call of ['generateKey', 'importKey'] as const) {
		const real = subtle[call].bind(subtle) as (...args: unknown[]) => Promise<unknown>;
		vi.spyOn(subtle, call).mockImplementation(((...args: unknown[]) =>
			args.some(lacking) ? Promise.reject(new DOMException('', 'NotSupportedError')) : real(...args)) as never);
	}
	try {
		const { conversationOf, person, written } = await import('./testing.ts');
		const [alice, bob] = await Promise.all([person(), person()]);
		const shown = await written(alice, bob, await conversationOf(alice, bob), { text: 'on an old browser' });
		expect((await bob.machine.open(shown)).body).toEqual({ text: 'on an old browser' });
		const forged = { ...shown, sealed: shown.sealed!.replace(/\.[^.]{4}([^.]*)$/, '.AAAA$1') };
		await expect(bob.machine.open(forged)).rejects.toMatchObject({ code: 'signature_wrong' });
	} finally {
		vi.restoreAllMocks();
	}
});
