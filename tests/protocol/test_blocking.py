"""Who is blocked reaches the one who blocked them by no way, and nothing says who blocked whom."""

from __future__ import annotations

import pytest

from hubbub.wire.ids import new_id
from tests.people import (
    SYSTEM,
    People,
    Person,
    conversation,
    copies,
    start_group,
    start_open_group,
    start_private,
)
from tests.phoenix import Client, refusal
from tests.protocol.conftest import Doors


async def block(who: Person, whom: Person, client: Client) -> None:
    """Block, and wait until the other device of the same user has heard."""
    assert (await who.put(f"/api/choices/block/{whom.id}")).status_code == 200
    await client.wait_for(who.topic, "choice", lambda told: told["changes"][0]["id"] == f"block:{whom.id}")


async def unblock(who: Person, whom: Person) -> None:
    assert (await who.delete(f"/api/choices/block/{whom.id}")).status_code == 204


async def shown(client: Client, other: Person, online: bool) -> None:
    """Wait for a whole state of presence in which the other is online, or is not."""
    await client.wait_for(SYSTEM, "presence_state", lambda state: (other.id in state) == online)


class Pair:
    """Ada at the first door, Bob at the second."""

    def __init__(self, ada: Person, bob: Person, a: Client, b: Client) -> None:
        self.ada, self.bob, self.a, self.b = ada, bob, a, b


@pytest.fixture
async def pair(doors: Doors, people: People) -> Pair:
    ada, bob = await people.sign_up("Ada", "Bob")
    return Pair(ada, bob, await ada.arrive(), await bob.arrive(to=doors.second))


async def test_no_private_conversation_is_begun_between_the_two(pair: Pair) -> None:
    await block(pair.ada, pair.bob, pair.a)
    for client, other in ((pair.b, pair.ada), (pair.a, pair.bob)):
        assert (await refusal(start_private(client, other)))["reason"] == "blocked"
    await unblock(pair.ada, pair.bob)
    await start_private(pair.b, pair.ada)
    await pair.a.wait_for(pair.ada.topic, "new_conversation")


async def test_nothing_is_said_in_the_one_that_there_is_and_both_hear_the_same(pair: Pair) -> None:
    id = await start_private(pair.a, pair.bob)
    topic = conversation(id)
    hello = {"encrypted_messages": copies("hello", pair.ada, pair.bob)}
    said = {}
    for client in (pair.a, pair.b):
        await client.join(topic)
        said[client] = await client.ask(topic, "send_message", hello)
    head = said[pair.b]["version"]
    await block(pair.ada, pair.bob, pair.a)
    refused = [await refusal(client.ask(topic, "send_message", hello)) for client in (pair.b, pair.a)]
    assert refused[0] == refused[1]
    assert refused[0]["reason"] == "blocked"
    whispered = {**hello, "off_the_record": True}
    assert (await refusal(pair.b.ask(topic, "send_message", whispered)))["reason"] == "blocked"
    edit = {"message_group_id": said[pair.b]["message"]["message_group"], **hello}
    assert (await refusal(pair.b.ask(topic, "edit_message", edit)))["reason"] == "blocked"
    pulled = await pair.b.ask(topic, "sync", {"cursor": 0})
    assert pulled["cursor"] == head, "being blocked has no version that one could see"
    mine = {"message_group_id": edit["message_group_id"]}
    assert (await pair.b.ask(topic, "delete_message", mine))["version"] == head + 1, "words may be taken back"
    await pair.a.ask(topic, "read_conversation")
    await pair.b.heartbeat()
    assert pair.b.heard(topic, "read_conversation") == []
    assert (await pair.b.join(topic))["read_times"] == {}
    await unblock(pair.ada, pair.bob)
    await pair.b.ask(topic, "send_message", hello)


async def test_as_long_as_one_of_the_two_blocks(pair: Pair) -> None:
    topic = conversation(await start_private(pair.a, pair.bob))
    await pair.b.join(topic)
    hello = {"encrypted_messages": copies("hello", pair.ada, pair.bob)}
    await block(pair.ada, pair.bob, pair.a)
    await block(pair.bob, pair.ada, pair.b)
    await unblock(pair.ada, pair.bob)
    assert (await refusal(pair.b.ask(topic, "send_message", hello)))["reason"] == "blocked"
    await unblock(pair.bob, pair.ada)
    await pair.b.ask(topic, "send_message", hello)


async def test_what_was_accepted_before_is_answered_again(pair: Pair) -> None:
    topic = conversation(await start_private(pair.a, pair.bob))
    await pair.b.join(topic)
    hello = {"id": new_id(), "encrypted_messages": copies("hello", pair.ada, pair.bob)}
    first = await pair.b.ask(topic, "send_message", hello)
    await block(pair.ada, pair.bob, pair.a)
    assert await pair.b.ask(topic, "send_message", hello) == first


async def test_nobody_is_brought_into_a_group_by_whom_they_blocked(pair: Pair, people: People) -> None:
    [cleo] = await people.sign_up("Cleo")
    await block(pair.ada, pair.bob, pair.a)
    added = {"new_members": [pair.ada.id]}
    topic = ""
    for start in (start_group, start_open_group):
        refused = await refusal(start(pair.b, cleo, pair.ada))
        assert (refused["reason"], refused["user_ids"]) == ("blocked", [pair.ada.id])
        topic = conversation(await start(pair.b, cleo))
        await pair.b.join(topic)
        refused = await refusal(pair.b.ask(topic, "modify_conversation", added))
        assert (refused["reason"], refused["user_ids"]) == ("blocked", [pair.ada.id])
    c = await cleo.arrive()
    await c.join(topic)
    await c.ask(topic, "modify_conversation", added)  # by somebody else one is
    assert [told["conversation"]["id"] for told in pair.a.heard(pair.ada.topic, "new_conversation")] == [
        topic.partition(":")[2]
    ]


async def test_requests_of_the_blocked_do_not_arrive(pair: Pair) -> None:
    id = await start_group(pair.a, listed=True)
    await block(pair.ada, pair.bob, pair.a)
    path = f"/api/groups/{id}"
    assert (await pair.bob.put(f"{path}/membership", {})).status_code == 202
    await pair.a.heartbeat()
    assert pair.a.heard(pair.ada.topic, "join_requested") == []
    assert (await pair.ada.get(f"{path}/requests")).json()["items"] == []


async def test_who_asked_to_be_let_in_is_let_in_by_whom_they_block_too(pair: Pair) -> None:
    topic = conversation(await start_group(pair.b, listed=True))
    await pair.b.join(topic)
    assert (await pair.ada.put(f"/api/groups/{topic.partition(':')[2]}/membership", {})).status_code == 202
    await block(pair.ada, pair.bob, pair.a)
    await pair.b.ask(topic, "modify_conversation", {"new_members": [pair.ada.id]})
    await pair.a.wait_for(pair.ada.topic, "new_conversation")


async def test_in_a_group_everyone_has_the_same_messages(pair: Pair) -> None:
    topic = conversation(await start_open_group(pair.a, pair.bob))
    for client in (pair.a, pair.b):
        await client.join(topic)
    await block(pair.ada, pair.bob, pair.a)
    await pair.b.ask(topic, "send_message", {"content": "hello all"})
    await pair.a.wait_for(topic, "new_message")


async def test_the_two_are_not_shown_to_each_other(pair: Pair) -> None:
    await start_private(pair.a, pair.bob)
    await shown(pair.a, pair.bob, True)
    await shown(pair.b, pair.ada, True)
    await block(pair.bob, pair.ada, pair.b)
    await shown(pair.a, pair.bob, False)
    await shown(pair.b, pair.ada, False)
    await pair.b.ask(SYSTEM, "set_display_name", {"display_name": "Robert"})
    await pair.b.wait_for(SYSTEM, "update_profile")
    await pair.a.heartbeat()
    assert pair.a.heard(SYSTEM, "update_profile") == []
    await unblock(pair.bob, pair.ada)
    await shown(pair.a, pair.bob, True)


async def test_choices_are_in_the_stream_of_every_device(pair: Pair, people: People) -> None:
    await block(pair.ada, pair.bob, pair.a)
    pulled = await pair.a.ask(pair.ada.topic, "sync", {"cursor": 0})
    [row] = [change for change in pulled["changes"] if change["kind"] == "choice"]
    assert (row["data"], row["deleted"]) == ({"kind": "block", "about_id": pair.bob.id}, False)
    await unblock(pair.ada, pair.bob)
    pulled = await pair.a.ask(pair.ada.topic, "sync", {"cursor": pulled["cursor"]})
    assert [(row["id"], row["deleted"]) for row in pulled["changes"]] == [(f"block:{pair.bob.id}", True)]
