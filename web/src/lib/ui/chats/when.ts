/** Moments in words, in the reader's time zone and language of the system. */
import { strings } from '../strings';

const DAY = 86_400_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const thisYear = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const anyYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const shortYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'numeric', year: '2-digit' });
const medium = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

/** How many midnights lie between `at` and now. */
function daysAgo(at: number, now: number): number {
	const midnight = (moment: number) => new Date(moment).setHours(0, 0, 0, 0);
	return Math.round((midnight(now) - midnight(at)) / DAY);
}

export function time(at: number): string {
	return clock.format(at);
}

/** As `moment`, for a column of a table. */
export function stamp(at: number): string {
	return medium.format(at);
}

export function moment(at: number): string {
	return full.format(at);
}

/** A day as a heading: Today, Yesterday, Tuesday, Tuesday 3 March, 3 March 2024. */
export function day(at: number, now = Date.now()): string {
	const days = daysAgo(at, now);
	if (days === 0) return strings.chats.list.today;
	if (days === 1) return strings.chats.list.yesterday;
	if (days > 1 && days < 7) return weekday.format(at);
	return new Date(at).getFullYear() === new Date(now).getFullYear() ? thisYear.format(at) : anyYear.format(at);
}

/** As short as a list has room for: the time of today, Tue, 3 Mar, 3/3/24. */
export function lately(at: number, now = Date.now()): string {
	const days = daysAgo(at, now);
	if (days <= 0) return clock.format(at);
	if (days < 7) return shortWeekday.format(at);
	return new Date(at).getFullYear() === new Date(now).getFullYear() ? short.format(at) : shortYear.format(at);
}

const UNITS = [
	['day', 86_400],
	['hour', 3600],
	['minute', 60],
	['second', 1]
] as const;

type Unit = (typeof UNITS)[number];

const told = (seconds: number, [unit, size]: Unit, unitDisplay: 'long' | 'narrow') =>
	new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay }).format(Math.round(seconds / size));

/** Seconds in words, in the largest unit that fits: 5 seconds, 1 hour, 28 days. */
export function lasting(seconds: number): string {
	return told(seconds, UNITS.find(([, size]) => seconds >= size) ?? UNITS[3], 'long');
}

/** What remains, in milliseconds, as short as it can be said; a minute and a half is told in seconds. */
export function left(milliseconds: number): string {
	const seconds = Math.max(0, Math.round(milliseconds / 1000));
	return told(seconds, UNITS.find(([, size]) => seconds >= size * 1.5) ?? UNITS[3], 'narrow');
}
