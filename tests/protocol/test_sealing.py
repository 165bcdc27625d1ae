"""Sealed groups whose joiners need several approvals, conversations that are sealed later, keys wrapped anew."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.wire.ids import new_id
from tests.people import SYSTEM, People, Person, conversation, start_group, start_private
from tests.phoenix import Client, Refused
from tests.protocol.conftest import Doors
from tests.sealing import Document, Identity, head_after


async def sealing(person: Person) -> Identity:
    """The person's keys, registered."""
    identity = Identity(person.id)
    body = {
        "identity": identity.identity_key(),
        "user_key": {"public_key": identity.public_key(), "private_key": identity.private_key()},
    }
    answer = await person.post("/api/keys", body)
    assert answer.status_code == 200, answer.text
    return identity


async def is_member(client: Client, id: str) -> bool:
    try:
        await client.join(conversation(id))
    except Refused as refused:
        return bool(refused.reason != "not_member")
    return True


async def test_a_joiner_needs_as_many_signed_approvals_as_the_group_asks_for(people: People, doors: Doors) -> None:
    persons = await people.sign_up("Ada", "Bob", "Eve")
    ada, bob, eve = [await sealing(person) for person in persons]
    a, b, e = [await person.arrive(to=door) for person, door in zip(persons, [*doors, doors.first], strict=True)]
    id = new_id()
    founding = ada.found(id, [bob], 2)
    payload = {"id": id, "user_ids": [bob.user], "public_key": ada.public_key(id), "links": founding, "approvals": 2}
    await a.ask(SYSTEM, "start_group_conversation", payload)
    await a.join(conversation(id))
    await b.join(conversation(id))
    head = head_after(id, None, *founding)

    alone = ada.links(id, head, [("add", eve)])
    with pytest.raises(Refused) as refused:
        await a.ask(conversation(id), "modify_conversation", {"new_members": [eve.user], "links": alone})
    assert refused.value.reason == "invalid_link"

    consent = ada.links(id, head, [("approve", eve)])
    answer = await a.ask(conversation(id), "modify_conversation", {"new_members": [eve.user], "links": consent})
    assert sorted(answer["user_ids"]) == sorted([ada.user, bob.user])
    assert not await is_member(e, id)

    added = bob.links(id, head_after(id, head, *consent), [("add", eve)])
    answer = await b.ask(conversation(id), "modify_conversation", {"new_members": [eve.user], "links": added})
    assert sorted(answer["user_ids"]) == sorted([ada.user, bob.user, eve.user])
    assert await is_member(e, id)


async def test_an_unsealed_group_cannot_ask_for_approvals(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    client = await ada.arrive()
    with pytest.raises(Refused) as refused:
        await start_group(client, bob, approvals=2)
    assert refused.value.reason == "invalid_payload"


async def refused_with(reason: str, client: Client, id: str, links: list[Document]) -> None:
    with pytest.raises(Refused) as refused:
        await client.ask(conversation(id), "modify_conversation", {"links": links})
    assert refused.value.reason == reason


@pytest.mark.parametrize("private", [True, False])
async def test_a_first_chain_seals_a_conversation(people: People, private: bool) -> None:
    persons = await people.sign_up("Ada", "Bob")
    ada, bob = [await sealing(person) for person in persons]
    client, other = [await person.arrive() for person in persons]
    id = await start_private(client, persons[1]) if private else await start_group(client, persons[1])
    document = await client.join(conversation(id))
    assert document["conversation"]["sealed"] is False
    links = ada.found(id, [bob])
    await refused_with("invalid_key", client, id, links)  # Ada's key is still that of a client of the seed
    await client.ask(conversation(id), "set_encryption_keys", {"public_key": ada.public_key(id)})
    await refused_with("invalid_link", client, id, links[:1])
    answer = await client.ask(conversation(id), "modify_conversation", {"links": links})
    assert answer["conversation"]["sealed"] is True
    told = await other.wait_for(f"user:{bob.user}", "new_conversation", lambda told: "version" in told)
    assert [row["kind"] for row in told["changes"]] == ["conversation", "link", "link"]
    with pytest.raises(Refused) as unsigned:
        await client.ask(conversation(id), "send_message", {"encrypted_messages": {ada.user: "unsigned"}})
    assert unsigned.value.reason == "invalid_payload"


async def test_a_private_key_that_is_wrapped_anew_replaces_the_old_wrapping(people: People) -> None:
    """A changed account key wraps the same conversation key again: nobody else has to hear of it."""
    ada, bob = await people.sign_up("Ada", "Bob")
    client = await ada.arrive()
    keys: Document = {"public_key": {"k": 1}, "private_key": {"wrapped": "first"}}
    id = await start_group(client, bob, **keys)
    before = await client.join(conversation(id))
    anew: dict[str, Any] = {**keys, "private_key": {"wrapped": "second"}}
    answer = await client.ask(conversation(id), "set_encryption_keys", anew)
    pushed = await client.wait_for(f"user:{ada.id}", "private_keys", lambda _: True)
    assert pushed["changes"][0]["data"]["private_keys"][-1]["private_key"] == {"wrapped": "second"}
    after = await client.join(conversation(id))
    assert after["private_key"] == {"wrapped": "second"}
    assert after["cursor"] == before["cursor"] >= answer["version"]
