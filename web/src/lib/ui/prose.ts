/** Pages written in Markdown, made safe HTML. */
import DOMPurify from 'dompurify';
import { marked } from 'marked';

/** Safe HTML of a page's Markdown. Links to other pages of the documentation, which are not served here, become text. */
export function prose(markdown: string): string {
	const clean = DOMPurify.sanitize(marked.parse(markdown, { async: false }), {
		FORBID_TAGS: ['style', 'form', 'input', 'button', 'iframe'],
		FORBID_ATTR: ['style', 'class', 'id'],
		RETURN_DOM_FRAGMENT: true
	});
	for (const link of clean.querySelectorAll('a')) {
		const href = link.getAttribute('href') ?? '';
		if (/^https?:/.test(href)) Object.assign(link, { target: '_blank', rel: 'noopener noreferrer' });
		else if (!href.startsWith('/')) link.replaceWith(...link.childNodes);
	}
	const box = document.createElement('div');
	box.append(clean);
	return box.innerHTML;
}
