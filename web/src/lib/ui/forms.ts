/** What is wrong with what was typed, before anything is sent. null: nothing. */
import { codeOf, strings } from './strings';

const { wrong } = strings.account;

/** The least length of a new password: only this browser sees it, so only this browser can ask for it. */
export const SHORTEST_PASSWORD = 10;

export function wrongAddress(address: string): string | null {
	return /^[^@\s]+@[^@\s]+$/.test(address.trim()) ? null : wrong.address;
}

export function wrongName(name: string): string | null {
	if (!name.trim()) return wrong.name;
	return [...name.trim()].length > 128 ? wrong.nameLong : null;
}

export function wrongNewPassword(password: string): string | null {
	const length = [...password].length;
	if (length < SHORTEST_PASSWORD) return wrong.passwordShort(SHORTEST_PASSWORD);
	return length > 1024 ? wrong.passwordLong : null;
}

export function wrongPassword(password: string): string | null {
	return password ? null : wrong.passwordMissing;
}

/** Whether the server refused the token of a letter: it was used, or its time is over. */
export function isStale(error: unknown): boolean {
	return ['invalid_token', 'expired_token'].includes(codeOf(error) ?? '');
}
