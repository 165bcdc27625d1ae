/**
 * Members who started anew. Under a new identity key one proves nothing until another member adds one again: this signs
 * that link for others, unless they wait for this person's consent, and lets the others know of one's own new key.
 */
import type { ChainState, JsonObject, Known, KnownUsers, Link } from '../crypto/types.ts';
import { conversationTopic } from '../realtime/events.ts';
import { Refusal } from '../realtime/problems.ts';
import type { Live } from '../realtime/socket.ts';
import type { Engine } from './engine.ts';
import { v7 } from './ids.ts';
import { dueFor, newcomer, type Maker } from './requests.ts';
import type { Trouble } from './schema.ts';

export interface RenewalParts extends Maker {
	live: Live;
	engine: Engine;
}

const NOT_PROVEN: Trouble = {
	code: 'not_proven',
	sentence: 'You have new keys. What you write here waits until somebody else in it adds them.'
};
const CHANGED: Trouble = {
	code: 'identity_changed',
	sentence: 'The identity key of somebody here changed. Compare the safety number, or accept the new key.'
};

export class Renewal {
	private readonly turns = new Map<string, Promise<unknown>>();

	constructor(private readonly by: RenewalParts) {}

	/** Bring the members of a conversation up to their keys: why it cannot be, or null. Throws as a push does. */
	async of(id: string): Promise<Trouble | null> {
		// One after the other: the second finds what the first did.
		const before = this.turns.get(id) ?? Promise.resolve();
		const turn = before.then(() => this.look(id));
		const over = turn.catch(() => {});
		this.turns.set(id, over);
		try {
			return await turn;
		} finally {
			if (this.turns.get(id) === over) this.turns.delete(id);
		}
	}

	/** The conversations that have somebody in them whose identity key is another now. */
	async behind(): Promise<string[]> {
		const { known, chains } = this.by.replica;
		const changed = await known.filter((one) => one.earlier.length > 0).toArray();
		if (changed.length === 0) return [];
		return chains.filter(({ state }) => changed.some((one) => isOutdated(state, one))).primaryKeys();
	}

	private async look(id: string): Promise<Trouble | null> {
		const { replica, trust, crypto, me } = this.by;
		const conversation = await replica.conversations.get(id);
		if (!conversation?.sealed || conversation.left || conversation.pending) return null;
		const { state, refused } = await trust.chain(id);
		const [own, mine] = [await crypto.me(), state.members[me]];
		if (refused || !own || !mine) return null;
		if (mine.ik !== own.ik) {
			await replica.conversations.update(id, { held: NOT_PROVEN });
			await this.announce(id, own.ik);
			return NOT_PROVEN;
		}
		if (conversation.held?.code === NOT_PROVEN.code) await replica.conversations.update(id, { held: null });
		return this.renew(id, state);
	}

	/** A new key of one's own, once: by that the others learn that there is somebody to add. */
	private async announce(id: string, ik: string): Promise<void> {
		const { replica, trust, crypto, me, engine, live } = this.by;
		const rows = (await replica.own_keys.get(id))?.rows ?? [];
		if (rows.some((row) => row.public_key.ik === ik)) return;
		const own = (await trust.keysOf(me)).user_key;
		const gen = Math.max(own?.gen ?? 0, ...rows.map((row) => row.gen)) + 1;
		const pair = await crypto.newConversationKey(id, gen);
		await engine.ready(id);
		try {
			await live.push(conversationTopic(id), 'set_encryption_keys', { ...pair, op_id: v7() });
		} catch (error) {
			// Another device of one's own was first, or the next time will do.
			if (!(error instanceof Refusal)) throw error;
		}
	}

	private async renew(id: string, state: ChainState): Promise<Trouble | null> {
		const { engine, live } = this.by;
		const known = await this.believed(id, state);
		const changed = Object.values(known).filter((one) => isOutdated(state, one));
		const links = await this.links(id, state, changed.filter(isSettled), known);
		if (links.length > 0) {
			await engine.ready(id);
			await live.push(conversationTopic(id), 'modify_conversation', { links, op_id: v7() });
			await (await engine.follow(id))?.stream.pull();
		}
		const added = links.filter((link) => link.action === 'add');
		return added.length === changed.length ? null : CHANGED;
	}

	/** What is believed of the members, in the light of the keys that they have there now. */
	private async believed(id: string, state: ChainState): Promise<KnownUsers> {
		const { replica, trust } = this.by;
		const rows = await replica.keys.where('conversation').equals(id).toArray();
		const keys = rows
			.filter(({ user }) => user in state.members)
			.map(({ user, jwk }): [string, JsonObject] => [user, jwk]);
		return { ...(await trust.known(Object.keys(state.members))), ...(await trust.signers(Object.fromEntries(keys))) };
	}

	private async links(id: string, state: ChainState, changed: Known[], known: KnownUsers): Promise<Link[]> {
		const { crypto, replica, me } = this.by;
		const links: Link[] = [];
		for (const { user, ik } of changed) {
			const member = await newcomer(this.by, user, (await replica.keys.get([id, user])) ?? null);
			const action = dueFor(state, member, me);
			// Another key again, or what one had to say to this one was said.
			if (member.ik !== ik || !action) continue;
			const link = await crypto.link(state, action, member);
			state = await crypto.advance(state, [link], known);
			links.push(link);
		}
		return links;
	}
}

/** Whether the chain still names them under an identity key that they have no more. */
function isOutdated(state: ChainState, { user, ik }: Known): boolean {
	const member = Object.hasOwn(state.members, user) ? state.members[user] : undefined;
	return member !== undefined && member.ik !== ik;
}

/** Nobody compared numbers, or the change was accepted: it is shown, and one goes on. */
function isSettled({ verified, changed, accepted }: Known): boolean {
	return !verified || changed === null || accepted;
}
