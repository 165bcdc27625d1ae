// The theme and the text size before the first paint; state/look.svelte.ts writes them. A file, not inline: the
// Content-Security-Policy forbids other inline scripts than SvelteKit's own.
(function () {
	var root = document.documentElement;
	var look = {};
	try {
		look = JSON.parse(localStorage.getItem('hubbub-look') || '{}') || {};
	} catch {
		// Storage may be closed to us, or hold something else: then the system's preference counts.
	}
	var night = look.theme ? look.theme === 'night' : matchMedia('(prefers-color-scheme: dark)').matches;
	root.dataset.theme = night ? 'night' : 'day';
	if (look.size >= 0.7 && look.size <= 1.4) root.style.setProperty('--size', String(look.size));
	var accent = (look.accents || {})[root.dataset.theme];
	for (var name in accent) root.style.setProperty(name, accent[name]);
})();
