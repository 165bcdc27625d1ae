// The header of a sealed message: what its author signs beside the text, kept byte for byte.

import { fromB64u, fromUtf8, KEY_BYTES, utf8 } from './bytes.ts';
import type { B64u, Bytes } from './types.ts';

export interface Header {
	v: 1;
	conversation: string;
	message: string;
	rev: number;
	from: string;
	device: string;
	ik: B64u;
	index: number;
	position: number;
	members: B64u;
	ck: B64u;
	sent_at: string;
}

const NAMES = 'v conversation message rev from device ik index position members ck sent_at'.split(' ');
const MOST_BYTES = 2048;
const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

export function encodeHeader(header: Header): Bytes {
	return utf8(JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, header[name as keyof Header]]))));
}

/** Null for anything but the documented shape: an addition is a new `v`. */
export function decodeHeader(raw: Bytes): Header | null {
	const header = raw.length > MOST_BYTES ? null : parseFlat(raw);
	if (header === null || Object.keys(header).length !== NAMES.length || header.v !== 1) return null;
	const holds =
		['conversation', 'message', 'from', 'device'].every((name) => isId(header[name])) &&
		['ik', 'members', 'ck'].every((name) => fromB64u(header[name], KEY_BYTES) !== null) &&
		isCount(header.rev, 2 ** 31 - 1) &&
		isCount(header.index, Number.MAX_SAFE_INTEGER) &&
		isCount(header.position, Number.MAX_SAFE_INTEGER) &&
		isMoment(header.sent_at);
	return holds ? (header as unknown as Header) : null;
}

/**
 * An object of texts and whole numbers in which no name stands twice: one that does is read one way here and another
 * elsewhere, and nobody can have signed that.
 */
function parseFlat(raw: Bytes): Record<string, unknown> | null {
	try {
		const text = fromUtf8(raw);
		const object: unknown = JSON.parse(text);
		const strings = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)];
		const names = strings.filter(([, colon]) => colon !== undefined).length;
		const isFlat = /^\s*\{[\s0-9:,]*\}\s*$/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, ''));
		return isFlat && names === Object.keys(object as object).length ? (object as Record<string, unknown>) : null;
	} catch {
		return null;
	}
}

function isId(value: unknown): boolean {
	return typeof value === 'string' && value.length <= 64;
}

function isCount(value: unknown, most: number): boolean {
	return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function isMoment(value: unknown): boolean {
	if (typeof value !== 'string' || !MOMENT.test(value)) return false;
	const date = new Date(value);
	return !Number.isNaN(date.getTime()) && date.toISOString() === value;
}
