/** The pages of docs/news, the newest first. Their file names begin with the day: `2026-11-21-first.md`. */

const files = import.meta.glob<string>('../../../../docs/news/*.md', { query: '?raw', import: 'default' });

export interface NewsPage {
	/** The file's name without its end: the last part of the page's address. */
	name: string;
	day: Date;
	/** Its Markdown, whose first line is its title. */
	read: () => Promise<string>;
}

export const newsPages: NewsPage[] = Object.entries(files)
	.map(([path, read]) => ({ path, read, match: /([^/]*)\.md$/.exec(path)![1]! }))
	.map(({ read, match }) => ({ name: match, day: new Date(`${match.slice(0, 10)}T12:00:00`), read }))
	.filter(({ day }) => !Number.isNaN(day.getTime()))
	.sort((one, other) => other.name.localeCompare(one.name));

/** Title and the rest of a page. */
export function parted(markdown: string): { title: string; text: string } {
	const [first = '', ...rest] = markdown.trim().split('\n');
	return { title: first.replace(/^#+\s*/, ''), text: rest.join('\n').trim() };
}

export const written = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
