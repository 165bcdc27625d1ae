"""Who lost every key starts anew: until a member adds them again they prove nothing, and afterwards they talk on."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.wire.ids import new_id
from tests.people import SYSTEM, People, Person, conversation
from tests.phoenix import Client, Refused
from tests.protocol.conftest import Doors, on_one_process
from tests.sealing import Document, Identity, head_after


class Talk:
    """A sealed conversation of Ada, who began it with a key for it, and Bob; Bob's socket is at the second door."""

    def __init__(self, people: People, doors: Doors, private: bool) -> None:
        self._people = people
        self._doors = doors
        self._private = private
        self.id = new_id()
        self.topic = conversation(self.id)
        self.said = 0

    async def begin(self) -> None:
        self.persons = await self._people.sign_up("Ada", "Bob", "Cleo")
        self.ada, self.bob, self.cleo = [Identity(person.id) for person in self.persons]
        for person, identity in zip(self.persons, (self.ada, self.bob, self.cleo), strict=True):
            await registered(person, identity)
        doors = (self._doors.first, self._doors.second, self._doors.first)
        self.a, self.b, self.c = [
            await person.arrive(to=door) for person, door in zip(self.persons, doors, strict=True)
        ]
        self.links = self.ada.found(self.id, [self.bob])
        begun = {"id": self.id, "public_key": self.ada.public_key(self.id), "links": self.links}
        if self._private:
            await self.a.ask(SYSTEM, "start_private_conversation", {"other_user_id": self.bob.user, **begun})
        else:
            await self.a.ask(SYSTEM, "start_group_conversation", {"user_ids": [self.bob.user], **begun})
        for client in (self.a, self.b):
            await client.join(self.topic)

    @property
    def head(self) -> str:
        return head_after(self.id, None, *self.links)

    async def start_anew(self, place: int) -> Identity:
        """Ada (0) or Bob (1) under an identity key that the one before does not vouch for."""
        before = (self.ada, self.bob)[place]
        fresh = Identity(before.user)
        await registered(self.persons[place], fresh, seq=2, previous=before)
        return fresh

    async def modify(self, client: Client, links: list[Document], **further: Any) -> Any:
        answer = await client.ask(self.topic, "modify_conversation", {"links": links, **further})
        self.links += links
        return answer

    async def say(self, client: Client, author: Identity, keys: dict[str, Document]) -> None:
        self.said += 1
        place: Document = {"id": new_id(), "device_id": new_id(), "index": self.said}
        sealed = author.seal(
            "hello",
            conversation=self.id,
            message=place["id"],
            members=self.head,
            recipients=keys,
            index=self.said,
            device=place["device_id"],
        )
        said = {"sealed": sealed.sealed, "encrypted_messages": sealed.encrypted_messages}
        await client.ask(self.topic, "send_message", {**place, "position": 0, **said})


async def registered(person: Person, identity: Identity, seq: int = 1, previous: Identity | None = None) -> None:
    entry = identity.identity_key(seq=seq, previous=previous, vouched=False)
    keys = {"public_key": identity.public_key(None, seq), "private_key": identity.private_key(None, seq)}
    answer = await person.post("/api/keys", {"identity": entry, "user_key": keys})
    assert answer.status_code == 200, answer.text


async def begun(people: People, doors: Doors, private: bool) -> Talk:
    talk = Talk(people, doors, private)
    await talk.begin()
    return talk


BOTH_KINDS = pytest.mark.parametrize("private", [True, False], ids=["private", "group"])


async def refusal(asked: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await asked
    return refused.value


@BOTH_KINDS
async def test_a_member_is_added_again_under_their_new_key(people: People, doors: Doors, private: bool) -> None:
    talk = await begun(people, doors, private)
    anew = await talk.start_anew(1)
    link = talk.ada.link(talk.id, talk.head, "add", anew, 2)
    answer = await talk.modify(talk.a, [link])
    assert sorted(answer["user_ids"]) == sorted([talk.ada.user, anew.user])
    for client, user in ((talk.a, talk.ada), (talk.b, anew)):
        told = await client.wait_for(
            f"user:{user.user}", "new_conversation", lambda told: told.get("version") == answer["version"]
        )
        assert [(row["kind"], row["data"].get("link")) for row in told["changes"]] == [("link", link)]
    keys = {talk.ada.user: talk.ada.public_key(talk.id), anew.user: anew.public_key(None, 2)}
    await talk.say(talk.a, talk.ada, keys)
    await talk.say(talk.b, anew, keys)


@BOTH_KINDS
async def test_the_key_that_was_made_under_the_lost_one_counts_no_more(
    people: People, doors: Doors, private: bool
) -> None:
    talk = await begun(people, doors, private)
    bobs = {talk.bob.user: talk.bob.public_key()}
    await talk.say(talk.b, talk.bob, {talk.ada.user: talk.ada.public_key(talk.id), **bobs})
    anew = await talk.start_anew(0)
    refused = await refusal(talk.say(talk.b, talk.bob, {talk.ada.user: talk.ada.public_key(talk.id), **bobs}))
    assert refused.reason == "stale_members"
    assert refused.response["public_keys"] == {anew.user: anew.public_key(None, 2), **bobs}
    document = await talk.b.join(talk.topic)
    assert document["public_keys"] == refused.response["public_keys"]
    talk.said -= 1
    await talk.modify(talk.b, [talk.bob.link(talk.id, talk.head, "add", anew, 2)])
    await talk.say(talk.b, talk.bob, document["public_keys"])


@BOTH_KINDS
async def test_who_started_anew_makes_the_next_key_before_they_are_added(
    people: People, doors: Doors, private: bool
) -> None:
    talk = await begun(people, doors, private)
    anew = await talk.start_anew(0)
    taken = await talk.a.ask(talk.topic, "set_encryption_keys", {"public_key": anew.public_key(talk.id, 2)})
    assert taken["gen"] == 2
    told = await talk.b.wait_for(talk.topic, "set_encryption_keys")
    assert told["changes"][0]["data"]["public_key"] == anew.public_key(talk.id, 2)
    await talk.a.ask(talk.topic, "set_encryption_keys", {"public_key": anew.public_key(talk.id, 3)})
    refused = await refusal(talk.modify(talk.b, [talk.bob.link(talk.id, talk.head, "add", anew, 2)]))
    assert refused.reason == "invalid_link"  # names another than the newest
    await talk.modify(talk.b, [talk.bob.link(talk.id, talk.head, "add", anew, 3)])
    keys = {anew.user: anew.public_key(talk.id, 3), talk.bob.user: talk.bob.public_key()}
    await talk.say(talk.a, anew, keys)
    await talk.say(talk.b, talk.bob, keys)


@on_one_process
async def test_who_started_anew_proves_nothing_until_then(people: People, doors: Doors) -> None:
    talk = await begun(people, doors, private=False)
    anew = await talk.start_anew(1)
    keys = {talk.ada.user: talk.ada.public_key(talk.id), anew.user: anew.public_key(None, 2)}
    assert (await refusal(talk.say(talk.b, anew, keys))).reason == "stale_members"
    for action, user, gen in (("add", talk.cleo, 1), ("add", anew, 2), ("leave", anew, 2)):
        event = "leave_conversation" if action == "leave" else "modify_conversation"
        new = [talk.cleo.user] if user is talk.cleo else []
        payload = {"links": [anew.link(talk.id, talk.head, action, user, gen)]}
        refused = await refusal(talk.b.ask(talk.topic, event, payload | ({"new_members": new} if new else {})))
        assert (refused.reason, action) == ("invalid_link", action)


@on_one_process
async def test_nobody_else_comes_in_that_way(people: People, doors: Doors) -> None:
    """Neither a third into a private conversation, nor a member under the key that they have already."""
    talk = await begun(people, doors, private=True)
    third = talk.ada.link(talk.id, talk.head, "add", talk.cleo)
    assert (await refusal(talk.modify(talk.a, [third]))).reason == "invalid_link"
    assert (await refusal(talk.modify(talk.a, [third], new_members=[talk.cleo.user]))).reason == "wrong_kind"
    assert (await refusal(talk.c.join(talk.topic))).reason == "not_member"
    same = talk.ada.link(talk.id, talk.head, "add", talk.bob)
    assert (await refusal(talk.modify(talk.a, [same]))).reason == "invalid_link"
    stranger = talk.ada.link(talk.id, talk.head, "add", Identity(talk.bob.user))
    assert (await refusal(talk.modify(talk.a, [stranger]))).reason == "invalid_link"
    keys = {talk.ada.user: talk.ada.public_key(talk.id), talk.bob.user: talk.bob.public_key()}
    await talk.say(talk.a, talk.ada, keys)  # the chain is where it was
