"""The cryptography of the Python client and of the web client are one: what either makes, the other takes.

Ada's machine is Python's, Bob's is TypeScript's, in a process of Node's that speaks as `tests/vectors/README.md` says.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hubbub.wire.ids import NIL_ID, new_id
from hubbub.wire.signing import b64u
from tests.client.crypto.peer import Peer
from tests.vectors.make_client_crypto import load

WEB = Path(__file__).parents[3] / "web"
PASSWORD_KEY = b64u(bytes(32))
SENT_AT = "2026-01-02T03:04:05.678Z"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
NEW_CHAIN: dict[str, Any] = {
    "head": None,
    "length": 0,
    "approvals": 1,
    "members": {},
    "consents": {},
    "heads": [],
    "terms": {},
}
texts = st.text(max_size=200)
bodies = st.one_of(
    st.fixed_dictionaries({"text": texts}, optional={"reply_to": texts}),
    st.fixed_dictionaries({"react": st.fixed_dictionaries({"to": texts, "emoji": texts, "on": st.booleans()})}),
)
any_text = st.text(st.characters(categories=["Cs", "L", "N", "P"]), max_size=6)  # halves of characters too
sides = st.sampled_from(["python", "node"])
a_few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class NodePeer:
    """The web client's machine, in a process of its own."""

    def __init__(self, node: Path) -> None:
        command = [str(node), "tests/peer.mjs"]
        self._process = subprocess.Popen(command, cwd=WEB, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def stop(self) -> None:
        self._process.communicate()  # which closes its input: it ends by itself


class PythonPeer(Peer):
    """This client's machine; through JSON as the other is, so that both are asked and answer alike."""

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(json.dumps(super().answer(json.loads(json.dumps(request)))))
        return answer


class World:
    """A sealed conversation of Ada (Python) and Bob (Node), and what both believe."""

    def __init__(self, node: Path) -> None:
        self.node = NodePeer(node)
        self.peers: dict[str, PythonPeer | NodePeer] = {"python": PythonPeer(), "node": self.node}
        self.users = {side: new_id() for side in self.peers}
        self.accounts = {
            side: self.ask(side, "create_account", who=side, user=user, password_key=PASSWORD_KEY)
            for side, user in self.users.items()
        }
        self.known = {user: self._known(side, user) for side, user in self.users.items()}
        self.jwks = {user: self.accounts[side]["user_key"]["public_key"] for side, user in self.users.items()}
        self.conversation = new_id()
        self.chain = self._found("python")

    def ask(self, side: str, command: str, **arguments: Any) -> Any:
        answer = self.try_to(side, command, **arguments)
        assert "ok" in answer, (side, command, answer)
        return answer["ok"]

    def try_to(self, side: str, command: str, **arguments: Any) -> dict[str, Any]:
        return self.peers[side].answer({"do": command, **arguments})

    def both(self, command: str, **arguments: Any) -> Any:
        """The answer that both give alike, whichever it is."""
        by_python, by_node = (self.try_to(side, command, **arguments) for side in self.peers)
        assert "failed" not in by_python, by_python
        assert by_python == by_node
        return by_python

    def _known(self, side: str, user: str) -> Any:
        entry = {**self.accounts[side]["identity"]}
        entry.pop("wrapped_seed")
        return self.both("judge_identity", known=None, user=user, history=[entry])["ok"]

    def named(self, side: str) -> dict[str, Any]:
        user = self.users[side]
        return {"user": user, "ik": self.known[user]["ik"], "gen": 1}

    def _found(self, side: str) -> Any:
        members = [self.named(side), *(self.named(other) for other in self.peers if other != side)]
        links = self.ask(side, "found", who=side, conversation=self.conversation, members=members)
        chain = {"conversation": self.conversation, **NEW_CHAIN}
        return self.both("advance", chain=chain, links=links, known=self.known)["ok"]

    def place(self, **changes: Any) -> dict[str, Any]:
        here = {"conversation": self.conversation, "message": new_id(), "device": NIL_ID}
        return {**here, "rev": 0, "index": 1, "position": 0, **changes}

    def seal(self, side: str, body: Any, place: dict[str, Any], **changes: Any) -> Any:
        usual = {"chain": self.chain, "known": self.known, "recipients": self.jwks, "sent_at": SENT_AT}
        return self.ask(side, "seal", who=side, body=body, **place, **{**usual, **changes})

    def shown(self, reader: str, author: str, place: dict[str, Any], sealed: Any) -> dict[str, Any]:
        """The arguments of `open`."""
        user = self.users[author]
        copy = sealed["encrypted_messages"].get(self.users[reader])
        said = {"from": user, "author": self.known[user], "sealed": sealed["sealed"], "copy": copy}
        return {"who": reader, **place, **said, "chain": self.chain, "held": None}

    def rows(self, side: str) -> dict[str, Any]:
        """As `GET /api/keys` answers."""
        account = self.accounts[side]
        own_key = {"gen": 1, **account["user_key"]}
        rows = {"user_id": self.users[side], "identity": [account["identity"]], "user_keys": [own_key]}
        return {**rows, "slots": account["slots"]}


@pytest.fixture(scope="module")
def world(node: Path) -> Iterator[World]:
    world = World(node)
    yield world
    world.node.stop()


def other(side: str) -> str:
    return "node" if side == "python" else "python"


@a_few
@given(bodies, sides)
def test_what_one_seals_both_open(world: World, body: dict[str, Any], author: str) -> None:
    place = world.place()
    sealed = world.seal(author, body, place)
    for reader in world.peers:
        opened = world.ask(reader, "open", **world.shown(reader, author, place, sealed))
        assert opened == {"body": body, "sent_at": SENT_AT, "members": world.chain["head"]}


@a_few
@given(any_text, sides)
def test_both_make_the_same_of_half_a_character(world: World, text: str, author: str) -> None:
    place = world.place()
    sealed = world.seal(author, {"text": text}, place)
    opened = [
        world.ask(side, "open", **world.shown(side, author, place, sealed))["body"]["text"] for side in world.peers
    ]
    assert opened == [text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")] * 2


@a_few
@given(st.integers(0, 9999), st.integers(1, 63), sides)
def test_both_refuse_a_changed_message_by_the_same_code(world: World, where: int, by: int, author: str) -> None:
    """Each is asked as the same reader: a machine that was unlocked from what the other made."""
    rows = world.rows("python")
    for side in world.peers:
        world.ask(side, "unlock", who="reader", own_keys=rows, password_key=PASSWORD_KEY)
    place = world.place()
    sealed = world.seal(author, {"text": "hello"}, place)
    arguments = {**world.shown("python", author, place, sealed), "who": "reader"}
    at = where % len(arguments["sealed"])
    text = arguments["sealed"]
    arguments["sealed"] = text[:at] + ALPHABET[(ALPHABET.find(text[at]) + by) % 64] + text[at + 1 :]
    assert "refused" in world.both("open", **arguments)


@pytest.mark.parametrize("maker", ["python", "node"])
def test_an_account_that_one_made_the_other_opens(world: World, maker: str) -> None:
    side, rows = other(maker), world.rows(maker)
    me = {"user": world.users[maker], "ik": world.accounts[maker]["identity"]["ik"], "seq": 1}
    assert world.ask(side, "unlock", who="elsewhere", own_keys=rows, password_key=PASSWORD_KEY) == me
    words = world.accounts[maker]["words"]
    assert world.ask(side, "unlock_with_words", who="by words", own_keys=rows, words=words) == me
    place = world.place()
    sealed = world.seal(side, {"text": "hello"}, place)
    arguments = {**world.shown(maker, side, place, sealed), "who": "by words"}
    assert world.ask(side, "open", **arguments)["body"] == {"text": "hello"}


@pytest.mark.parametrize("maker", ["python", "node"])
def test_a_conversation_key_that_one_made_the_other_uses(world: World, maker: str) -> None:
    side, user = other(maker), world.users[maker]
    pair = world.ask(maker, "new_conversation_key", who=maker, conversation=world.conversation, gen=2)
    judging = {"known": world.known[user], "chain": world.chain, "conversation": world.conversation, "user": user}
    kid = pair["public_key"]["kid"]
    assert world.both("judge_key", jwk=pair["public_key"], seen=None, **judging) == {"ok": {"gen": 2, "kid": kid}}
    world.ask(side, "unlock", who="device", own_keys=world.rows(maker), password_key=PASSWORD_KEY)
    rows = [{"gen": 2, **pair}]
    added = world.ask(side, "add_private_keys", who="device", conversation=world.conversation, rows=rows)
    assert added == [kid]
    place = world.place()
    sealed = world.seal(side, {"text": "hello"}, place, recipients={user: pair["public_key"]})
    for where, who in ((maker, maker), (side, "device")):
        arguments = {**world.shown(maker, side, place, sealed), "who": who}
        assert world.ask(where, "open", **arguments)["body"] == {"text": "hello"}


@pytest.mark.parametrize("sharer", ["python", "node"])
def test_what_one_shares_the_other_opens(world: World, sharer: str) -> None:
    reader, place = other(sharer), world.place()
    mine = {world.users[sharer]: world.jwks[world.users[sharer]]}
    theirs = {world.users[reader]: world.jwks[world.users[reader]]}
    sealed = world.seal(sharer, {"text": "hello"}, place, recipients=mine)
    shared = {"chain": world.chain, "known": world.known, "to": theirs}
    copy = sealed["encrypted_messages"][world.users[sharer]]
    copies = world.ask(sharer, "share", who=sharer, sealed=sealed["sealed"], copy=copy, **shared)
    arguments = world.shown(reader, sharer, place, {**sealed, "encrypted_messages": copies})
    assert world.ask(reader, "open", **arguments)["body"] == {"text": "hello"}


@a_few
@given(any_text.map(lambda text: text * 20), sides)
@example("It is me", "node")
def test_a_note_of_who_asks_to_be_let_in_is_read_by_the_owner_alone(world: World, text: str, author: str) -> None:
    """And by nobody for another group, in another's name, or changed."""
    owner, group = other(author), new_id()
    key = world.ask(owner, "new_conversation_key", who=owner, conversation=group, gen=2)["public_key"]
    asking = {"conversation": group, "text": text, "owner": world.known[world.users[owner]], "key": key}
    note = world.ask(author, "seal_note", who=author, **asking)
    mine = {"conversation": group, "note": note, "author": world.known[world.users[author]]}
    read = world.ask(owner, "open_note", who=owner, **mine)
    assert read == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert world.try_to(author, "open_note", who=author, **mine)["refused"] == "key_missing"
    at = len(note) // 2
    changed = f"{note[:at]}{'A' if note[at] != 'A' else 'B'}{note[at + 1 :]}"
    for wrong in (
        {"conversation": new_id()},
        {"author": world.known[world.users[owner]]},
        {"note": changed},
        {"note": note[:64]},
        {"note": f"{note}="},
    ):
        assert world.try_to(owner, "open_note", who=owner, **{**mine, **wrong})["refused"] == "altered", wrong
    # Whoever has the public key can seal to it; only the author can sign.
    stranger = {**mine["author"], "ik": world.known[world.users[owner]]["ik"]}
    assert world.try_to(owner, "open_note", who=owner, **{**mine, "author": stranger})["refused"] == "signature_wrong"


@pytest.mark.parametrize("author", ["python", "node"])
def test_a_note_is_sealed_to_no_key_but_the_owners_for_the_group(world: World, author: str) -> None:
    owner, group = other(author), new_id()
    key = world.ask(owner, "new_conversation_key", who=owner, conversation=group, gen=2)["public_key"]
    mine = world.ask(author, "new_conversation_key", who=author, conversation=group, gen=2)["public_key"]
    known = world.known[world.users[owner]]
    asking = {"conversation": group, "text": "It is me", "owner": known, "key": key}
    unsigned = {name: key[name] for name in ("kty", "crv", "x")}
    changed = {**known, "verified": True, "changed": {"from": known["ik"], "vouched": False}, "accepted": False}
    for wrong, code in (
        ({"key": mine}, "key_swapped"),
        ({"conversation": new_id()}, "key_swapped"),
        ({"key": unsigned}, "key_unsigned"),
        ({"owner": changed}, "identity_changed"),
    ):
        assert world.try_to(author, "seal_note", who=author, **{**asking, **wrong})["refused"] == code, wrong


@a_few
@given(st.lists(st.tuples(sides, st.sampled_from(["add", "approve", "remove", "leave"]), sides), max_size=8))
def test_both_believe_the_same_of_a_chain(world: World, said: list[tuple[str, str, str]]) -> None:
    """Whatever is signed in whatever order, allowed or not, by members or not."""
    chain = world.chain
    for actor, action, subject in said:
        link = world.ask(actor, "link", who=actor, chain=chain, action=action, member=world.named(subject))
        answer = world.both("advance", chain=chain, links=[link], known=world.known)
        chain = answer.get("ok", chain)


@pytest.mark.parametrize("call", ["open", "judge_key", "advance", "follow"])
def test_the_other_side_refuses_what_this_side_refuses(world: World, call: str) -> None:
    """The hostile server's vectors, asked of both; `tests/client/crypto/test_refusals.py` says what is right."""
    vectors = load("refusals")
    person = load("keys")[vectors["reader"]]
    rows = {"user_id": person["user"], "identity": [person["identity"]], "slots": person["slots"]}
    for side in world.peers:
        unlocking = {"own_keys": {**rows, "user_keys": person["keys"][:1]}, "password_key": person["password_key"]}
        world.ask(side, "unlock", who="bob", **unlocking)
        conversation = person["keys"][1]["conversation"]
        world.ask(side, "add_private_keys", who="bob", conversation=conversation, rows=person["keys"][1:])
    for case in vectors[call]["cases"]:
        arguments = {**vectors[call]["arguments"], **case["arguments"]}
        assert world.both(call, who="bob", **arguments).get("refused") == case["code"], case["case"]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_text.filter(bool), st.binary(min_size=16, max_size=16))
@example("cafe\u0301 \ud800 \ud83d\ude00", bytes(16))
def test_both_stretch_a_password_alike(world: World, password: str, salt: bytes) -> None:
    assert "ok" in world.both("derive_secret", password=password, kdf={"salt": b64u(salt), "m": 65536, "t": 3, "p": 4})


@a_few
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_both_show_the_same_safety_number(world: World, mine: bytes, theirs: bytes) -> None:
    me, them = ({"user": user, "ik": b64u(ik)} for user, ik in zip(world.users.values(), (mine, theirs), strict=True))
    number = world.both("safety_number", me=me, them=them)["ok"]
    assert number == world.both("safety_number", me=them, them=me)["ok"]
