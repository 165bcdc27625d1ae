// What is inside of a sealed message: JSON, padded so that its length tells little.

import { fromUtf8, utf8 } from './bytes.ts';
import { Refused } from './refused.ts';
import type { Body, Bytes } from './types.ts';

const MARK = 0x80;
const STEP = 4096;

/** The padded bytes of `body`; half a surrogate pair in it becomes U+FFFD. */
export function encodeBody(body: Body): Bytes {
	const said = 'react' in body ? { react: reactionOf(body.react) } : textOf(body.text, body.reply_to);
	return pad(utf8(JSON.stringify(said)));
}

/** The body in what `encodeBody` gave; names that it does not know are passed over. `altered` */
export function decodeBody(padded: Bytes): Body {
	const text = unpad(padded);
	const said = text === null ? null : parsed(text);
	const body = said === null ? null : 'react' in said ? readReaction(said.react) : readText(said);
	if (body === null) throw new Refused('altered');
	return body;
}

/** `text`, 0x80 and zeros up to 128, 256, ... 4096 bytes, from there to the next 4 KiB. */
export function pad(text: Bytes): Bytes {
	const padded = new Uint8Array(paddedLength(text.length + 1));
	padded.set(text);
	padded[text.length] = MARK;
	return padded;
}

/** What was padded; null for bytes that `pad` does not make. */
export function unpad(padded: Bytes): Bytes | null {
	let end = padded.length - 1;
	while (end >= 0 && padded[end] === 0) end--;
	return isPaddedLength(padded.length) && padded[end] === MARK ? padded.slice(0, end) : null;
}

export function isPaddedLength(length: number): boolean {
	return length > 0 && length === paddedLength(length);
}

function paddedLength(length: number): number {
	if (length > STEP) return Math.ceil(length / STEP) * STEP;
	return Math.max(128, 2 ** Math.ceil(Math.log2(length)));
}

function textOf(text: string, replyTo: string | undefined): Body {
	const said = { text: text.toWellFormed() };
	return replyTo === undefined ? said : { ...said, reply_to: replyTo };
}

function reactionOf({ to, emoji, on }: { to: string; emoji: string; on: boolean }) {
	return { to, emoji: emoji.toWellFormed(), on };
}

function parsed(text: Bytes): Record<string, unknown> | null {
	try {
		const said: unknown = JSON.parse(fromUtf8(text), requireText);
		return isObject(said) ? said : null;
	} catch {
		return null;
	}
}

/** Half a surrogate pair is no text: no honest client sends one, and other programs cannot even hold it. */
function requireText(_name: string, value: unknown): unknown {
	if (typeof value === 'string' && !value.isWellFormed()) throw new TypeError('not well-formed');
	return value;
}

function readText({ text, reply_to }: Record<string, unknown>): Body | null {
	if (typeof text !== 'string') return null;
	if (reply_to === undefined || reply_to === null) return { text };
	return typeof reply_to === 'string' ? { text, reply_to } : null;
}

function readReaction(said: unknown): Body | null {
	if (!isObject(said)) return null;
	const { to, emoji, on } = said;
	const isReaction = typeof to === 'string' && typeof emoji === 'string' && typeof on === 'boolean';
	return isReaction ? { react: { to, emoji, on } } : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
