// How a request or a push can end badly: refused by the server, or without an answer.

import type { Challenge } from '../wire/types.ts';

/** Sentences of what ends badly before the server could say one; its own refusals bring theirs. */
const UNREACHABLE = 'The server cannot be reached. What you write is kept and sent later.';

/** The server refused an HTTP request: nothing was changed. `code` is stable, `detail` a sentence for people. */
export class Problem extends Error {
	override readonly name = 'Problem';

	constructor(
		readonly code: string,
		readonly status: number,
		readonly detail: string,
		/** The row as it is, where the server says so. */
		readonly current: unknown = null,
		/** Seconds to wait; null: the server did not ask for it. */
		readonly retryAfter: number | null = null,
		/** What is to be signed first, where it says so. */
		readonly nonce: string | null = null,
		/** What is to be solved first, where it says so. */
		readonly challenge: Challenge | null = null
	) {
		super(`${code}: ${detail}`);
	}
}

/** No answer, or none of Hubbub's: the request was done or it was not. */
export class Unreachable extends Error {
	override readonly name = 'Unreachable';
	readonly code = 'unreachable';
	readonly detail = UNREACHABLE;

	constructor(cause?: unknown) {
		super(UNREACHABLE, { cause });
	}
}

/** The server refused a join or a push: nothing was changed. `response` has the further keys of some refusals. */
export class Refusal extends Error {
	override readonly name = 'Refusal';
	readonly reason: string;
	readonly detail: string;
	/** What the client shows instead of what it tried; null: not said. */
	readonly current: unknown;
	/** The write's own `id` or `op_id`. */
	readonly id: string | null;

	constructor(readonly response: Record<string, unknown>) {
		const reason = text(response.reason) ?? 'internal';
		const detail = text(response.detail) ?? 'The server refused this.';
		super(`${reason}: ${detail}`);
		this.reason = reason;
		this.detail = detail;
		this.current = response.current ?? null;
		this.id = text(response.id) ?? text(response.op_id);
	}
}

/** A push without an answer in time, or whose connection went: it was done or it was not. Repeat it with its id. */
export class Silence extends Error {
	override readonly name = 'Silence';

	constructor(topic: string, event: string) {
		super(`No answer to ${event} on ${topic.split(':')[0]}.`);
	}
}

function text(value: unknown): string | null {
	return typeof value === 'string' ? value : null;
}
