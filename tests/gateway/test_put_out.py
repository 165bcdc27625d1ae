"""Somebody leaves a conversation while a join of theirs is being answered: they must not listen on."""

from __future__ import annotations

import asyncio
import json

import pytest

from hubbub.bus.port import Published
from hubbub.gateway.websocket import TEXT
from hubbub.wire.ids import new_id
from tests.bad_input.raw import frame
from tests.gateway.world import World

TOPIC = "conversation:1"


@pytest.mark.parametrize("let_in", [True, False])
async def test_nobody_hears_anything_before_they_are_let_in(world: World, let_in: bool) -> None:
    """Whoever may not come in could otherwise hear what is said while they are being refused, again and again."""
    connection, network = world.connect(new_id())
    connection.data_received(frame(TEXT, json.dumps(["1", "1", TOPIC, "phx_join", {}]).encode()))
    await world.channel.reading.wait()
    world.bus.publish(Published(TOPIC, "new_message", b'"for members"'))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert b"for members" not in network.written
    world.channel.refuses = not let_in
    world.channel.may_answer.set()
    await network.replies(1)
    connection.data_received(frame(TEXT, b'[null,"2","phoenix","heartbeat",{}]'))
    await network.replies(2)
    assert (b"for members" in network.written) is let_in, "and nothing is missed"
    if let_in:
        assert network.written.index(b"phx_reply") < network.written.index(b"for members")


@pytest.mark.parametrize("still_a_member", [True, False])
async def test_who_left_while_the_join_was_read_is_not_let_in(world: World, still_a_member: bool) -> None:
    user = new_id()
    world.members = {user} if still_a_member else set()
    connection, network = world.connect(user)
    connection.data_received(frame(TEXT, json.dumps(["1", "1", TOPIC, "phx_join", {}]).encode()))
    await world.channel.reading.wait()
    world.bus.publish(Published(TOPIC, "leave_conversation", b"{}", members_version=7))
    await world.asked.wait()
    world.channel.may_answer.set()
    await network.replies(1)
    assert (b"not_member" in network.written) is not still_a_member
    world.bus.publish(Published(TOPIC, "new_message", b'"for members"', members_version=7))
    connection.data_received(frame(TEXT, b'[null,"2","phoenix","heartbeat",{}]'))
    await network.replies(2)
    await world.bus.close()  # delivers what waits
    assert (b"for members" in network.written) is still_a_member


async def test_who_was_taken_out_and_came_back_meanwhile_is_not_put_out_again(world: World) -> None:
    """What was read of the members before they came back says nothing of them any more."""
    user = new_id()
    connection, network = world.connect(user)
    world.members, world.channel.may_answer = {user}, _set()
    connection.data_received(frame(TEXT, json.dumps(["1", "1", TOPIC, "phx_join", {}]).encode()))
    await network.replies(1)
    world.members = set()
    world.may_tell.clear()
    world.bus.publish(Published(TOPIC, "leave_conversation", b"{}", members_version=7))
    await world.asked.wait()
    world.members = {user}
    connection.data_received(frame(TEXT, json.dumps(["2", "2", TOPIC, "phx_join", {}]).encode()))
    await network.replies(2)
    world.may_tell.set()
    world.bus.publish(Published(TOPIC, "new_message", b'"for members"', members_version=7))
    await network.brings(b"for members")
    assert network.written.count(b"phx_close") == 1, "of the channel that was joined anew"


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
