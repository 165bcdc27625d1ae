"""Who is proven a member, and every way in which a link proves nothing."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.wire.chain import Chain, Link, Proof, extend, recorded
from hubbub.wire.errors import InvalidLink
from hubbub.wire.signing import b64u
from tests.sealing import Document, Identity, head_after
from tests.vectors.make_server_signing import CONVERSATION as HERE
from tests.vectors.make_server_signing import FILE

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
ELSEWHERE = "0198c0de-0000-7000-8000-0000000000c1"
ALICE, BOB, CARL, DORA, EVE = PEOPLE = [Identity(seed=name) for name in (b"a", b"b", b"c", b"d", b"e")]
REGISTERED = {who.user: Proof(who.ik, 1) for who in PEOPLE}


def links_of(*documents: Document) -> list[Link]:
    return [msgspec.convert(document, Link) for document in documents]


def extended(chain: Chain, actor: Identity, *documents: Document, **options: Any) -> Chain:
    return extend(chain, links_of(*documents), actor=actor.user, **{"registered": REGISTERED, **options})


def founded(*others: Identity, approvals: int = 1) -> Chain:
    """Alice's conversation with `others`."""
    return extended(Chain(HERE), ALICE, *ALICE.found(HERE, others, approvals))


def said(chain: Chain, actor: Identity, action: str, user: Identity, **options: Any) -> Chain:
    """`chain` after `actor` signed one thing more."""
    return extended(chain, actor, actor.link(HERE, chain.head, action, user), **options)


def refused(chain: Chain, actor: Identity, *documents: Document, **options: Any) -> str:
    with pytest.raises(InvalidLink) as caught:
        extended(chain, actor, *documents, **options)
    return caught.value.detail


# --- what is proven ---------------------------------------------------------------------------------------


def test_the_chain_of_the_vectors_proves_its_members() -> None:
    people = VECTORS["people"].values()
    registered = {person["user"]: Proof(person["identity_key"]["ik"], 1) for person in people}
    links = links_of(*VECTORS["links"])
    chain = extend(Chain(HERE), links, actor=VECTORS["people"]["alice"]["user"], registered=registered)
    assert chain.head == VECTORS["head"]
    assert chain.members == registered
    assert recorded(HERE, links) == chain


def test_a_conversation_is_founded_with_its_members() -> None:
    chain = founded(BOB, CARL)
    assert chain.members == {who.user: Proof(who.ik, 1) for who in (ALICE, BOB, CARL)}
    assert chain.head == head_after(HERE, None, *ALICE.found(HERE, [BOB, CARL]))


def test_members_come_and_go() -> None:
    chain = said(founded(BOB), BOB, "add", CARL)
    assert chain.members.keys() == {ALICE.user, BOB.user, CARL.user}
    chain = said(chain, CARL, "remove", BOB)
    assert chain.members.keys() == {ALICE.user, CARL.user}
    chain = said(chain, ALICE, "leave", ALICE)
    assert chain.members.keys() == {CARL.user}
    chain = said(chain, CARL, "add", BOB)
    assert chain.members.keys() == {CARL.user, BOB.user}


def test_a_newcomer_needs_as_many_as_the_conversation_asks_for() -> None:
    chain = founded(BOB, CARL, approvals=2)
    early = ALICE.link(HERE, chain.head, "add", DORA)
    assert "approve" in refused(chain, ALICE, early)
    chain = said(chain, BOB, "approve", DORA)
    assert DORA.user not in chain.members
    assert chain.approvals_of(DORA.user, DORA.ik) == {BOB.user}
    assert "approve" in refused(chain, BOB, BOB.link(HERE, chain.head, "add", DORA))
    assert "before" in refused(chain, BOB, BOB.link(HERE, chain.head, "approve", DORA))
    chain = said(chain, ALICE, "add", DORA)
    assert DORA.user in chain.members
    assert not chain.approvals_of(DORA.user, DORA.ik)


@pytest.mark.parametrize("all_members", [0, 100])
def test_all_is_the_most_that_can_be_asked_for(all_members: int) -> None:
    chain = said(founded(BOB, DORA, approvals=all_members), BOB, "approve", CARL)
    assert "approve" in refused(chain, ALICE, ALICE.link(HERE, chain.head, "add", CARL))
    chain = said(chain, DORA, "approve", CARL)
    assert CARL.user in said(chain, ALICE, "add", CARL).members


def test_what_is_asked_of_newcomers_is_signed_and_said_once() -> None:
    first, *rest = ALICE.found(HERE, [BOB], 2)
    assert "verify" in refused(Chain(HERE), ALICE, {**first, "approvals": 1}, *rest)
    assert "verify" in refused(Chain(HERE), ALICE, {**first, "approvals": 0}, *rest)
    chain = founded(BOB)
    lowered = ALICE.link(HERE, chain.head, "add", CARL, approvals=2)
    assert "first link" in refused(chain, ALICE, lowered)
    assert recorded(HERE, links_of(first, *rest)).approvals == 2


def test_the_founding_request_adds_freely() -> None:
    founding = ALICE.found(HERE, [BOB, CARL], 3)
    assert len(extended(Chain(HERE), ALICE, *founding).members) == 3


def test_an_approval_ends_with_its_givers_membership() -> None:
    chain = said(founded(BOB, CARL, approvals=2), BOB, "approve", DORA)
    chain = said(said(chain, BOB, "leave", BOB), ALICE, "approve", BOB)
    chain = said(chain, CARL, "add", BOB)
    assert "approve" in refused(chain, ALICE, ALICE.link(HERE, chain.head, "add", DORA))


def test_an_approval_is_for_one_identity_key() -> None:
    chain = said(founded(BOB, CARL, approvals=2), BOB, "approve", DORA)
    renewed = Identity(DORA.user)
    now = {**REGISTERED, DORA.user: Proof(renewed.ik, 1)}
    add = ALICE.link(HERE, chain.head, "add", renewed)
    assert "approve" in refused(chain, ALICE, add, registered=now)


def test_who_changed_their_identity_key_is_added_anew() -> None:
    chain, renewed = founded(BOB), Identity(BOB.user)
    now = {**REGISTERED, BOB.user: Proof(renewed.ik, 1)}
    for action, user in (("leave", renewed), ("add", CARL), ("add", renewed)):
        refused(chain, renewed, renewed.link(HERE, chain.head, action, user), registered=now)
    refused(chain, BOB, BOB.link(HERE, chain.head, "add", CARL), registered=now)
    refused(chain, BOB, BOB.link(HERE, chain.head, "add", renewed), registered=now)
    chain = said(chain, ALICE, "add", renewed, registered=now)
    assert chain.members[BOB.user] == Proof(renewed.ik, 1)
    assert said(chain, renewed, "add", CARL, registered=now).members.keys() == {
        ALICE.user,
        BOB.user,
        CARL.user,
    }


def test_all_others_are_enough_for_who_changed_their_identity_key() -> None:
    chain, renewed = founded(BOB, approvals=2), Identity(BOB.user)
    now = {**REGISTERED, BOB.user: Proof(renewed.ik, 1)}
    chain = said(chain, ALICE, "add", renewed, registered=now)
    assert chain.members[BOB.user] == Proof(renewed.ik, 1)


# --- what proves nothing ----------------------------------------------------------------------------------


def test_a_chain_begins_with_its_creator_once() -> None:
    create = ALICE.link(HERE, None, "create", ALICE)
    refused(Chain(HERE), ALICE, ALICE.link(HERE, None, "add", BOB))
    refused(Chain(HERE), ALICE, ALICE.link(HERE, None, "create", BOB))
    refused(Chain(HERE), BOB, create)
    refused(Chain(HERE), BOB, {**create, "actor": BOB.user})
    refused(founded(), ALICE, create)
    refused(founded(), BOB, BOB.link(HERE, founded().head, "create", BOB))
    assert "each user" in refused(Chain(HERE), ALICE)


def test_strangers_and_former_members_sign_nothing() -> None:
    chain = said(founded(BOB), ALICE, "remove", BOB)
    for outsider in (BOB, EVE):
        for action, user in (("add", outsider), ("add", CARL), ("approve", CARL), ("leave", outsider)):
            refused(chain, outsider, outsider.link(HERE, chain.head, action, user))
        refused(chain, outsider, outsider.link(HERE, chain.head, "remove", ALICE))


def test_one_leaves_for_oneself_and_removes_others() -> None:
    chain = founded(BOB)
    refused(chain, ALICE, ALICE.link(HERE, chain.head, "leave", BOB))
    refused(chain, ALICE, ALICE.link(HERE, chain.head, "remove", ALICE))
    refused(chain, ALICE, ALICE.link(HERE, chain.head, "remove", CARL))


def test_a_link_counts_for_its_sender_alone() -> None:
    chain = founded(BOB)
    link = ALICE.link(HERE, chain.head, "add", CARL)
    refused(chain, BOB, link)
    refused(chain, BOB, {**link, "actor": BOB.user})
    refused(chain, ALICE, {**BOB.link(HERE, chain.head, "add", CARL), "actor": ALICE.user})


def test_a_member_is_not_added_twice() -> None:
    chain = founded(BOB)
    for action in ("add", "approve"):
        for user in (ALICE, BOB):
            refused(chain, ALICE, ALICE.link(HERE, chain.head, action, user))


def test_one_request_has_one_link_for_a_user() -> None:
    twice = ALICE.links(HERE, founded().head, [("approve", BOB), ("add", BOB)])
    assert "each user" in refused(founded(), ALICE, *twice)


def test_who_comes_in_is_named_by_their_current_keys() -> None:
    chain = founded(BOB)
    refused(chain, ALICE, ALICE.link(HERE, chain.head, "add", CARL, ik=EVE.ik))
    refused(chain, ALICE, ALICE.link(HERE, chain.head, "add", CARL, gen=2))
    unknown = {who.user: REGISTERED[who.user] for who in (ALICE, BOB)}
    refused(chain, ALICE, ALICE.link(HERE, chain.head, "add", CARL), registered=unknown)
    refused(Chain(HERE), CARL, CARL.link(HERE, None, "create", CARL), registered=unknown)


def test_who_goes_is_named_as_the_chain_has_them() -> None:
    chain = founded(BOB)
    refused(chain, ALICE, ALICE.link(HERE, chain.head, "remove", BOB, gen=2))
    refused(chain, ALICE, ALICE.link(HERE, chain.head, "remove", BOB, ik=CARL.ik))
    refused(chain, BOB, BOB.link(HERE, chain.head, "leave", BOB, gen=2))
    newer = {**REGISTERED, BOB.user: Proof(BOB.ik, 2)}
    assert BOB.user not in said(chain, ALICE, "remove", BOB, registered=newer).members


def test_a_link_follows_one_link() -> None:
    """Replayed, out of order, after another end of the chain, or from another conversation: refused."""
    before = founded(BOB)
    add, leave = BOB.link(HERE, before.head, "add", CARL), BOB.link(HERE, before.head, "leave", BOB)
    after = extended(before, BOB, add)
    refused(after, BOB, add)
    refused(after, BOB, leave)
    removed = said(after, ALICE, "remove", CARL)
    refused(removed, BOB, add)
    refused(before, BOB, BOB.link(ELSEWHERE, before.head, "add", CARL))
    refused(before, BOB, BOB.link(HERE, None, "add", CARL))
    create, *adds = ALICE.found(HERE, [BOB, CARL])
    refused(Chain(HERE), ALICE, create, *reversed(adds))
    refused(Chain(HERE), ALICE, create, adds[1])
    refused(Chain(ELSEWHERE), ALICE, create)


def test_an_action_is_signed_for() -> None:
    chain = founded(BOB)
    link = ALICE.link(HERE, chain.head, "approve", CARL)
    refused(chain, ALICE, {**link, "action": "add"})
    refused(chain, ALICE, {**link, "user": DORA.user, "user_ik": DORA.ik})


@pytest.mark.parametrize("name", ["user_ik", "signature"])
def test_a_link_altered_in_any_character_is_refused(name: str) -> None:
    chain = founded(BOB)
    link = ALICE.link(HERE, chain.head, "add", CARL)
    for at, character in enumerate(link[name]):
        other = "A" if character != "A" else "B"
        refused(chain, ALICE, {**link, name: link[name][:at] + other + link[name][at + 1 :]})
    for wrong in ("", "é", "\ud800", b64u(bytes(32)), b64u(bytes(64)), link[name] + "="):
        refused(chain, ALICE, {**link, name: wrong})


def test_a_refused_request_leaves_the_chain_as_it_was() -> None:
    chain = founded(BOB)
    good = ALICE.link(HERE, chain.head, "add", CARL)
    head = head_after(HERE, chain.head, good)
    refused(chain, ALICE, good, BOB.link(HERE, head, "add", DORA))
    assert chain == founded(BOB)


# --- any history ------------------------------------------------------------------------------------------

Step = tuple[Identity, str, Identity]
steps = st.tuples(
    st.sampled_from(PEOPLE), st.sampled_from(["create", "add", "remove", "leave"]), st.sampled_from(PEOPLE)
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([[], [(ALICE, "create", ALICE)]]), st.lists(steps, max_size=25))
def test_any_history_proves_exactly_what_the_rules_say(begun: list[Step], history: list[Step]) -> None:
    """Against the simplest model: a set of names; and what was accepted reads back as the same chain."""
    chain, names, accepted = Chain(HERE), set[str](), list[Link]()
    for actor, action, user in begun + history:
        link = actor.link(HERE, chain.head, action, user)
        if _allowed(names, accepted, actor.user, action, user.user):
            chain = extended(chain, actor, link)
            accepted += links_of(link)
            names = names | {user.user} if action in {"create", "add"} else names - {user.user}
        else:
            refused(chain, actor, link)
    assert chain.members.keys() == names
    assert recorded(HERE, accepted) == chain


def _allowed(names: set[str], accepted: list[Link], actor: str, action: str, user: str) -> bool:
    if not accepted:
        return action == "create" and actor == user
    if actor not in names or action == "create":
        return False
    if action == "add":
        return user not in names
    return user in names and (user == actor) == (action == "leave")
