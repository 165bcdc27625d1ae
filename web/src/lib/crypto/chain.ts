// The membership chain as a client follows it: who is proven a member, by whose signature, at which head. The rules of
// a link are the server's; here they hold in the light of the identity keys that this client believes in.

import { b64u, decoded, fromB64u, KEY_BYTES, SIGNATURE_BYTES } from './bytes.ts';
import { isSignedBy } from './curves.ts';
import { had, type Identity } from './identity.ts';
import { entryOf } from './records.ts';
import { Refused } from './refused.ts';
import { linkBytes, linkHash } from './signing.ts';
import type { Action, B64u, Bytes, ChainState, KnownUsers, Link, Named } from './types.ts';

/** A chain before its first link. */
export function newChain(conversation: string): ChainState {
	return { conversation, head: null, length: 0, approvals: 1, members: {}, consents: {}, heads: [], terms: {} };
}

/**
 * `chain` with the `links` that follow its head; nothing of them counts when one is refused. `known` holds everybody
 * who comes in. `ghost_member` for somebody it does not hold, `key_swapped`, `chain_invalid`
 */
export async function advance(chain: ChainState, links: Link[], known: KnownUsers): Promise<ChainState> {
	const state = structuredClone(chain);
	for (const link of links) {
		requireKnown(link, known);
		requireRules(state, link);
		await append(state, link);
	}
	return state;
}

/** `chain` brought up to the whole chain that the server shows. `chain_forked` when it is not its beginning. */
export async function follow(chain: ChainState, whole: Link[], known: KnownUsers): Promise<ChainState> {
	let head: B64u | null = null;
	for (const link of whole.slice(0, chain.length)) head = hashOf(chain.conversation, head, link, 'chain_forked');
	if (head !== chain.head) throw new Refused('chain_forked');
	return advance(chain, whole.slice(chain.length), known);
}

/** The next link after `chain`; for `remove` and `leave`, `member` is as the chain has them. */
export async function signLink(chain: ChainState, action: Action, member: Named, signer: Identity): Promise<Link> {
	const approvals = action === 'create' ? chain.approvals : 1;
	return sign(chain.conversation, chain.head, action, member, signer, approvals);
}

/**
 * The links that begin a sealed conversation; `members` begins with its creator. `approvals` is how many members a
 * later newcomer needs; 0: all of them.
 */
export async function found(conversation: string, members: Named[], creator: Identity, approvals = 1): Promise<Link[]> {
	const links: Link[] = [];
	let head: B64u | null = null;
	for (const member of members) {
		const link: Link = links.length
			? await sign(conversation, head, 'add', member, creator)
			: await sign(conversation, head, 'create', member, creator, approvals);
		head = hashOf(conversation, head, link, 'chain_invalid');
		links.push(link);
	}
	return links;
}

/** Refuses an author who was no member under `ik` at `head`. `header_mismatch`, `ghost_member` */
export function requireAuthor(chain: ChainState, user: string, ik: string, head: string): void {
	const at = chain.heads.lastIndexOf(head);
	if (at === -1) throw new Refused('header_mismatch');
	const terms = entryOf(chain.terms, user) ?? [];
	const wasMember = terms.some((term) => term.ik === ik && term.from <= at && (term.to === null || at < term.to));
	if (!wasMember) throw new Refused('ghost_member');
}

async function sign(
	conversation: string,
	head: B64u | null,
	action: Action,
	{ user, ik, gen }: Named,
	signer: Identity,
	approvals = 1
): Promise<Link> {
	const userIk = decoded(ik, KEY_BYTES, 'key_swapped');
	const signed = linkBytes(conversation, headBytes(head), action, user, userIk, gen, approvals);
	const signature = b64u(await signer.sign(signed));
	const asked = approvals === 1 ? {} : { approvals };
	return { action, user, user_ik: ik, gen, actor: signer.user, signature, ...asked };
}

/** Nobody comes in whose identity this client has not judged, or under a key that never was theirs. */
function requireKnown(link: Link, known: KnownUsers): void {
	if (link.action === 'remove' || link.action === 'leave') return;
	const user = entryOf(known, link.user);
	if (!user) throw new Refused('ghost_member');
	if (!had(user, link.user_ik)) throw new Refused('key_swapped');
}

function requireRules(state: ChainState, link: Link): void {
	const isFirst = state.head === null;
	const holds =
		(link.action === 'create') === isFirst &&
		(isFirst || entryOf(state.members, link.actor) !== null) &&
		Number.isInteger(link.gen) &&
		link.gen >= 0 &&
		isAsking(link) &&
		(RULES[link.action]?.(state, link) ?? false);
	if (!holds) throw new Refused('chain_invalid');
}

/** Only the first link says how many approvals a newcomer needs. */
function isAsking({ action, approvals = 1 }: Link): boolean {
	return Number.isInteger(approvals) && approvals >= 0 && (action === 'create' || approvals === 1);
}

const RULES: Record<Action, (state: ChainState, link: Link) => boolean> = {
	create: (_state, link) => link.user === link.actor,
	add: (state, link) => isNewcomer(state, link) && consenting(state, link) >= needed(state, link),
	approve: (state, link) => isNewcomer(state, link) && !givers(state, link).includes(link.actor),
	remove: (state, link) => link.user !== link.actor && isProven(state, link),
	leave: (state, link) => link.user === link.actor && isProven(state, link)
};

/** Also a member whose identity key changed: they are added again under the new one. */
function isNewcomer(state: ChainState, link: Link): boolean {
	return entryOf(state.members, link.user)?.ik !== link.user_ik;
}

/** Who goes is named as the chain has them, so that each link has one possible content. */
function isProven(state: ChainState, link: Link): boolean {
	const member = entryOf(state.members, link.user);
	return member?.ik === link.user_ik && member.gen === link.gen;
}

/** The members who approved of this newcomer under this identity key. */
function givers(state: ChainState, link: Link): string[] {
	const given = entryOf(state.consents, link.user) ?? {};
	return Object.keys(given).filter((giver) => given[giver] === link.user_ik);
}

function consenting(state: ChainState, link: Link): number {
	return new Set([...givers(state, link), link.actor]).size;
}

/** The founder adds freely in the beginning: as long as there was nothing but their own adding. */
function needed(state: ChainState, link: Link): number {
	const isFounder = entryOf(state.terms, link.actor)?.[0]?.from === 0;
	if (isFounder && state.length === Object.keys(state.terms).length) return 1;
	return neededFor(state, link.user);
}

/** How many members must agree to `user`: never more than there are besides them. */
export function neededFor(state: ChainState, user: string): number {
	const others = Object.keys(state.members).filter((member) => member !== user).length;
	return state.approvals === 0 ? others : Math.min(state.approvals, others);
}

/** Changes `state` in place, once the link's signature holds. */
async function append(state: ChainState, link: Link): Promise<void> {
	const signer = link.action === 'create' ? link.user_ik : state.members[link.actor]!.ik;
	const head = hashOf(state.conversation, state.head, link, 'chain_invalid');
	const signature = decoded(link.signature, SIGNATURE_BYTES, 'chain_invalid');
	if (!(await isSignedBy(signer, signature, signedBytes(state.conversation, state.head, link)!))) {
		throw new Refused('chain_invalid');
	}
	if (link.action === 'approve') {
		state.consents[link.user] = { ...entryOf(state.consents, link.user), [link.actor]: link.user_ik };
	} else {
		note(state, link);
	}
	if (link.action === 'create') state.approvals = link.approvals ?? 1;
	state.head = head;
	state.heads.push(head);
	state.length++;
}

/** Who is a member from this link on. */
function note(state: ChainState, link: Link): void {
	const terms = entryOf(state.terms, link.user) ?? [];
	const ended = terms.map((term) => (term.to === null ? { ...term, to: state.length } : term));
	delete state.members[link.user];
	if (link.action === 'create' || link.action === 'add') {
		state.members[link.user] = { ik: link.user_ik, gen: link.gen };
		ended.push({ ik: link.user_ik, from: state.length, to: null });
	}
	state.terms[link.user] = ended;
	settle(state, link.user);
}

/** When the standing of `user` changed, neither approvals of them nor by them stay open. */
function settle(state: ChainState, user: string): void {
	delete state.consents[user];
	for (const given of Object.values(state.consents)) delete given[user];
}

function signedBytes(conversation: string, head: B64u | null, link: Link): Bytes | null {
	const userIk = fromB64u(link.user_ik, KEY_BYTES);
	const { gen, approvals = 1 } = link;
	if (userIk === null || !Number.isSafeInteger(gen) || !Number.isSafeInteger(approvals)) return null;
	return linkBytes(conversation, headBytes(head), link.action, link.user, userIk, gen, approvals);
}

function hashOf(conversation: string, head: B64u | null, link: Link, code: 'chain_forked' | 'chain_invalid'): B64u {
	const signed = signedBytes(conversation, head, link);
	const signature = fromB64u(link.signature, SIGNATURE_BYTES);
	if (signed === null || signature === null) throw new Refused(code);
	return linkHash(signed, signature);
}

function headBytes(head: B64u | null): Bytes | null {
	return head === null ? null : decoded(head, KEY_BYTES, 'chain_invalid');
}
