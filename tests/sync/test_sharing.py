"""Copies that members add for who cannot read: seen live, pulled, paged and joined alike, and nothing of others'."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from hubbub.wire.ids import new_id
from tests.people import SYSTEM, People, Person, Server, conversation, start_group
from tests.phoenix import Client, Refused
from tests.sealing import Document, Identity, head_after

Row = dict[str, Any]
BOTH_KINDS = pytest.mark.parametrize(
    "system", ["server", pytest.param("cluster", marks=(pytest.mark.postgres, pytest.mark.redis))]
)


class Circle:
    """A sealed group of Ada and Bob; Cleo comes later. Cleo's sockets are at `elsewhere`."""

    def __init__(self, people: People, elsewhere: Server) -> None:
        self._people = people
        self._elsewhere = elsewhere
        self.id = new_id()
        self.topic = conversation(self.id)
        self.identities: dict[str, Identity] = {}
        self.sockets: dict[str, Client] = {}
        self.sealed: dict[str, Any] = {}
        self.said: list[str] = []

    async def gather(self) -> None:
        self.ada, self.bob, self.cleo = self.persons = await self._people.sign_up("Ada", "Bob", "Cleo")
        for person in self.persons:
            await self.renew(person, Identity(person.id))
            to = self._elsewhere if person is self.cleo else None
            self.sockets[person.id] = await person.arrive(to=to)
        self.links = self.identities[self.ada.id].found(self.id, [self.identities[self.bob.id]])
        key = self.identities[self.ada.id].public_key(self.id)
        begin = {"user_ids": [self.bob.id], "id": self.id, "public_key": key, "private_key": {}, "links": self.links}
        await self.socket(self.ada).ask(SYSTEM, "start_group_conversation", begin)
        for person in (self.ada, self.bob):
            await self.socket(person).join(self.topic)

    async def renew(self, person: Person, identity: Identity, seq: int = 1) -> None:
        """Register an identity key and a user key of the same number."""
        keys = {"public_key": identity.public_key(None, seq), "private_key": identity.private_key(None, seq)}
        before = self.identities.get(person.id)
        entry = identity.identity_key(seq=seq, previous=before, vouched=False)
        answer = await person.post("/api/keys", {"identity": entry, "user_key": keys})
        assert answer.status_code == 200, answer.text
        self.identities[person.id] = identity

    def socket(self, person: Person) -> Client:
        return self.sockets[person.id]

    def key(self, person: Person, gen: int = 1) -> Document:
        """Ada has a key for the group; the others are sealed to under their own."""
        where = self.id if person is self.ada else None
        return self.identities[person.id].public_key(where, gen)

    async def add(self, person: Person) -> None:
        link = self.identities[self.ada.id].link(self.id, self.head, "add", self.identities[person.id])
        await self.socket(self.ada).ask(
            self.topic, "modify_conversation", {"new_members": [person.id], "links": [link]}
        )
        self.links.append(link)

    @property
    def head(self) -> str:
        return head_after(self.id, None, *self.links)

    async def say(self, text: str, *, to: tuple[Person, ...] | None = None) -> str:
        """By Ada; the message's id."""
        message = new_id()
        place = {"id": message, "device_id": new_id(), "index": len(self.said) + 1, "position": 0}
        self.said.append(message)
        await self._write(text, place, 0, "send_message", place, to or (self.ada, self.bob))
        return message

    async def edit(self, message: str, text: str, to: tuple[Person, ...]) -> None:
        header = self.sealed[message].header
        place = {"id": message, "device_id": header["device"], "index": header["index"], "position": 0}
        await self._write(text, place, header["rev"] + 1, "edit_message", {"message_group_id": message}, to)

    async def _write(
        self, text: str, place: Document, rev: int, event: str, named: Document, to: tuple[Person, ...]
    ) -> None:
        sealed = self.identities[self.ada.id].seal(
            text,
            conversation=self.id,
            message=place["id"],
            members=self.head,
            recipients={person.id: self.key(person) for person in to},
            index=place["index"],
            device=place["device_id"],
            rev=rev,
        )
        self.sealed[place["id"]] = sealed
        body = {"sealed": sealed.sealed, "encrypted_messages": sealed.encrypted_messages}
        await self.socket(self.ada).ask(self.topic, event, {**named, **body})

    def copies(self, *messages: str, to: Mapping[str, Document]) -> dict[str, dict[str, str]]:
        """What Bob makes of his own copies."""
        bob = self.identities[self.bob.id]
        return {
            message: bob.share(
                self.sealed[message].sealed,
                self.sealed[message].encrypted_messages[self.bob.id],
                to=to,
                own_key=True,
            )
            for message in messages
        }

    async def share(self, copies: dict[str, dict[str, str]], **more: Any) -> Any:
        return await self.socket(self.bob).ask(self.topic, "share_copies", {"copies": copies, **more})

    async def refused(self, copies: Any, person: Person | None = None) -> Refused:
        with pytest.raises(Refused) as refused:
            await self.socket(person or self.bob).ask(self.topic, "share_copies", {"copies": copies})
        return refused.value

    async def pull(self, person: Person, cursor: int = 0) -> Any:
        answer = await person.get("/api/sync", conversation_id=self.id, cursor=cursor)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def messages(self, person: Person, cursor: int = 0) -> list[Row]:
        return [row for row in (await self.pull(person, cursor))["changes"] if row["kind"] == "message"]

    async def page(self, person: Person) -> list[Row]:
        answer = await person.get("/api/messages", conversation_id=self.id)
        items: list[Row] = answer.json()["items"]
        return items

    def texts(self, person: Person, rows: list[Row], gen: int = 1) -> list[str]:
        """What a person reads in these messages, with their own key."""
        me, ada = self.identities[person.id], self.identities[self.ada.id]
        read = [me.open(row["sealed"], row["content"], author=ada, gen=gen, own_key=True) for row in rows]
        return [body["text"] for body in read]


@pytest.fixture
async def circle(server: Server) -> AsyncIterator[Circle]:
    async with People(server) as people:
        circle = Circle(people, server)
        await circle.gather()
        yield circle


# --- who came later ---------------------------------------------------------------------------------------------------


@BOTH_KINDS
async def test_who_came_later_reads_what_is_shared(system: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(system)
    here, there = (found, found) if system == "server" else (found.first, found.second)
    async with People(here) as people:
        circle = Circle(people, there)
        await circle.gather()
        await _share_with_cleo(circle)


async def _share_with_cleo(circle: Circle) -> None:
    """Live, by a pull, on a page and in the document of a join, it is the same; and the others hear a version."""
    cleo, to_cleo = circle.cleo, {circle.cleo.id: circle.key(circle.cleo)}
    one, two, three = [await circle.say(text) for text in ("one", "two", "three")]
    await circle.add(cleo)
    hers = circle.socket(cleo)
    await hers.wait_for(cleo.topic, "new_conversation")
    document = await hers.join(circle.topic)
    assert (document["messages"]["items"], await circle.page(cleo), await circle.messages(cleo)) == ([], [], [])
    head = document["cursor"]

    copies = circle.copies(one, three, to=to_cleo)
    shared = await circle.share(copies, op_id="shared")
    assert shared == {"version": head + 1, "shared": 2}
    push = await hers.wait_for(cleo.topic, "copies_shared")
    assert (push["conversation_id"], push["version"]) == (circle.id, head + 1)
    assert {(row["id"], row["version"], row["deleted"]) for row in push["changes"]} == {
        (one, head + 1, False),
        (three, head + 1, False),
    }
    pulled = await circle.pull(cleo, head)
    assert by_id(pulled["changes"]) == by_id(push["changes"])
    assert (pulled["cursor"], pulled["more"]) == (head + 1, False)
    assert by_id(await circle.messages(cleo)) == by_id(push["changes"])
    page = await circle.page(cleo)
    assert [row["message_group"] for row in page] == [three, one]
    assert circle.texts(cleo, page) == ["three", "one"]
    assert (await hers.join(circle.topic))["messages"]["items"] == page
    resumed = await hers.join(circle.topic, {"cursor": head})
    assert by_id(resumed["changes"]) == by_id(push["changes"])

    bare = {"conversation_id": circle.id, "version": head + 1}
    for person in (circle.ada, circle.bob):
        assert await circle.socket(person).wait_for(person.topic, "version") == bare
        assert not circle.socket(person).heard(person.topic, "copies_shared")
        assert (await circle.pull(person, head))["changes"] == []
        assert (await circle.pull(person, head))["cursor"] == head + 1

    assert await circle.share(copies, op_id="shared") == shared
    assert await hers.wait_for(cleo.topic, "copies_shared") == push
    other = circle.copies(one, two, three, to=to_cleo)
    with pytest.raises(Refused) as refused:
        await circle.share(other, op_id="shared")
    assert refused.value.reason == "id_taken"
    assert await circle.share(copies) == {"version": head + 1, "shared": 0}, "whoever can read needs no other copy"
    assert await circle.share(other) == {"version": head + 2, "shared": 1}
    assert circle.texts(cleo, await circle.page(cleo)) == ["three", "two", "one"]
    assert (await circle.pull(cleo))["cursor"] == head + 2


def by_id(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["id"]))


async def test_what_is_edited_or_deleted_after_the_sharing_is_so_for_the_reader_too(circle: Circle) -> None:
    everyone = tuple(circle.persons)
    one, two = [await circle.say(text) for text in ("one", "two")]
    await circle.add(circle.cleo)
    await circle.share(circle.copies(one, two, to={circle.cleo.id: circle.key(circle.cleo)}))
    (before,) = [row for row in await circle.page(circle.cleo) if row["message_group"] == one]
    await circle.edit(one, "one more", everyone)
    await circle.socket(circle.ada).ask(circle.topic, "delete_message", {"message_group_id": two})
    rows = await circle.messages(circle.cleo)
    assert [(row["id"], row["deleted"]) for row in rows] == [(one, False), (two, True)]
    assert circle.texts(circle.cleo, [rows[0]["data"]]) == ["one more"]
    assert rows[0]["data"]["id"] == before["id"], "the copy stays the same row"


async def test_who_leaves_keeps_what_was_shared(circle: Circle) -> None:
    one = await circle.say("one")
    await circle.add(circle.cleo)
    await circle.share(circle.copies(one, to={circle.cleo.id: circle.key(circle.cleo)}))
    hers, cleo = circle.socket(circle.cleo), circle.cleo
    await hers.join(circle.topic)
    shown = await circle.messages(cleo)
    leaving = circle.identities[cleo.id].link(circle.id, circle.head, "leave", circle.identities[cleo.id])
    await hers.ask(circle.topic, "leave_conversation", {"links": [leaving]})
    assert await circle.messages(cleo) == shown
    assert circle.texts(cleo, await circle.page(cleo)) == ["one"]
    refused = await circle.refused(circle.copies(one, to={cleo.id: circle.key(cleo)}))
    assert (refused.reason, refused.response["user_ids"]) == ("stale_members", [circle.ada.id, circle.bob.id])


async def test_a_repeated_message_does_not_move_what_was_shared(circle: Circle) -> None:
    """Cleo sees nothing at the version at which it was said: her copy came later."""
    heard: list[Any] = circle.socket(circle.cleo).heard(circle.cleo.topic, "new_message")
    one = await circle.say("one")
    await circle.add(circle.cleo)
    shared = await circle.share(circle.copies(one, to={circle.cleo.id: circle.key(circle.cleo)}))
    sealed = circle.sealed[one]
    place = {"id": one, "device_id": sealed.header["device"], "index": 1, "position": 0}
    body = {"sealed": sealed.sealed, "encrypted_messages": sealed.encrypted_messages}
    again = await circle.socket(circle.ada).ask(circle.topic, "send_message", {**place, **body})
    bare = await circle.socket(circle.cleo).wait_for(circle.cleo.topic, "version")
    assert bare == {"conversation_id": circle.id, "version": again["version"]}
    assert again["version"] < shared["version"]
    assert circle.socket(circle.cleo).heard(circle.cleo.topic, "new_message") == heard == []


# --- who has lost their keys ------------------------------------------------------------------------------------------


async def test_a_copy_for_a_key_that_is_lost_is_replaced(circle: Circle) -> None:
    one = await circle.say("one")
    await circle.add(circle.cleo)
    await circle.share(circle.copies(one, to={circle.cleo.id: circle.key(circle.cleo)}))
    (lost,) = await circle.page(circle.cleo)
    await circle.renew(circle.cleo, Identity(circle.cleo.id), seq=2)
    outdated = await circle.refused(circle.copies(one, to={circle.cleo.id: lost_key(lost)}))
    new_key = circle.key(circle.cleo, gen=2)
    assert (outdated.reason, outdated.response["public_keys"][circle.cleo.id]) == ("stale_members", new_key)
    assert (await circle.share(circle.copies(one, to={circle.cleo.id: new_key})))["shared"] == 1
    (found,) = await circle.page(circle.cleo)
    assert circle.texts(circle.cleo, [found], gen=2) == ["one"]
    assert found["id"] == lost["id"]


def lost_key(row: Row) -> Document:
    """Somebody's key under the id of the one that this copy is for."""
    return Identity().public_key() | {"kid": row["content"].partition(".")[0]}


async def test_a_copy_for_an_earlier_key_of_the_same_identity_stays(circle: Circle) -> None:
    """Its owner has that key still."""
    one = await circle.say("one")
    bob = circle.identities[circle.bob.id]
    renewed = {"public_key": bob.public_key(circle.id, 2), "private_key": bob.private_key(circle.id, 2)}
    version = (await circle.socket(circle.bob).ask(circle.topic, "set_encryption_keys", renewed))["version"]
    copies = circle.copies(one, to={circle.bob.id: renewed["public_key"]})
    assert await circle.share(copies) == {"version": version, "shared": 0}


# --- what is refused or left out --------------------------------------------------------------------------------------


async def test_only_who_can_read_a_message_shares_it(circle: Circle) -> None:
    one = await circle.say("one")
    await circle.add(circle.cleo)
    copies = circle.copies(one, to={circle.cleo.id: circle.key(circle.cleo)})
    await circle.socket(circle.cleo).join(circle.topic)
    assert (await circle.refused(copies, circle.cleo)).reason == "not_found"
    assert (await circle.refused({new_id(): copies[one]})).reason == "not_found"
    assert await circle.page(circle.cleo) == []


async def test_copies_are_for_members_alone(circle: Circle) -> None:
    one = await circle.say("one")
    refused = await circle.refused(circle.copies(one, to={circle.cleo.id: circle.key(circle.cleo)}))
    assert (refused.reason, refused.response["user_ids"]) == ("stale_members", [circle.ada.id, circle.bob.id])
    assert refused.response["public_keys"][circle.ada.id] == circle.key(circle.ada)
    assert refused.response["links"] == circle.links


async def test_what_changed_since_the_sharer_looked_is_left_out(circle: Circle) -> None:
    """Their copy opens the revision before, and would stand in the way of one that opens this."""
    one, two, three = [await circle.say(text) for text in ("one", "two", "three")]
    cursor = (await circle.pull(circle.bob))["cursor"]
    outdated = circle.sealed[one]
    await circle.edit(one, "one more", (circle.ada, circle.bob))
    await circle.add(circle.cleo)
    edited, circle.sealed[one] = circle.sealed[one], outdated
    to_cleo = {circle.cleo.id: circle.key(circle.cleo)}
    assert (await circle.share(circle.copies(one, two, to=to_cleo), cursor=cursor))["shared"] == 1
    circle.sealed[one] = edited
    head = (await circle.pull(circle.bob))["cursor"]
    assert (await circle.share(circle.copies(one, two, to=to_cleo), cursor=head))["shared"] == 1
    await circle.socket(circle.ada).ask(circle.topic, "delete_message", {"message_group_id": three})
    gone = (await circle.pull(circle.bob))["cursor"]
    assert await circle.share(circle.copies(three, to=to_cleo)) == {"version": gone, "shared": 0}
    assert circle.texts(circle.cleo, await circle.page(circle.cleo)) == ["two", "one more"]


async def test_what_is_no_copy_is_refused(circle: Circle) -> None:
    one, ada = await circle.say("one"), circle.ada
    for copies, reason in (
        ({one: {ada.id: "a copy"}}, "invalid_envelope"),
        ({one: {ada.id: 1}}, "invalid_payload"),
        ({one: {"ada": "a.b"}}, "invalid_payload"),
        ({"one": {ada.id: "a.b"}}, "invalid_payload"),
        ([one], "invalid_payload"),
        ({new_id(): {} for _ in range(201)}, "too_large"),
    ):
        assert (await circle.refused(copies)).reason == reason, copies


async def test_one_request_shares_no_more_than_a_reader_may_be_sent(circle: Circle) -> None:
    long = [await circle.say("x" * 31_000) for _ in range(13)]
    await circle.add(circle.cleo)
    to_cleo = {circle.cleo.id: circle.key(circle.cleo)}
    assert (await circle.refused(circle.copies(*long, to=to_cleo))).reason == "too_large"
    assert await circle.page(circle.cleo) == []
    assert (await circle.share(circle.copies(*long[:11], to=to_cleo)))["shared"] == 11
    push = await circle.socket(circle.cleo).wait_for(circle.cleo.topic, "copies_shared")
    assert len(push["changes"]) == 11


async def test_a_group_that_is_not_sealed_has_nothing_to_share(circle: Circle) -> None:
    socket = circle.socket(circle.ada)
    topic = conversation(await start_group(socket, circle.bob))
    await socket.join(topic)
    said = await socket.ask(topic, "send_message", {"encrypted_messages": {circle.ada.id: "mine"}})
    copies = {said["message"]["message_group"]: {circle.bob.id: f"{'A' * 43}.{'A' * 107}"}}
    with pytest.raises(Refused) as refused:
        await socket.ask(topic, "share_copies", {"copies": copies})
    assert refused.value.reason == "wrong_kind"
