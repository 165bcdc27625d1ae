"""The machine and a real server: what the one makes the other takes, and what comes back opens."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from hubbub.client.crypto.bodies import Body, React, ReactBody, TextBody
from hubbub.client.crypto.chain import ChainState, Named, follow
from hubbub.client.crypto.identity import Known, judge_identity
from hubbub.client.crypto.machine import Machine
from hubbub.client.crypto.passwords import derive_secret, new_kdf
from hubbub.client.crypto.places import Opened, Place, Shown
from hubbub.wire.events import MessageRow
from hubbub.wire.ids import new_id
from hubbub.wire.links import Link
from hubbub.wire.resources import OwnKeys, PublicKeys
from tests.client.crypto.people import SENT_AT
from tests.people import SYSTEM, People, Person, conversation
from tests.phoenix import Client
from tests.server import ServerProcess

PASSWORD = "correct horse battery staple"  # typed, and never sent


@pytest.fixture(name="people")
async def _people(server: ServerProcess) -> AsyncIterator[People]:
    async with People(server) as people:
        yield people


class User:
    """Somebody with a machine, an account and a socket."""

    def __init__(self, machine: Machine, person: Person, client: Client, words: list[str]) -> None:
        self.machine = machine
        self.person = person
        self.client = client
        self.words = words
        self.device = new_id()

    @property
    def id(self) -> str:
        return self.person.id


async def sign_up(people: People, name: str) -> User:
    machine, kdf, id = Machine(), new_kdf(), new_id()
    secret, password_key = derive_secret(PASSWORD, kdf)
    made = machine.create_account(id, password_key)
    body = {
        "email": f"{name}.{secrets.token_hex(6)}@example.com",
        "password": secret,
        "id": id,
        "kdf": msgspec.to_builtins(kdf),
        "slots": msgspec.to_builtins(made.slots),
        "identity": msgspec.to_builtins(made.identity),
        "user_key": msgspec.to_builtins(made.user_key),
    }
    answer = await people.http.post("/auth/register", json=body)
    assert answer.status_code == 200, answer.text
    person = Person(people, answer.json(), secret)
    return User(machine, person, await person.arrive(), made.words)


async def own_keys(person: Person) -> OwnKeys:
    return msgspec.json.decode((await person.get("/api/keys")).content, type=OwnKeys)


class Talk:
    """A sealed group as its members see it: keys and links come from the server, and are judged."""

    def __init__(self, *users: User) -> None:
        self.id = new_id()
        self.users = users
        self.known: dict[str, Known] = {}
        self.jwks: dict[str, Any] = {}
        self.state = ChainState(self.id)
        self.links: list[Link] = []

    @property
    def topic(self) -> str:
        return conversation(self.id)

    async def meet(self, by: User, *users: User) -> None:
        for user in users:
            answer = await by.person.get(f"/api/keys/{user.id}")
            shown = msgspec.json.decode(answer.content, type=PublicKeys)
            self.known[user.id] = judge_identity(self.known.get(user.id), user.id, shown.identity)
            assert shown.user_key
            self.jwks.setdefault(user.id, shown.user_key.public_key)

    def named(self, user: User) -> Named:
        return Named(user.id, self.known[user.id].ik, self.jwks[user.id]["gen"])

    async def begin(self) -> None:
        founder, *others = self.users
        await self.meet(founder, *self.users)
        pair = founder.machine.new_conversation_key(self.id, 1)
        self.jwks[founder.id] = pair.public_key
        links = founder.machine.found(self.id, [self.named(user) for user in self.users])
        payload = {"id": self.id, "user_ids": [other.id for other in others], **pair._asdict()}
        payload["links"] = msgspec.to_builtins(links)
        await founder.client.ask(SYSTEM, "start_group_conversation", payload)
        for user in self.users:
            await user.client.join(self.topic)
        self.follow(links)

    def follow(self, links: list[Link]) -> None:
        self.links += links
        self.state = follow(self.state, self.links, self.known)

    def seal(self, author: User, body: Body, place: Place) -> dict[str, str]:
        made = author.machine.seal(
            place, body, sent_at=SENT_AT, state=self.state, known=self.known, recipients=self.jwks
        )
        return dict(msgspec.to_builtins(made))

    def place(self, author: User, index: int) -> Place:
        return Place(conversation=self.id, message=new_id(), rev=0, device=author.device, index=index, position=0)

    async def say(self, author: User, body: Body, index: int) -> Place:
        place = self.place(author, index)
        where = {"id": place.message, "device_id": place.device, "index": index, "position": 0}
        await author.client.ask(self.topic, "send_message", {**where, **self.seal(author, body, place)})
        return place

    async def read(self, reader: User) -> list[Opened]:
        """Every message, as the server shows it, oldest first; each has to open."""
        answer = await reader.person.get("/api/messages", conversation_id=self.id)
        rows = msgspec.convert(answer.json()["items"], list[MessageRow])
        shown = [Shown(self._place_of(row), row.sealed, row.content, row.sender) for row in reversed(rows)]
        opened = reader.machine.open_many(shown, authors=self.known, state=self.state)
        assert all(isinstance(one, Opened) for one in opened), opened
        return [one for one in opened if isinstance(one, Opened)]

    def _place_of(self, row: MessageRow) -> Place:
        return Place(
            conversation=self.id,
            message=row.message_group,
            rev=row.rev,
            device=row.device_id,
            index=row.index,
            position=row.position,
        )


async def test_the_password_opens_the_account_on_another_device(people: People) -> None:
    ada = await sign_up(people, "ada")
    asked = await people.http.post("/auth/prelogin", json={"email": ada.person.email})
    secret, password_key = derive_secret(PASSWORD, asked.json()["kdf"])
    assert secret == ada.person.password
    await ada.person.sign_in()
    assert Machine().unlock(await own_keys(ada.person), password_key) == ada.machine.me


async def test_a_new_password_and_then_the_words_open_the_account(people: People) -> None:
    ada = await sign_up(people, "ada")
    kdf = new_kdf()
    secret, password_key = derive_secret("another typed password", kdf)
    change = {"password": ada.person.password, "new_password": secret, "new_password_confirmation": secret}
    slot = ada.machine.new_password_slot(password_key)
    body = {**change, "kdf": msgspec.to_builtins(kdf), "slot": msgspec.to_builtins(slot)}
    assert (await ada.person.patch("/api/password", body)).status_code == 204
    ada.person.password = secret
    await ada.person.sign_in()
    rows = await own_keys(ada.person)
    assert Machine().unlock(rows, password_key) == ada.machine.me
    assert Machine().unlock_with_words(rows, ada.words) == ada.machine.me


async def test_two_talk_and_a_third_reads_what_is_shared(people: People) -> None:
    ada, bob, cleo = [await sign_up(people, name) for name in ("ada", "bob", "cleo")]
    talk = Talk(ada, bob)
    await talk.begin()
    hello = TextBody("hello Bob")
    first = await talk.say(ada, hello, 1)
    pair = bob.machine.new_conversation_key(talk.id, 2)
    await bob.client.ask(talk.topic, "set_encryption_keys", pair._asdict())
    talk.jwks[bob.id] = pair.public_key
    like = ReactBody(React(first.message, "👍", on=True))
    await talk.say(bob, like, 2)
    for reader in (ada, bob):
        assert [one.body for one in await talk.read(reader)] == [hello, like]

    edited = TextBody("hello Bob!")
    again = msgspec.structs.replace(first, rev=1)
    edit = {"message_group_id": first.message, **talk.seal(ada, edited, again)}
    await ada.client.ask(talk.topic, "edit_message", edit)

    await talk.meet(bob, cleo)
    link = bob.machine.link(talk.state, "add", talk.named(cleo))
    await bob.client.ask(
        talk.topic, "modify_conversation", {"new_members": [cleo.id], "links": [msgspec.to_builtins(link)]}
    )
    talk.follow([link])
    await cleo.client.join(talk.topic)
    await talk.say(cleo, TextBody("hello both"), 3)
    await _share_all(talk, bob, cleo)
    for reader in (ada, bob, cleo):
        assert [one.body for one in await talk.read(reader)] == [edited, like, TextBody("hello both")]


async def _share_all(talk: Talk, sharer: User, reader: User) -> None:
    """The copies that `reader` lacks of all messages, by `sharer`."""
    rows = (await sharer.person.get("/api/messages", conversation_id=talk.id)).json()["items"]
    to = {reader.id: talk.jwks[reader.id]}
    copies = {
        row["message_group"]: sharer.machine.share(
            row["sealed"], row["content"], state=talk.state, known=talk.known, to=to
        )
        for row in rows
        if row["sender"] != reader.id
    }
    assert (await sharer.client.ask(talk.topic, "share_copies", {"copies": copies}))["shared"] == len(copies) == 2
