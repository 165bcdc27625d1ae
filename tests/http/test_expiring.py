"""Messages whose time is over, under a clock that tests turn (seed 001)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import event

from hubbub.actions.expiring import Expiring
from hubbub.actions.publishing import Publisher, conversation_topic
from hubbub.storage import messages
from tests.http.talking import Talking
from tests.http.test_channels import begun
from tests.http.world import Person, World

LEAST = 5  # seconds


@pytest.fixture
def talking(world: World) -> Talking:
    return Talking(world)


def expiring(world: World) -> Expiring:
    """One process's."""
    return Expiring(world.reader, world.writer, Publisher(world.bus), world.clock)


def told(world: World, channel: str) -> list[Any]:
    heard = world.bus.on(conversation_topic(channel))
    return [payload for event, payload in heard if event == "message_expired"]


async def test_each_goes_once_however_many_processes_look(world: World, talking: Talking, ada: Person) -> None:
    """More of them than one turn takes, in two conversations."""
    channels = [str((await begun(ada, title))["id"]) for title in ("Boats", "Ships")]
    said = {channel: [await talking.send(ada, channel, expires_in=LEAST) for _ in range(150)] for channel in channels}
    kept = [await talking.send(ada, channel) for channel in channels]
    later = await talking.send(ada, channels[0], expires_in=3600)
    both = [expiring(world), expiring(world)]
    assert await asyncio.gather(*(one.once() for one in both)) == [0, 0]
    world.clock.ahead += LEAST + 1
    while sum(await asyncio.gather(*(one.once() for one in both))):
        pass
    for channel, last in zip(channels, kept, strict=True):
        pushes = told(world, channel)
        assert sorted(push["message_group_id"] for push in pushes) == sorted(said[channel])
        versions = [push["version"] for push in pushes]
        assert versions == list(range(versions[0], versions[0] + 150)), "each took one, and no other was taken"
        assert last not in {push["message_group_id"] for push in pushes}
    world.clock.ahead += 3600
    assert await both[0].once() == 1
    assert told(world, channels[0])[-1]["message_group_id"] == later


async def test_what_is_over_does_not_count(world: World, talking: Talking, ada: Person, bob: Person) -> None:
    channel = str((await begun(ada, "Boats"))["id"])
    await bob.put(f"/api/channels/{channel}/subscription")
    said = await talking.send(ada, channel, expires_in=LEAST)
    await talking.react(bob, channel, said)
    await talking.send(ada, channel)
    world.clock.ahead += LEAST + 1
    assert await expiring(world).once() == 1
    answer = await ada.get("/api/leaderboard", channel=channel, period="all")
    assert [(item["messages"], item["reactions"]) for item in answer.json()["items"]] == [(1, 0)]


async def test_looking_costs_a_look_into_an_index(world: World, talking: Talking, ada: Person) -> None:
    """What does not expire is not read: however much there is of it."""
    channel = str((await begun(ada, "Boats"))["id"])
    await talking.send(ada, channel)
    asked: list[tuple[str, Any]] = []
    event.listen(world.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    await world.reader.run(messages.next_end)
    await world.reader.run(messages.over, 0, 10)
    plans = []
    with world.engine.connect() as connection:
        for statement, parameters in [one for one in asked if "expires_at" in one[0]]:
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans += [row[3] for row in found]
    assert len(plans) >= 2
    assert all("messages_expiring" in plan for plan in plans), plans
