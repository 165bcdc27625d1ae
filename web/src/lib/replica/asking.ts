/** That it was this browser which asked for a link to sign in: a secret that it keeps, of which the server has a hash. */
import { b64u } from '../crypto/bytes.ts';

const KEPT = 'hubbub-link-secret';

/** Makes a new secret, keeps it, and answers what the server is told of it. */
export async function askedHere(): Promise<string> {
	const secret = b64u(crypto.getRandomValues(new Uint8Array(32)));
	localStorage.setItem(KEPT, secret);
	return b64u(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))));
}

/** null: this browser asked for no link, or used it. */
export function secretKept(): string | null {
	return localStorage.getItem(KEPT);
}

export function forgetSecret(): void {
	localStorage.removeItem(KEPT);
}
