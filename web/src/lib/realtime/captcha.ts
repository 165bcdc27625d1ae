/** Proof of work that the server asks for before somebody registers or signs in; nothing of it comes from elsewhere. */
import type { Challenge } from '../wire/types.ts';
import { Problem } from './problems.ts';

/** What is sent as `captcha`. Works in a Worker, for some tenths of a second, or minutes while the server is attacked. */
export async function solve(challenge: Challenge): Promise<string> {
	const worker = new Worker(new URL('./solver.ts', import.meta.url), { type: 'module', name: 'captcha' });
	try {
		const solution = await new Promise<object | null>((resolve, reject) => {
			worker.onmessage = ({ data }: MessageEvent<object | null>) => resolve(data);
			worker.onerror = ({ message }) => reject(new Error(message));
			worker.postMessage({ type: 'work', challenge, counterStart: 0, counterStep: 1, timeout: 0 });
		});
		if (!solution || 'error' in solution) throw new Error('The challenge could not be solved.');
		return btoa(JSON.stringify({ challenge, solution }));
	} finally {
		worker.terminate();
	}
}

/** `ask`, and where the server wants proof of work (none was sent, or it had expired) once more with that. */
export async function proven<T>(
	captcha: string | null,
	ask: (captcha: string | null) => Promise<T>,
	solved: typeof solve = solve
): Promise<T> {
	try {
		return await ask(captcha);
	} catch (error) {
		if (!(error instanceof Problem) || error.code !== 'captcha_required' || !error.challenge) throw error;
		return ask(await solved(error.challenge));
	}
}
