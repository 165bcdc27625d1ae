/** Whom this client believes: identity keys and membership chains, judged by the machine, kept in the replica. */
import { newChain } from '../crypto/chain.ts';
import type { Crypto } from './crypto.ts';
import {
	Refused,
	type IdentityEntry,
	type JsonObject,
	type Known,
	type KnownUsers,
	type Link
} from '../crypto/types.ts';
import type { PublicKeys } from '../wire/types.ts';
import type { ChainRow, Replica } from './schema.ts';

export interface Directory {
	publicKeys(user: string): Promise<PublicKeys>;
}

export class Trust {
	private readonly asked = new Map<string, Promise<PublicKeys>>();

	constructor(
		private readonly replica: Replica,
		private readonly machine: Crypto,
		private readonly directory: Directory
	) {}

	/**
	 * What is believed of these users; who was never seen is asked for, or everybody (`anew`). Who has no identity key is
	 * left out.
	 */
	async known(users: Iterable<string>, anew = false): Promise<KnownUsers> {
		const wanted = [...new Set(users)];
		const rows = await this.replica.known.bulkGet(wanted);
		const found: KnownUsers = {};
		for (const [place, user] of wanted.entries()) {
			const one = (anew ? null : rows[place]) ?? (await this.look(user).catch(unbelieved));
			if (one) found[user] = one;
		}
		return found;
	}

	/** Ask the server for the user's history of identity keys and judge it against what was believed. */
	async look(user: string): Promise<Known | null> {
		const keys = await this.keysOf(user);
		return keys.identity.length ? this.judge(user, keys.identity) : null;
	}

	/** Public keys from the server; who asks at the same time shares the answer. */
	keysOf(user: string): Promise<PublicKeys> {
		const running = this.asked.get(user);
		if (running) return running;
		const asking = this.directory.publicKeys(user).finally(() => this.asked.delete(user));
		this.asked.set(user, asking);
		return asking;
	}

	private async judge(user: string, history: IdentityEntry[]): Promise<Known> {
		const before = (await this.replica.known.get(user)) ?? null;
		const now = await this.machine.judgeIdentity(before, user, history);
		await this.replica.known.put(now);
		return now;
	}

	// --- chains ---------------------------------------------------------------------------------------------------

	async chain(conversation: string): Promise<ChainRow> {
		return (await this.replica.chains.get(conversation)) ?? newRow(conversation);
	}

	/** The chain brought up to the whole one that the server shows; a refusal stays in the row. Keeps nothing. */
	async follow(conversation: string, whole: Link[]): Promise<ChainRow> {
		const before = (await this.replica.chains.get(conversation)) ?? newRow(conversation);
		return this.extended(before, whole, (known) => this.machine.follow(before.state, whole, known));
	}

	/** The chain with the links that come with a change: `links` by their place in it. Keeps nothing. */
	async advance(conversation: string, links: Map<number, Link>): Promise<ChainRow> {
		const before = (await this.replica.chains.get(conversation)) ?? newRow(conversation);
		const places = [...links.keys()].filter((place) => place >= before.state.length).sort((a, b) => a - b);
		const next = places.map((place) => links.get(place)!);
		if (next.length === 0) return before;
		return this.extended(before, next, (known) => this.machine.advance(before.state, next, known));
	}

	private async extended(
		before: ChainRow,
		links: Link[],
		extend: (known: KnownUsers) => Promise<ChainRow['state']>
	): Promise<ChainRow> {
		try {
			const known = await this.behind(links);
			return { ...before, state: await extend(known), refused: null };
		} catch (error) {
			if (!(error instanceof Refused)) throw error;
			return { ...before, refused: { code: error.code, sentence: error.sentence } };
		}
	}

	/** What is believed of everybody whom the links name, asked for again where a link names a key not seen yet. */
	private async behind(links: Link[]): Promise<KnownUsers> {
		const known = await this.known(links.flatMap((link) => [link.user, link.actor]));
		for (const { user, user_ik: ik } of links) {
			const one = known[user];
			if (one && one.ik !== ik && !one.earlier.includes(ik))
				known[user] = (await this.look(user).catch(unbelieved)) ?? one;
		}
		return known;
	}

	/** As `known`, asked for again where a key was signed by an identity key not seen yet. */
	async signers(keys: Record<string, JsonObject>): Promise<KnownUsers> {
		const known = await this.known(Object.keys(keys));
		for (const [user, jwk] of Object.entries(keys)) {
			const one = known[user];
			if (one && jwk.ik !== one.ik) known[user] = (await this.look(user).catch(unbelieved)) ?? one;
		}
		return known;
	}
}

/** A history of keys that does not hold together is as good as none. */
function unbelieved(error: unknown): null {
	if (error instanceof Refused) return null;
	throw error;
}

function newRow(conversation: string): ChainRow {
	return { conversation, state: newChain(conversation), refused: null };
}
