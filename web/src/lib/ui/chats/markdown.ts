/**
 * Text as it is shown: a little Markdown, and nothing that the author could run or load in the reader's browser.
 * Loaded when the first message needs it. `marked` never passes HTML on; DOMPurify stands behind it all the same.
 */
import DOMPurify from 'dompurify';
import { Marked, type Tokens } from 'marked';

const SAFE = /^(?:https?:|mailto:)/i;
/** How many rendered texts are kept. */
const KEPT = 600;

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => escapes[letter]!);

const marked = new Marked({
	gfm: true,
	breaks: true,
	async: false,
	extensions: [
		{
			name: 'mention',
			level: 'inline',
			start: (text: string) => text.search(/(?<![\p{L}\p{N}_@/.-])@[a-z0-9]/iu),
			tokenizer(text: string) {
				const found = /^@([a-z0-9]+(?:-[a-z0-9]+)*)/i.exec(text);
				return found ? { type: 'mention', raw: found[0], name: found[1]!.toLowerCase() } : undefined;
			},
			renderer: (token) => `<a class="mention" href="/people/${token.name}">${escaped(token.raw)}</a>`
		}
	],
	renderer: {
		html: ({ text }) => escaped(text),
		image: ({ href, text }) => link(href, escaped(text || href)),
		link(token) {
			return link(token.href, this.parser.parseInline(token.tokens));
		},
		// Headings of a message are none of the page's.
		heading(token: Tokens.Heading) {
			return `<p class="heading">${this.parser.parseInline(token.tokens)}</p>`;
		},
		// Scrolled by keyboard too, so it takes the focus.
		code: ({ text }) => `<pre tabindex="0"><code>${escaped(text)}</code></pre>`,
		checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
		hr: () => '<hr>'
	}
});

const rendered = new Map<string, string>();

/** Safe HTML of a message's text; naming `me` (a handle) is set apart. */
export function render(text: string, me: string): string {
	const key = `${me}\n${text}`;
	const held = rendered.get(key);
	if (held !== undefined) return held;
	const html = clean(marked.parse(text) as string, me);
	rendered.set(key, html);
	if (rendered.size > KEPT) rendered.delete(rendered.keys().next().value!);
	return html;
}

function link(href: string, inside: string): string {
	if (!SAFE.test(href)) return inside;
	return `<a href="${escaped(href)}" target="_blank" rel="noopener noreferrer">${inside}</a>`;
}

function clean(html: string, me: string): string {
	const safe = DOMPurify.sanitize(html, {
		ALLOWED_TAGS: [
			...['a', 'blockquote', 'br', 'code', 'del', 'em', 'hr', 'li', 'ol', 'p', 'pre', 'strong', 'ul'],
			...['table', 'thead', 'tbody', 'tr', 'th', 'td']
		],
		ALLOWED_ATTR: ['href', 'target', 'rel', 'class', 'start', 'tabindex'],
		// No addresses, so the pattern below is not for them.
		ADD_URI_SAFE_ATTR: ['target', 'rel', 'start', 'tabindex'],
		ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|\/people\/)/i,
		ALLOW_DATA_ATTR: false,
		ALLOW_ARIA_ATTR: false
	});
	return me ? safe.replaceAll(`class="mention" href="/people/${me}"`, `class="mention me" href="/people/${me}"`) : safe;
}
