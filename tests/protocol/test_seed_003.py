"""Every payload of seed 003's socket, as the seed shows it: sent with its keys, and answered and pushed with its keys.

The clients here know what the seed says and nothing more: no envelopes, no ids of their own, no cursors.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.people import SYSTEM, People, Person, conversation, copies
from tests.phoenix import V1, V2, Client, Refused
from tests.protocol.conftest import Doors, on_one_process
from tests.protocol.shapes import ID, TIME, Nullable, assert_like

CONVERSATION = {
    "id": ID,
    "private": False,
    "alias": Nullable("Besties 4eva"),
    "inserted_at": TIME,
    "updated_at": TIME,
}
NEW_CONVERSATION = {"conversation": CONVERSATION, "user_ids": [ID]}
MESSAGE = {
    "id": ID,
    "sender": ID,
    "content": "Hello",
    "inserted_at": TIME,
    "updated_at": TIME,
    "message_group": ID,
}
NEW_MESSAGE = {"conversation_id": ID, "message": MESSAGE}
DOCUMENT = {
    "conversation": CONVERSATION,
    "read_times": {ID: TIME},
    "messages": {"items": [MESSAGE], "page_token": Nullable("JOebHW8SWnSchOmVwhDJKafyWhCuYRV1CidfR3PwsgQ")},
    "public_keys": {ID: {}},
    "private_key": Nullable({}),
}
PUBLIC_KEY = {"kty": "OKP", "crv": "X25519", "x": "-DFa0n4nT3vUw3dEx4mTBbfyeLPcH7HkZbIh5yXT0ww"}
PRIVATE_KEY = {"wrapped": "U2VjcmV0", "iv": "MTIz"}


class Two:
    """Ada at the first door and Bob at the second, both in `system:general` and their own topics."""

    def __init__(self, ada: Person, bob: Person, at_first: Client, at_second: Client) -> None:
        self.ada, self.bob = ada, bob
        self.a, self.b = at_first, at_second

    async def group(self, *more: Person, alias: str | None = "Besties 4eva") -> str:
        """A group of the two, begun by Ada, that both have joined; its topic."""
        payload: dict[str, Any] = {
            "user_ids": [self.bob.id, *(person.id for person in more)],
            "public_key": PUBLIC_KEY,
            "private_key": PRIVATE_KEY,
        }
        if alias is not None:
            payload["alias"] = alias
        await self.a.ask(SYSTEM, "start_group_conversation", payload)
        pushed = await self.b.wait_for(self.bob.topic, "new_conversation")
        topic = conversation(pushed["conversation"]["id"])
        await self.a.join(topic)
        await self.b.join(topic)
        return topic

    async def say(self, topic: str, text: str) -> str:
        """Ada says it; the message group, once Bob has heard it."""
        await self.a.ask(topic, "send_message", {"encrypted_messages": copies(text, self.ada, self.bob)})
        pushed = await self.b.wait_for(self.bob.topic, "new_message")
        return str(pushed["message"]["message_group"])


@pytest.fixture
async def two(people: People, doors: Doors) -> Two:
    ada, bob = await people.sign_up("Ada", "Bob")
    return Two(ada, bob, await ada.arrive(), await bob.arrive(to=doors.second))


# --- tokens -------------------------------------------------------------------------------------------------------


@on_one_process
@pytest.mark.parametrize("vsn", [V2, V1])
async def test_the_token_in_the_payload_of_a_join_signs_a_guest_in(people: People, vsn: str) -> None:
    [ada] = await people.sign_up("Ada")
    guest = await people.open(vsn=vsn)
    with pytest.raises(Refused) as refused:
        await guest.join(SYSTEM, {})
    assert refused.value.reason == "unauthorized"
    await guest.join(SYSTEM, {"token": ada.token})
    await guest.join(ada.topic, {"token": ada.token})


@on_one_process
async def test_the_token_in_the_payload_of_an_event_is_taken_and_another_users_is_not(two: Two) -> None:
    hidden = {"hidden": False}
    await two.a.ask(SYSTEM, "set_hidden", {**hidden, "token": two.ada.token})
    status, response = await two.a.push(SYSTEM, "set_hidden", {**hidden, "token": two.bob.token})
    assert (status, response["reason"]) == ("error", "token_of_another")
    status, response = await two.a.push(SYSTEM, "set_hidden", {**hidden, "token": "SFMyNTY.no.token"})
    assert (status, response["reason"]) == ("error", "invalid_token")


# --- system channel -----------------------------------------------------------------------------------------------


async def test_set_hidden(two: Two) -> None:
    await two.group()
    again = await two.b.join(SYSTEM)
    assert again == {}
    state = await two.b.wait_for(SYSTEM, "presence_state", lambda state: two.ada.id in state)
    assert_like(state[two.ada.id]["metas"], [{"phx_ref": "a", "online_at": TIME, "status": "online"}])

    answer = await two.a.ask(SYSTEM, "set_hidden", {"hidden": True})
    assert answer == {"status": "message_sent"}
    await two.b.wait_for(SYSTEM, "presence_diff", lambda diff: two.ada.id in diff["leaves"])

    assert await two.a.ask(SYSTEM, "set_hidden", {"hidden": False}) == {"status": "message_sent"}
    await two.b.wait_for(SYSTEM, "presence_diff", lambda diff: two.ada.id in diff["joins"])


async def test_set_display_name(two: Two) -> None:
    await two.group()
    await two.a.ask(SYSTEM, "set_display_name", {"display_name": "New Display Name"})
    for client in (two.a, two.b):
        pushed = await client.wait_for(SYSTEM, "update_display_name")
        assert_like(pushed, {"user_id": ID, "display_name": "New Display Name"})
        assert (pushed["user_id"], pushed["display_name"]) == (two.ada.id, "New Display Name")


@pytest.mark.parametrize("alias", ["Besties 4eva", None])
async def test_start_group_conversation(two: Two, alias: str | None) -> None:
    payload: dict[str, Any] = {"user_ids": [two.bob.id], "public_key": {}, "private_key": {}}
    if alias is not None:
        payload["alias"] = alias
    answer = await two.a.ask(SYSTEM, "start_group_conversation", payload)
    for client, person in ((two.a, two.ada), (two.b, two.bob)):
        pushed = await client.wait_for(person.topic, "new_conversation")
        assert_like(pushed, NEW_CONVERSATION)
        assert pushed["conversation"]["id"] == answer["conversation_id"]
        assert (pushed["conversation"]["private"], pushed["conversation"]["alias"]) == (False, alias)
        assert set(pushed["user_ids"]) == {two.ada.id, two.bob.id}


async def test_start_private_conversation(two: Two) -> None:
    payload = {"other_user_id": two.bob.id, "public_key": {}, "private_key": {}}
    answer = await two.a.ask(SYSTEM, "start_private_conversation", payload)
    for client, person in ((two.a, two.ada), (two.b, two.bob)):
        pushed = await client.wait_for(person.topic, "new_conversation")
        assert_like(pushed, NEW_CONVERSATION)
        assert pushed["conversation"]["id"] == answer["conversation_id"]
        assert (pushed["conversation"]["private"], pushed["conversation"]["alias"]) == (True, None)
        assert set(pushed["user_ids"]) == {two.ada.id, two.bob.id}


@on_one_process
async def test_a_private_conversation_that_exists_is_answered_with(two: Two) -> None:
    first = await two.a.ask(
        SYSTEM, "start_private_conversation", {"other_user_id": two.bob.id, "public_key": {}, "private_key": {}}
    )
    second = await two.b.ask(
        SYSTEM, "start_private_conversation", {"other_user_id": two.ada.id, "public_key": {}, "private_key": {}}
    )
    assert second == first


# --- joining a conversation ---------------------------------------------------------------------------------------


@on_one_process
async def test_joining_an_empty_conversation(two: Two) -> None:
    topic = await two.group(alias=None)
    document = await two.a.join(topic)
    assert_like(document, DOCUMENT)
    assert document["conversation"]["alias"] is None
    assert document["messages"] == {"items": [], "page_token": None}
    assert document["public_keys"] == {two.ada.id: PUBLIC_KEY}
    assert document["private_key"] == PRIVATE_KEY
    assert (await two.b.join(topic))["private_key"] is None


@on_one_process
async def test_joining_a_conversation_with_history(two: Two) -> None:
    topic = await two.group()
    group = await two.say(topic, "Hello")
    await two.b.ask(topic, "read_conversation")
    document = await two.b.join(topic)
    assert_like(document, DOCUMENT)
    [message] = document["messages"]["items"]
    assert message["message_group"] == group
    assert message["sender"] == two.ada.id
    assert message["content"] == copies("Hello", two.bob)[two.bob.id]
    assert document["read_times"].keys() == {two.bob.id}
    assert document["conversation"]["alias"] == "Besties 4eva"


@on_one_process
async def test_the_page_token_of_a_join_leads_on_over_http(two: Two) -> None:
    topic = await two.group()
    sent = [await two.say(topic, f"Hello {number}") for number in range(60)]
    pages = [(await two.b.join(topic))["messages"]]
    while (token := pages[-1]["page_token"]) is not None:
        query = {"conversation_id": topic.removeprefix("conversation:"), "page_token": token, "page_size": 7}
        pages.append((await two.bob.get("/api/messages", **query)).json())
        assert_like(pages[-1], DOCUMENT["messages"])
    assert len(pages) > 2
    assert [item["message_group"] for page in pages for item in page["items"]] == sent[::-1]


# --- messages -----------------------------------------------------------------------------------------------------


async def test_send_message(two: Two) -> None:
    topic = await two.group()
    await two.a.ask(topic, "send_message", {"encrypted_messages": copies("hello", two.ada, two.bob)})
    pushed = [
        await two.a.wait_for(two.ada.topic, "new_message"),
        await two.b.wait_for(two.bob.topic, "new_message"),
    ]
    for push, person in zip(pushed, (two.ada, two.bob), strict=True):
        assert_like(push, NEW_MESSAGE)
        assert conversation(push["conversation_id"]) == topic
        assert push["message"]["content"] == f"hello for {person.id}"
        assert push["message"]["sender"] == two.ada.id
    mine, theirs = (push["message"] for push in pushed)
    assert mine["message_group"] == theirs["message_group"]
    assert mine["id"] != theirs["id"]
    assert not two.a.heard(topic, "new_message")


async def test_edit_message(two: Two) -> None:
    topic = await two.group()
    group = await two.say(topic, "hello")
    await two.a.ask(
        topic,
        "edit_message",
        {"message_group_id": group, "encrypted_messages": copies("hello again", two.ada, two.bob)},
    )
    for client, person in ((two.a, two.ada), (two.b, two.bob)):
        pushed = await client.wait_for(person.topic, "edit_message")
        assert_like(pushed, NEW_MESSAGE)
        assert pushed["message"]["message_group"] == group
        assert pushed["message"]["content"] == f"hello again for {person.id}"
        assert pushed["message"]["updated_at"] >= pushed["message"]["inserted_at"]


@on_one_process
async def test_only_the_sender_edits_and_deletes(two: Two) -> None:
    topic = await two.group()
    group = await two.say(topic, "hello")
    edit = {"message_group_id": group, "encrypted_messages": copies("mine now", two.ada, two.bob)}
    for event, payload in (("edit_message", edit), ("delete_message", {"message_group_id": group})):
        status, response = await two.b.push(topic, event, payload)
        assert (status, response["reason"]) == ("error", "not_owner")
    [message] = (await two.b.join(topic))["messages"]["items"]
    assert message["content"] == f"hello for {two.bob.id}"


async def test_delete_message(two: Two) -> None:
    topic = await two.group()
    group = await two.say(topic, "hello")
    await two.a.ask(topic, "delete_message", {"message_group_id": group})
    for client in (two.a, two.b):
        pushed = await client.wait_for(topic, "delete_message")
        assert_like(pushed, {"message_group_id": ID})
        assert pushed["message_group_id"] == group
    assert (await two.b.join(topic))["messages"]["items"] == []


# --- typing and reading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["start_typing", "finish_typing", "read_conversation"])
async def test_what_has_no_payload_and_tells_who(two: Two, event: str) -> None:
    topic = await two.group()
    await two.a.ask(topic, event)
    for client in (two.a, two.b):
        pushed = await client.wait_for(topic, event)
        assert_like(pushed, {"user_id": ID})
        assert pushed["user_id"] == two.ada.id


async def test_typing_ends_when_the_socket_goes(two: Two) -> None:
    topic = await two.group()
    await two.a.ask(topic, "start_typing")
    await two.b.wait_for(topic, "start_typing")
    await two.a.drop()
    assert (await two.b.wait_for(topic, "finish_typing"))["user_id"] == two.ada.id


@on_one_process
async def test_reading_is_remembered(two: Two) -> None:
    topic = await two.group()
    await two.b.ask(topic, "read_conversation")
    await two.a.wait_for(topic, "read_conversation")
    times = (await two.a.join(topic))["read_times"]
    assert_like(times, {ID: TIME})
    assert times.keys() == {two.bob.id}


# --- the conversation itself --------------------------------------------------------------------------------------


async def test_change_alias(two: Two) -> None:
    topic = await two.group(alias=None)
    await two.b.ask(topic, "change_alias", {"alias": "Besties 4eva"})
    for client in (two.a, two.b):
        pushed = await client.wait_for(topic, "update_alias")
        assert_like(pushed, {"conversation": CONVERSATION})
        assert pushed["conversation"]["alias"] == "Besties 4eva"


@on_one_process
async def test_a_private_conversation_has_no_alias(two: Two) -> None:
    payload = {"other_user_id": two.bob.id, "public_key": {}, "private_key": {}}
    topic = conversation((await two.a.ask(SYSTEM, "start_private_conversation", payload))["conversation_id"])
    await two.a.join(topic)
    status, response = await two.a.push(topic, "change_alias", {"alias": "Besties 4eva"})
    assert (status, response["reason"]) == ("error", "wrong_kind")
    status, response = await two.a.push(topic, "modify_conversation", {"new_members": [two.bob.id]})
    assert (status, response["reason"]) == ("error", "wrong_kind")


async def test_leave_conversation(two: Two) -> None:
    topic = await two.group()
    await two.b.ask(topic, "leave_conversation")
    pushed = await two.a.wait_for(topic, "leave_conversation")
    assert_like(pushed, {"user_id": ID})
    assert pushed["user_id"] == two.bob.id
    await two.b.wait_for(topic, "phx_close")
    with pytest.raises(Refused) as refused:
        await two.b.join(topic)
    assert refused.value.reason == "not_member"


@pytest.mark.parametrize("alias", ["Besties 4eva", None])
async def test_modify_conversation(two: Two, people: People, doors: Doors, alias: str | None) -> None:
    topic = await two.group(alias="Two of us")
    [cleo] = await people.sign_up("Cleo")
    c = await cleo.arrive(to=doors.second)
    await two.a.wait_for(two.ada.topic, "new_conversation")
    payload: dict[str, Any] = {"new_members": [cleo.id]}
    if alias is not None:
        payload["alias"] = alias
    await two.b.ask(topic, "modify_conversation", payload)
    for client, person in ((two.a, two.ada), (two.b, two.bob), (c, cleo)):
        pushed = await client.wait_for(person.topic, "new_conversation")
        assert_like(pushed, NEW_CONVERSATION)
        assert conversation(pushed["conversation"]["id"]) == topic
        assert pushed["conversation"]["alias"] == (alias or "Two of us")
        assert set(pushed["user_ids"]) == {two.ada.id, two.bob.id, cleo.id}
    assert_like(await c.join(topic), DOCUMENT)


async def test_set_encryption_keys(two: Two) -> None:
    topic = await two.group()
    keys = {"public_key": {**PUBLIC_KEY, "x": "Bob's"}, "private_key": {**PRIVATE_KEY, "iv": "Bob's"}}
    await two.b.ask(topic, "set_encryption_keys", keys)
    for client in (two.a, two.b):
        pushed = await client.wait_for(topic, "set_encryption_keys")
        assert_like(pushed, {"user_id": ID, "public_key": {}})
        assert (pushed["user_id"], pushed["public_key"]) == (two.bob.id, keys["public_key"])
        assert "private_key" not in pushed
    document = await two.b.join(topic)
    assert document["public_keys"] == {two.ada.id: PUBLIC_KEY, two.bob.id: keys["public_key"]}
    assert document["private_key"] == keys["private_key"]
