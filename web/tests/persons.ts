// People with clients, as a browser holds them, in Node: each device with a database, a machine and a cable of its own.

import { Dexie } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { newDeviceKey } from '../src/lib/crypto/atrest.ts';
import { Machine } from '../src/lib/crypto/machine.ts';
import { Api, type SignedIn } from '../src/lib/realtime/http.ts';
import { only } from '../src/lib/realtime/tokens.ts';
import type { Account } from '../src/lib/replica/accounts.ts';
import type { Client, MessageView, WindowView } from '../src/lib/replica/client.ts';
import { openClient, type ClientOptions } from '../src/lib/replica/open.ts';
import { Replica } from '../src/lib/replica/schema.ts';
import { until, type Watched } from '../src/lib/replica/watched.ts';
import { Cable } from './cable.ts';
import type { Server } from './server.ts';

// Live queries ask whether there is an IndexedDB at all, though each device has its own.
Object.assign(Dexie.dependencies, { indexedDB: new IDBFactory(), IDBKeyRange });

const PATIENCE = 15_000;

export class Person {
	constructor(
		readonly server: Server,
		readonly name: string,
		readonly signedIn: SignedIn,
		private passwordKey: Uint8Array<ArrayBuffer>,
		private readonly password: string
	) {}

	get id(): string {
		return this.signedIn.user.id;
	}

	/** The server, asked as this person. */
	get api(): Api {
		return new Api({ origin: this.server.origin, tokens: only(this.signedIn.auth_token) });
	}

	/** An account with keys. The password is not stretched: that is not what is shown here. */
	static async register(server: Server, name: string): Promise<Person> {
		const machine = new Machine();
		const user = crypto.randomUUID();
		const passwordKey = crypto.getRandomValues(new Uint8Array(32));
		const password = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
		const { slots, identity, user_key } = await machine.createAccount(user, passwordKey);
		const signedIn = await new Api({ origin: server.origin }).register({
			email: `${name}.${user.slice(0, 8)}@example.com`.toLowerCase(),
			password,
			display_name: name,
			id: user,
			kdf: await machine.newKdf(),
			slots,
			identity,
			user_key
		} as never);
		return new Person(server, name, signedIn, passwordKey, password);
	}

	/** As somebody who lost password and words: other keys from now on, on devices that are opened then. */
	async startAnew(): Promise<void> {
		const machine = new Machine();
		const { api } = this;
		const passwordKey = crypto.getRandomValues(new Uint8Array(32));
		const { identity, user_key, slots } = await machine.startAnew((await api.ownKeys()) as never, passwordKey);
		await api.registerKeys({ identity, user_key, slots, password: this.password } as never);
		this.passwordKey = passwordKey;
	}

	async device(options: ClientOptions & { offline?: boolean } = {}): Promise<Device> {
		const cable = await Cable.to(this.server.port);
		const tokens = only(this.signedIn.auth_token);
		const api = new Api({ origin: cable.origin, tokens });
		const machine = new Machine();
		await machine.unlock((await api.ownKeys()) as never, this.passwordKey);
		const device = crypto.randomUUID();
		const replica = new Replica(device, { indexedDB: new IDBFactory(), IDBKeyRange });
		const account = { user: this.id, device, deviceKey: await newDeviceKey(), replica, session: tokens, api };
		return new Device(this, cable, machine, account as unknown as Account, options);
	}
}

export class Device {
	client: Client;

	constructor(
		readonly person: Person,
		readonly cable: Cable,
		readonly machine: Machine,
		readonly account: Account,
		private readonly options: ClientOptions
	) {
		this.client = openClient(account, machine, { random: () => 0.05, ...options });
	}

	get replica(): Replica {
		return this.account.replica;
	}

	/** As a page that is loaded anew, on the same disk. */
	async restart(): Promise<void> {
		await this.client.close();
		this.client = openClient(this.account, this.machine, { random: () => 0.05, ...this.options });
	}

	async close(): Promise<void> {
		await this.client.close();
		await this.cable.close();
		this.replica.close();
	}

	see<T>(watched: Watched<T>, enough: (value: T) => boolean, patience = PATIENCE): Promise<T> {
		return until(watched, enough, patience);
	}

	/** Waits until the latest messages are as wanted. */
	window(conversation: string, enough: (view: WindowView) => boolean, patience = PATIENCE): Promise<WindowView> {
		return this.see(this.client.query.window(conversation, 'newest', 100), enough, patience);
	}

	/** The last version that is here. */
	async cursor(conversation: string): Promise<number> {
		return (await this.replica.conversations.get(conversation))?.cursor ?? -1;
	}

	async texts(conversation: string): Promise<(string | null)[]> {
		const view = await this.window(conversation, () => true);
		return view.messages.map((message) => message.text);
	}

	/** Waits for a message with this text. */
	async reads(conversation: string, text: string): Promise<MessageView> {
		const has = (message: MessageView) => message.text === text;
		const view = await this.window(conversation, ({ messages }) => messages.some(has)).catch(async () => {
			throw new Error(`${this.person.name} never read ${text}, but ${JSON.stringify(await this.texts(conversation))}`);
		});
		return view.messages.find(has)!;
	}

	/** Waits until nothing waits to be sent and the connection is live. */
	async settled(patience = PATIENCE): Promise<void> {
		try {
			await this.see(this.client.query.outbox(), (rows) => rows.every((row) => row.refused), patience);
			await this.see(this.client.live, (live) => live.connection === 'live', patience);
		} catch {
			const rows = JSON.stringify(await this.replica.outbox.toArray());
			throw new Error(`${this.person.name} never settled: ${JSON.stringify(this.client.live)}, ${rows}`);
		}
	}
}
