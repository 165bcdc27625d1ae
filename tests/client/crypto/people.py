"""People with a machine each, and what they believe of one another: what tests of the machine begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hubbub.client.crypto.bodies import Body, TextBody
from hubbub.client.crypto.chain import ChainState, Named, advance
from hubbub.client.crypto.envelope import Sealed
from hubbub.client.crypto.identity import Known, judge_identity
from hubbub.client.crypto.keys import judge_key
from hubbub.client.crypto.machine import Machine, Me, NewAccount
from hubbub.client.crypto.places import Opened, Place, Shown
from hubbub.wire.documents import JsonObject
from hubbub.wire.ids import NIL_ID, new_id
from hubbub.wire.keys import IdentityKey, Kdf
from hubbub.wire.resources import NewIdentityKey, OwnIdentityEntry, OwnKeys, OwnUserKey
from tests.client.crypto.peer import Peer
from tests.vectors.make_client_crypto import load
from tests.vectors.make_server_signing import CONVERSATION

SENT_AT = "2026-01-02T03:04:05.678Z"
PASSWORD_KEY = bytes(range(32))
HELLO = TextBody("hello")


@dataclass(eq=False, repr=False)
class Person:
    """A user with an account: `rows` are what the server has of them, `machine` their client."""

    user: str = field(default_factory=new_id)
    machine: Machine = field(default_factory=Machine)
    made: NewAccount = field(init=False)

    def __post_init__(self) -> None:
        self.made = self.machine.create_account(self.user, PASSWORD_KEY)

    @property
    def me(self) -> Me:
        assert self.machine.me is not None
        return self.machine.me

    @property
    def rows(self) -> OwnKeys:
        """As `GET /api/keys` answers."""
        entry, key = self.made.identity, self.made.user_key
        return OwnKeys(
            user_id=self.user,
            identity=[identity_row(entry)],
            user_keys=[OwnUserKey(gen=1, public_key=key.public_key, inserted_at="", private_key=key.private_key)],
            slots={"password": self.made.slots.password, "recovery": self.made.slots.recovery},
            kdf=Kdf(salt="A" * 22, m=65536, t=3, p=4),
        )

    @property
    def jwk(self) -> JsonObject:
        """The own key that others seal to until there is another."""
        return self.made.user_key.public_key


def identity_row(entry: NewIdentityKey) -> OwnIdentityEntry:
    return OwnIdentityEntry(
        ik=entry.ik,
        seq=entry.seq,
        signature=entry.signature,
        previous_signature=entry.previous_signature,
        inserted_at="",
        wrapped_seed=entry.wrapped_seed,
    )


def history(*entries: NewIdentityKey) -> list[IdentityKey]:
    return [IdentityKey(one.ik, one.seq, one.signature, one.previous_signature) for one in entries]


def known_of(*people: Person) -> dict[str, Known]:
    """What one believes of them who meets them for the first time."""
    return {one.user: judge_identity(None, one.user, history(one.made.identity)) for one in people}


def named(person: Person, gen: int = 1) -> Named:
    return Named(person.user, person.me.ik, gen)


class Room:
    """A sealed conversation that `people` are in, founded by the first of them."""

    def __init__(self, *people: Person) -> None:
        self.id = new_id()
        self.people = people
        self.known = known_of(*people)
        links = people[0].machine.found(self.id, [named(one) for one in people])
        self.state = advance(ChainState(self.id), links, self.known)
        self.jwks: dict[str, JsonObject] = {one.user: one.jwk for one in people}

    def place(self, **changes: Any) -> Place:
        usual = {"message": new_id(), "rev": 0, "device": NIL_ID, "index": 1, "position": 0}
        return Place(conversation=self.id, **{**usual, **changes})

    def seal(
        self, author: Person, body: Body = HELLO, place: Place | None = None, **options: Any
    ) -> tuple[Place, Sealed]:
        place = place or self.place()
        usual = {"sent_at": SENT_AT, "state": self.state, "known": self.known, "recipients": self.jwks}
        return place, author.machine.seal(place, body, **{**usual, **options})

    def open(self, reader: Person, author: Person, place: Place, sealed: Sealed, **options: Any) -> Opened:
        shown = Shown(place, sealed.sealed, sealed.encrypted_messages.get(reader.user), author.user)
        return reader.machine.open(shown, **{"author": self.known[author.user], "state": self.state, **options})

    def judge(self, person: Person, jwk: JsonObject) -> int:
        return judge_key(self.known[person.user], self.state, self.id, person.user, jwk).gen


def reading(name: str) -> Peer:
    """A peer with a machine `reader`, unlocked as this person of the vectors."""
    person = load("keys")[name]
    by_place: dict[str | None, Sequence[Any]] = {key["conversation"]: [key] for key in person["keys"]}
    rows = {"user_id": person["user"], "identity": [person["identity"]], "user_keys": by_place[None]}
    rows["slots"] = person["slots"]
    peer = Peer()
    unlocking = {"do": "unlock", "who": "reader", "own_keys": rows, "password_key": person["password_key"]}
    answer = peer.answer(unlocking)
    assert "ok" in answer, answer
    adding = {"do": "add_private_keys", "who": "reader", "conversation": CONVERSATION, "rows": by_place[CONVERSATION]}
    assert "ok" in peer.answer(adding)
    return peer
