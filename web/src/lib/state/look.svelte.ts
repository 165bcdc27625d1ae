/**
 * Theme and text size. They are the account's settings; a copy in localStorage lets /look.js apply them before the
 * first paint. Guests without a choice of their own get what their system prefers.
 */

export type Theme = 'day' | 'night';
type Properties = Record<string, string>;

interface Kept {
	theme?: Theme;
	size?: number;
	/** The operator's accent, worked out for each theme. */
	accents?: Record<Theme, Properties> | null;
}

const PLACE = 'hubbub-look';
export const smallest = 0.7;
export const largest = 1.4;

function kept(): Kept {
	try {
		return (JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Kept | null) ?? {};
	} catch {
		return {};
	}
}

function keep(change: Kept): void {
	try {
		localStorage.setItem(PLACE, JSON.stringify({ ...kept(), ...change }));
	} catch {
		// No room or not allowed: it holds until the page is closed.
	}
}

class Look {
	theme = $state<Theme>(document.documentElement.dataset.theme === 'night' ? 'night' : 'day');
	/** 0.7 to 1.4. */
	size = $state(kept().size ?? 1);
	#accents = kept().accents ?? null;

	/** Applies what is given, at once, and keeps it for the next start of this browser. */
	set(change: { theme?: Theme; size?: number }): void {
		if (change.theme) this.theme = change.theme;
		if (change.size) this.size = Math.min(largest, Math.max(smallest, change.size));
		keep(change);
		this.#apply();
	}

	/** The operator's own accent, as custom properties for each theme; null: ours. */
	accent(accents: Record<Theme, Properties> | null): void {
		for (const name of Object.keys(this.#accents?.day ?? {})) document.documentElement.style.removeProperty(name);
		this.#accents = accents;
		keep({ accents });
		this.#apply();
	}

	#apply(): void {
		const root = document.documentElement;
		root.dataset.theme = this.theme;
		root.style.setProperty('--size', String(this.size));
		for (const [name, value] of Object.entries(this.#accents?.[this.theme] ?? {})) root.style.setProperty(name, value);
		const surface = getComputedStyle(root).getPropertyValue('--surface-2').trim();
		document.querySelector('meta[name="theme-color"]')?.setAttribute('content', surface);
	}
}

export const look = new Look();
