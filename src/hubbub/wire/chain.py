"""The membership chain of a sealed conversation: who is proven a member, by whose signature.

Each link is signed by a member who was proven before and names the link before it, so that nobody, the server
included, can slip in a listener, drop a removal or reorder what happened. Source: Hubbub's design of keys and
envelopes, section 7. The rules:

- `create` is the first link and no other; its creator signs it for themself, and how many approvals newcomers need.
- `add` makes a member. The founding request may add freely; later the signer and the members who gave an
  `approve` before must together be as many as the first link asks for (1 by default, at most all members).
  A member whose identity key changed is added again under the new one; until then they prove nothing.
- `approve` is one member's consent to one newcomer, once, as long as its giver is a member.
- `remove` ends another's membership and `leave` one's own. Whether one may remove is for the roles to say.
- One request holds the links of one actor, at most one for each user.

Keys and hashes are text here, b64u in its one form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hubbub.wire.errors import InvalidLink
from hubbub.wire.links import Action, Link
from hubbub.wire.signing import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    b64u,
    b64u_decode,
    is_signed_by,
    link_bytes,
    link_hash,
)

__all__ = ["Chain", "Link", "Proof", "extend", "recorded"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a link proves, or the server has on file, of a user: identity key (b64u), generation in use."""

    identity_key: str
    gen: int


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain up to its `head`, the b64u hash of its last link (None: no link yet), and what it proves.

    `members` are the proven members by user id; `consents` are the approvals of newcomers who are not members
    yet: newcomer, then giver, then the newcomer's identity key that was approved. `approvals` is how many members
    must consent to a newcomer, 0 for all of them: what the first link says.
    """

    conversation: str
    head: str | None = None
    members: Mapping[str, Proof] = field(default_factory=dict)
    consents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    approvals: int = 1

    def approvals_of(self, user: str, identity_key: str) -> set[str]:
        """The members who approved of this newcomer under this identity key."""
        return {giver for giver, ik in self.consents.get(user, {}).items() if ik == identity_key}

    def needed_for(self, user: str) -> int:
        """How many members must consent to `user`: never more than there are besides them."""
        others = len(self.members.keys() - {user})
        return min(self.approvals, others) if self.approvals else others


def extend(
    chain: Chain, links: Sequence[Link], *, actor: str, registered: Mapping[str, Proof], founding: bool = False
) -> Chain:
    """`chain` with the links of one request by `actor`, each verified against the chain before it.

    `registered` is what the server has on file now for the actor and every user who is to come in: their
    identity key, and the generation of their key for this conversation, or else of their own. `founding` says that
    its creator is still adding those with whom they begin, as they are when there is no link yet. Raises
    `InvalidLink`, and then nothing of the request counts.
    """
    if len({link.user for link in links}) != len(links) or not links:
        raise InvalidLink("A request carries links, one for each user it concerns.")
    freely = founding or chain.head is None
    for link in links:
        _require_actor(chain, link, actor, registered)
        _RULES[link.action](chain, link, registered, freely)
        chain = _signed(chain, link)
    return chain


def recorded(conversation: str, links: Iterable[Link]) -> Chain:
    """The chain of links that `extend` accepted before, in their order; nothing is verified again."""
    chain = Chain(conversation)
    for link in links:
        chain = _advance(chain, link, _bytes_of(chain, link))
    return chain


def _require_actor(chain: Chain, link: Link, actor: str, registered: Mapping[str, Proof]) -> None:
    """A link counts for its sender only, under the identity key that both the server and the chain know."""
    if link.actor != actor:
        raise InvalidLink("A link is signed by the one who sends it.")
    if (link.action == "create") != (chain.head is None):
        raise InvalidLink("The chain begins with its creator's link, and only there.")
    if link.action == "create":
        return
    if link.approvals != 1:
        raise InvalidLink("Only the first link says how many approvals a newcomer needs.")
    proof = chain.members.get(actor)
    if proof is None:
        raise InvalidLink("The chain does not prove that the signer is a member.")
    if actor not in registered or registered[actor].identity_key != proof.identity_key:
        raise InvalidLink("The signer's identity key changed; another member has to add it first.")


def _check_create(_chain: Chain, link: Link, registered: Mapping[str, Proof], _freely: bool) -> None:
    if link.user != link.actor:
        raise InvalidLink("A chain begins with its creator, who signs for themself.")
    _require_registered(link, registered)


def _check_add(chain: Chain, link: Link, registered: Mapping[str, Proof], freely: bool) -> None:
    _require_newcomer(chain, link, registered)
    givers = chain.approvals_of(link.user, link.user_ik) | {link.actor}
    if not freely and len(givers) < chain.needed_for(link.user):
        raise InvalidLink("More members have to approve first.")


def _check_approve(chain: Chain, link: Link, registered: Mapping[str, Proof], _freely: bool) -> None:
    _require_newcomer(chain, link, registered)
    if link.actor in chain.approvals_of(link.user, link.user_ik):
        raise InvalidLink("The signer approved of this user before.")


def _check_remove(chain: Chain, link: Link, _registered: Mapping[str, Proof], _freely: bool) -> None:
    if link.user == link.actor:
        raise InvalidLink("One leaves by oneself; remove is for others.")
    _require_proven(chain, link)


def _check_leave(chain: Chain, link: Link, _registered: Mapping[str, Proof], _freely: bool) -> None:
    if link.user != link.actor:
        raise InvalidLink("One leaves only for oneself.")
    _require_proven(chain, link)


_Rule = Callable[[Chain, Link, Mapping[str, Proof], bool], None]
_RULES: Mapping[Action, _Rule] = {
    "create": _check_create,
    "add": _check_add,
    "approve": _check_approve,
    "remove": _check_remove,
    "leave": _check_leave,
}


def _require_newcomer(chain: Chain, link: Link, registered: Mapping[str, Proof]) -> None:
    member = chain.members.get(link.user)
    if member is not None and member.identity_key == link.user_ik:
        raise InvalidLink("The user is a member already.")
    _require_registered(link, registered)


def _require_registered(link: Link, registered: Mapping[str, Proof]) -> None:
    """Who comes in is named by the keys they have now: any other would be sealed to in their place."""
    proof = registered.get(link.user)
    if proof is None:
        raise InvalidLink("The user has no identity key yet, or no key that it signed.")
    if proof != Proof(link.user_ik, link.gen):
        raise InvalidLink("The link does not name the user's current identity key and generation.")


def _require_proven(chain: Chain, link: Link) -> None:
    """Who goes is named as the chain has them, so that each link has one possible content."""
    if chain.members.get(link.user) != Proof(link.user_ik, link.gen):
        raise InvalidLink("The chain does not prove such a member.")


def _signed(chain: Chain, link: Link) -> Chain:
    signer = link.user_ik if link.action == "create" else chain.members[link.actor].identity_key
    signed = _bytes_of(chain, link)
    if not is_signed_by(_decode(signer, KEY_BYTES), _decode(link.signature, SIGNATURE_BYTES), signed):
        raise InvalidLink("The signature of the link does not verify against the end of the chain.")
    return _advance(chain, link, signed)


def _bytes_of(chain: Chain, link: Link) -> bytes:
    previous = None if chain.head is None else _decode(chain.head, KEY_BYTES)
    user_ik = _decode(link.user_ik, KEY_BYTES)
    return link_bytes(chain.conversation, previous, link.action, link.user, user_ik, link.gen, link.approvals)


def _advance(chain: Chain, link: Link, signed: bytes) -> Chain:
    head = b64u(link_hash(signed, _decode(link.signature, SIGNATURE_BYTES)))
    if link.action == "approve":
        given = {**chain.consents.get(link.user, {}), link.actor: link.user_ik}
        return replace(chain, head=head, consents={**chain.consents, link.user: given})
    members = {user: proof for user, proof in chain.members.items() if user != link.user}
    if link.action in {"create", "add"}:
        members[link.user] = Proof(link.user_ik, link.gen)
    approvals = link.approvals if link.action == "create" else chain.approvals
    consents = _settled(chain.consents, link.user)
    return replace(chain, head=head, members=members, consents=consents, approvals=approvals)


def _settled(consents: Mapping[str, Mapping[str, str]], user: str) -> Mapping[str, Mapping[str, str]]:
    """What stays open when the standing of `user` changed: neither approvals of them nor by them."""
    return {
        newcomer: {giver: ik for giver, ik in given.items() if giver != user}
        for newcomer, given in consents.items()
        if newcomer != user
    }


def _decode(text: str, length: int) -> bytes:
    try:
        return b64u_decode(text, length)
    except ValueError:
        raise InvalidLink(f"A key or signature of the link is not base64url of {length} bytes.") from None
