"""A membership chain as a client follows it: what it proves now, and what it proved at each of its heads.

Source: Hubbub's design of keys and envelopes, section 7. The rules of a single link are those of `wire/chain.py`,
which the server applies too; here they are applied to what the server shows, in the light of the identity keys that
this client believes in.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hubbub.client.crypto.identity import Identity, KnownUsers
from hubbub.client.crypto.refused import Refused
from hubbub.wire.chain import Chain, Proof, extend, recorded
from hubbub.wire.errors import InvalidLink
from hubbub.wire.links import Action, Link
from hubbub.wire.signing import b64u_decode, link_bytes


class Member(msgspec.Struct, frozen=True):
    """The identity key, and the generation of the key that is sealed to, under which the chain proves a member."""

    ik: str
    gen: int


class Named(msgspec.Struct, frozen=True):
    """Whom a link is about."""

    user: str
    ik: str
    gen: int


class Term(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """A membership under one identity key: from the head of this number (0 is the first) to before `until`."""

    ik: str
    since: int
    until: int | None = None

    def covers(self, number: int) -> bool:
        return self.since <= number and (self.until is None or number < self.until)


class ChainState(msgspec.Struct, frozen=True):
    """A verified chain; `ChainState(conversation)` is one before its first link.

    `heads` are all its heads so far, oldest first, `terms` who was a member at each: a message names the head that its
    author saw. `consents` are approvals of newcomers: newcomer, giver, the newcomer's identity key. `approvals` is how
    many members a newcomer needs, as the first link says; 0: all of them.
    """

    conversation: str
    head: str | None = None
    length: int = 0
    approvals: int = 1
    members: dict[str, Member] = {}
    consents: dict[str, dict[str, str]] = {}
    heads: tuple[str, ...] = ()
    terms: dict[str, tuple[Term, ...]] = {}

    def require_author(self, user: str, ik: str, head: str) -> None:
        """That `user` was a member under `ik` at `head`; raises `Refused`: `header_mismatch`, `ghost_member`."""
        if head not in self.heads:
            raise Refused("header_mismatch")
        number = self.heads.index(head)
        if not any(term.ik == ik and term.covers(number) for term in self.terms.get(user, ())):
            raise Refused("ghost_member")


def advance(state: ChainState, links: Sequence[Link], known: KnownUsers) -> ChainState:
    """`state` with the `links` that follow its head, each verified; nothing of them counts when one is refused.

    `known` holds everybody who comes in. Raises `Refused`: `ghost_member` for somebody it does not hold,
    `key_swapped` for an identity key that is not theirs, `chain_invalid`.
    """
    chain, heads, terms = _chain_of(state), list(state.heads), dict(state.terms)
    founding = state.head is None
    for link in links:
        _require_known(link, known)
        # Whom the creator adds before anything else happens, they could have added in the founding request itself.
        founding = founding and link.action in {"create", "add"} and link.actor == links[0].actor
        chain = _extended(chain, link, founding)
        _note(terms, link, len(heads))
        heads.append(chain.head or "")
    return ChainState(
        state.conversation,
        chain.head,
        len(heads),
        chain.approvals,
        {user: Member(proof.identity_key, proof.gen) for user, proof in chain.members.items()},
        {newcomer: dict(given) for newcomer, given in chain.consents.items()},
        tuple(heads),
        terms,
    )


def follow(state: ChainState, whole: Sequence[Link], known: KnownUsers) -> ChainState:
    """`state` brought up to the `whole` chain that the server shows, of which it must be the beginning.

    Raises `Refused`: `chain_forked` when it is not, and as `advance`.
    """
    seen, new = whole[: state.length], whole[state.length :]
    try:
        head = recorded(state.conversation, seen).head
    except (InvalidLink, KeyError):
        head = None
    if head != state.head:
        raise Refused("chain_forked")
    return advance(state, new, known)


def sign_link(state: ChainState, action: Action, member: Named, signer: Identity) -> Link:
    """The next link after `state`; for `remove` and `leave`, `member` is as the chain has them."""
    previous = None if state.head is None else b64u_decode(state.head)
    approvals = state.approvals if action == "create" else 1
    signed = link_bytes(
        state.conversation, previous, action, member.user, b64u_decode(member.ik), member.gen, approvals
    )
    return Link(action, member.user, member.ik, member.gen, signer.user, signer.sign(signed), approvals)


def found(conversation: str, members: Sequence[Named], creator: Identity, approvals: int = 1) -> list[Link]:
    """The links that begin a sealed conversation; `members` begins with its creator.

    `approvals` is how many members a later newcomer needs; 0: all of them.
    """
    chain, links = Chain(conversation), list[Link]()
    for member in members:
        state = ChainState(conversation, chain.head, approvals=approvals)
        links.append(sign_link(state, "add" if links else "create", member, creator))
        chain = recorded(conversation, links)
    return links


def _chain_of(state: ChainState) -> Chain:
    members = {user: Proof(member.ik, member.gen) for user, member in state.members.items()}
    return Chain(state.conversation, state.head, members, state.consents, state.approvals)


def _require_known(link: Link, known: KnownUsers) -> None:
    """Nobody comes in whose identity this client has not judged, or under a key that never was theirs."""
    if link.action not in {"create", "add", "approve"}:
        return
    if link.user not in known:
        raise Refused("ghost_member")
    if not known[link.user].had(link.user_ik):
        raise Refused("key_swapped")


def _extended(chain: Chain, link: Link, founding: bool) -> Chain:
    """The rules of the server, on what it had on file when it took the link: the keys that chain and link name."""
    registered = {**chain.members, link.user: Proof(link.user_ik, link.gen)}
    if link.actor in chain.members:
        registered[link.actor] = chain.members[link.actor]
    try:
        return extend(chain, [link], actor=link.actor, registered=registered, founding=founding)
    except InvalidLink:
        raise Refused("chain_invalid") from None


def _note(terms: dict[str, tuple[Term, ...]], link: Link, number: int) -> None:
    if link.action == "approve":
        return
    before = tuple(
        Term(term.ik, term.since, number) if term.until is None else term for term in terms.get(link.user, ())
    )
    entered = () if link.action in {"remove", "leave"} else (Term(link.user_ik, number),)
    terms[link.user] = before + entered
