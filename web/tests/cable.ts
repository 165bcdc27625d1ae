// The network cable of one client: a door to a server that can be pulled out, or lose what comes back.

import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

export class Cable {
	readonly #connections = new Set<Socket>();
	#isOut = false;
	#losing: (() => boolean) | null = null;

	private constructor(
		readonly server: Server,
		readonly port: number
	) {}

	/** A door of its own to the server at `port`. */
	static async to(port: number): Promise<Cable> {
		const server = createServer();
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const cable = new Cable(server, (server.address() as AddressInfo).port);
		server.on('connection', (near) => cable.#join(near, port));
		return cable;
	}

	get origin(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	pull(): void {
		this.#isOut = true;
		for (const socket of this.#connections) socket.destroy();
	}

	plug(): void {
		this.#isOut = false;
		this.#losing = null;
	}

	/** From when `now` says so nothing comes back any more; then pull the cable. */
	loseAnswers(now: () => boolean = () => true): void {
		this.#losing = now;
	}

	async close(): Promise<void> {
		this.pull();
		this.server.close();
		await once(this.server, 'close');
	}

	#join(near: Socket, port: number): void {
		if (this.#isOut) return void near.destroy();
		const far = connect(port, '127.0.0.1');
		for (const socket of [near, far]) {
			this.#connections.add(socket);
			socket.on('error', () => {});
			socket.on('close', () => {
				this.#connections.delete(socket);
				near.destroy();
				far.destroy();
			});
		}
		near.on('data', (data) => far.write(data));
		far.on('data', (data) => {
			if (!this.#losing?.()) near.write(data);
		});
	}
}
