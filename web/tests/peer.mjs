// The web client's cryptography for a program of another language: one JSON object a line in, one out. The commands are
// in tests/vectors/README.md. Run: node tests/peer.mjs

import { createInterface } from 'node:readline';
import { b64u, fromB64u } from '../src/lib/crypto/bytes.ts';
import { Machine } from '../src/lib/crypto/machine.ts';
import { Refused } from '../src/lib/crypto/refused.ts';

/** @type {Map<string, Machine>} */
const machines = new Map();

/** @param {string} who */
function machineOf(who) {
	const machine = machines.get(who) ?? new Machine();
	machines.set(who, machine);
	return machine;
}

/** What knows no keys asks this one. */
const nobody = new Machine();

/** @type {Record<string, (a: any) => Promise<unknown>>} */
const commands = {
	async derive_secret({ password, kdf }) {
		const { secret, passwordKey } = await nobody.deriveSecret(password, kdf);
		return { secret, password_key: b64u(passwordKey) };
	},
	create_account: ({ who, user, password_key }) => machineOf(who).createAccount(user, bytes(password_key)),
	unlock: ({ who, own_keys, password_key }) => machineOf(who).unlock(own_keys, bytes(password_key)),
	unlock_with_words: ({ who, own_keys, words }) => machineOf(who).unlockWithWords(own_keys, words),
	new_conversation_key: ({ who, conversation, gen }) => machineOf(who).newConversationKey(conversation, gen),
	add_private_keys: ({ who, conversation, rows }) => machineOf(who).addPrivateKeys(conversation, rows),
	found: ({ who, conversation, members, approvals }) => machineOf(who).found(conversation, members, approvals ?? 1),
	link: ({ who, chain, action, member }) => machineOf(who).link(chain, action, member),
	advance: ({ chain, links, known }) => nobody.advance(chain, links, known),
	follow: ({ chain, whole, known }) => nobody.follow(chain, whole, known),
	judge_identity: ({ known, user, history }) => nobody.judgeIdentity(known, user, history),
	judge_key: ({ known, chain, conversation, user, jwk, seen }) =>
		nobody.judgeKey(known, chain, conversation, user, jwk, seen ?? null),
	async seal({ who, sent_at, seen, ...request }) {
		const made = await machineOf(who).seal({ ...request, sentAt: sent_at, seen: seen ?? {} });
		return { sealed: made.sealed, encrypted_messages: made.encrypted_messages };
	},
	async open({ who, ...request }) {
		const { body, sentAt, members } = await machineOf(who).open({ ...request, held: request.held ?? null });
		return { body, sent_at: sentAt, members };
	},
	share: ({ who, sealed, copy, chain, known, to }) =>
		machineOf(who).share({ sealed, copy, chain, known, to, seen: {} }),
	seal_note: ({ who, ...request }) => machineOf(who).sealNote(request),
	open_note: ({ who, ...shown }) => machineOf(who).openNote(shown),
	safety_number: ({ me, them }) => nobody.safetyNumber(me, them)
};

/** @param {string} text */
function bytes(text) {
	const raw = fromB64u(text);
	if (raw === null) throw new TypeError(`Not b64u: ${text}`);
	return raw;
}

/** @param {string} line */
async function answer(line) {
	try {
		const { do: command, ...args } = JSON.parse(line);
		const called = commands[command];
		if (!called) throw new TypeError(`No such command: ${command}`);
		return { ok: (await called(args)) ?? null };
	} catch (error) {
		if (error instanceof Refused) return { refused: error.code, sentence: error.sentence };
		return { failed: String(error instanceof Error ? error.stack : error) };
	}
}

for await (const line of createInterface({ input: process.stdin })) {
	process.stdout.write(JSON.stringify(await answer(line)) + '\n');
}
