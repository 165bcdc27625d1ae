import { sveltekit } from '@sveltejs/kit/vite';
import adapter from '@sveltejs/adapter-static';
import { defineConfig } from 'vitest/config';

const server = process.env.HUBBUB_DEV_SERVER ?? 'http://127.0.0.1:8000';
const proxy = {
	'/api': server,
	'/auth': server,
	'/pictures': server,
	'/config.json': server,
	'/socket': { target: server.replace(/^http/, 'ws'), ws: true }
};

// One page for every address: the client decides what to show, so that a deep link works without a network too.
// The Content-Security-Policy is the server's: it hashes the one inline script of the page that it serves.
export default defineConfig({
	plugins: [
		sveltekit({
			adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html', precompress: true }),
			serviceWorker: { register: false },
			compilerOptions: { runes: true }
		})
	],
	worker: { format: 'es' },
	build: { target: 'es2022' },
	// `vite dev` and `vite preview` beside a server, at HUBBUB_DEV_SERVER.
	server: { fs: { allow: ['..'] }, proxy },
	preview: { proxy },
	// Nothing is timed: a busy machine may take its time.
	test: { include: ['src/**/*.test.ts'], maxWorkers: 2, testTimeout: 60_000, hookTimeout: 60_000 }
});
