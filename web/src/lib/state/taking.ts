/** A page to read, of what one takes along: one file, which needs nothing else. */
import type { TakenAlong, TakenMessage } from '../replica/client.ts';

/** What the page says beside what is told. */
export interface PageWords {
	of: (name: string) => string;
	made: (when: string) => string;
	profile: string;
	wrote: string;
	unreadable: string;
	further: string;
}

export function pageOf({ lines, messages, titles }: TakenAlong, now: Date, words: PageWords): string {
	const account: Record<string, unknown> = lines.find(({ kind }) => kind === 'account')?.data ?? {};
	const profile = ['display_name', 'name', 'email', 'about'].map((name) => [name, account[name]] as const);
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(words.of(String(account.display_name ?? '')))}</title>
<style>
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color-scheme: light dark }
h3 { margin-top: 2rem } dt { opacity: .7 } dd { margin: 0 0 .5rem } time { opacity: .7; font-size: .875rem } p { white-space: pre-wrap; margin: 0 0 1rem }
</style>
<h1>${escaped(words.of(String(account.display_name ?? '')))}</h1>
<p>${escaped(words.made(now.toISOString().slice(0, 10)))} ${escaped(words.further)}</p>
<h2>${escaped(words.profile)}</h2>
<dl>${profile.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(String(value ?? ''))}</dd>`).join('')}</dl>
<h2>${escaped(words.wrote)}</h2>
${byConversation(messages)
	.map(([id, some]) => `<h3>${escaped(titles[id] ?? id)}</h3>\n${some.map((one) => entry(one, words)).join('\n')}`)
	.join('\n')}
</html>
`;
}

/** The lines, each message with its text as it was opened. */
export function fileOf({ lines, messages }: TakenAlong): string {
	const texts = [...messages];
	const opened = lines.map(({ kind, data }) => {
		if (kind !== 'message') return { kind, ...data };
		const { text, unreadable } = texts.shift()!;
		return { kind, ...data, text, ...(unreadable ? { unreadable } : {}) };
	});
	return JSON.stringify(opened, null, '\t');
}

function byConversation(messages: TakenMessage[]): [string, TakenMessage[]][] {
	const found = new Map<string, TakenMessage[]>();
	for (const message of messages)
		found.set(message.conversation, [...(found.get(message.conversation) ?? []), message]);
	for (const some of found.values()) some.sort((one, other) => one.at.localeCompare(other.at));
	return [...found];
}

function entry({ at, text, unreadable }: TakenMessage, words: PageWords): string {
	const said = text ?? `(${words.unreadable}: ${unreadable ?? ''})`;
	return `<time>${escaped(at.slice(0, 16).replace('T', ' '))}</time><p>${escaped(said)}</p>`;
}

function escaped(text: string): string {
	return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
