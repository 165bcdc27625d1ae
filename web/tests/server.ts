// Hubbub as its operator runs it, for tests in Node: a process that they may stop, kill and start again on the same data.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../.venv/bin/hubbub');

/** Why tests with a server cannot run here; null: they can, or they must. */
export const lacking =
	existsSync(PROGRAM) || process.env.TESTS_NO_SKIPS === '1' ? null : 'there is no .venv/bin/hubbub: make install';

export class Server {
	#process: ChildProcess | undefined;

	private constructor(
		readonly folder: string,
		readonly port: number,
		readonly environment: Record<string, string>
	) {}

	/** One that is ready, in a folder of its own. `environment`: further `HUBBUB_*` variables. End it with `remove`. */
	static async start(environment: Record<string, string> = {}): Promise<Server> {
		const server = new Server(await mkdtemp(join(tmpdir(), 'hubbub-web-')), await freePort(), environment);
		await server.start();
		return server;
	}

	get origin(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	/** The socket's address as `Live` takes it. */
	get socket(): string {
		return `ws://127.0.0.1:${this.port}/socket`;
	}

	log(): string {
		return readFileSync(join(this.folder, 'log'), 'utf8');
	}

	/** Returns once it is ready; also after `stop` and `kill`, on the same data and port. */
	async start(): Promise<void> {
		const log = openSync(join(this.folder, 'log'), 'a');
		const started = spawn(PROGRAM, ['serve'], {
			cwd: this.folder,
			env: {
				...surroundings(),
				HUBBUB_RATE_LIMITS: 'off',
				HUBBUB_LOG_FORMAT: 'json',
				HUBBUB_HOST: '127.0.0.1',
				HUBBUB_PORT: String(this.port),
				HUBBUB_PUBLIC_URL: this.origin,
				HUBBUB_DATA: join(this.folder, 'data'),
				HUBBUB_WORKERS: '1',
				...this.environment
			},
			stdio: ['ignore', log, log],
			detached: true // a group of its own, so that `kill` reaches its workers too
		});
		closeSync(log);
		this.#process = started;
		try {
			await until(async () => hasEnded(started) || (await this.#isReady()), 'the server is ready', 30_000);
			if (hasEnded(started)) throw new Error(`the server ended with status ${started.exitCode}`);
		} catch (error) {
			await this.kill();
			throw new Error(`${String(error)}\n${this.log().slice(-4000)}`, { cause: error });
		}
	}

	/** As an operator stops it. */
	stop(): Promise<void> {
		return this.#end(() => this.#process?.kill('SIGTERM'));
	}

	/** It and its workers, all at once. */
	kill(): Promise<void> {
		return this.#end(() => process.kill(-this.#process!.pid!, 'SIGKILL'));
	}

	/** It neither answers nor hangs up, as behind a network that is gone; until `thaw`. */
	freeze(): void {
		process.kill(-this.#process!.pid!, 'SIGSTOP');
	}

	thaw(): void {
		process.kill(-this.#process!.pid!, 'SIGCONT');
	}

	/** Nothing of it is left. */
	async remove(): Promise<void> {
		await this.kill();
		await rm(this.folder, { recursive: true });
	}

	async #end(signal: () => void): Promise<void> {
		if (!this.#process?.pid || hasEnded(this.#process)) return;
		const ended = once(this.#process, 'exit');
		signal();
		await ended;
	}

	async #isReady(): Promise<boolean> {
		try {
			return (await fetch(`${this.origin}/readyz`, { signal: AbortSignal.timeout(2000) })).ok;
		} catch {
			return false;
		}
	}
}

/** Returns as soon as `isSo()` holds; throws, naming `what`, after so many milliseconds. */
export async function until(
	isSo: () => boolean | Promise<boolean>,
	what: string,
	milliseconds = 10_000
): Promise<void> {
	const deadline = performance.now() + milliseconds;
	while (!(await isSo())) {
		if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

/** Whether it has exited, by itself or by a signal. */
function hasEnded(child: ChildProcess): boolean {
	return child.exitCode !== null || child.signalCode !== null;
}

/** This process's variables without Hubbub's own, of which the tests' are not settings of a server. */
function surroundings(): NodeJS.ProcessEnv {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HUBBUB_')));
}

/** A TCP port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
	const probe = createServer().listen(0, '127.0.0.1');
	await once(probe, 'listening');
	const { port } = probe.address() as AddressInfo;
	probe.close();
	await once(probe, 'close');
	return port;
}
