"""What `Bus` promises, of every bus: in one process, and between two that share a Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import NamedTuple
from uuid import uuid4

import pytest

from hubbub.bus.memory import MemoryBus
from hubbub.bus.port import Bus, Published
from hubbub.bus.redis import RedisBus
from tests.bus.ear import Ear, event


class Pair(NamedTuple):
    publisher: Ear
    listener: Ear


def memory(request: pytest.FixtureRequest) -> list[Bus]:
    return [MemoryBus()]


def one_process_on_redis(request: pytest.FixtureRequest) -> list[Bus]:
    return [RedisBus(request.getfixturevalue("redis_url"), prefix=uuid4().hex)]


def two_processes_on_redis(request: pytest.FixtureRequest) -> list[Bus]:
    prefix = uuid4().hex
    return [RedisBus(request.getfixturevalue("redis_url"), prefix=prefix) for _ in range(2)]


@pytest.fixture(
    params=[
        memory,
        pytest.param(one_process_on_redis, marks=pytest.mark.redis),
        pytest.param(two_processes_on_redis, marks=pytest.mark.redis),
    ]
)
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    make: Callable[[pytest.FixtureRequest], list[Bus]] = request.param
    async with AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(Ear(bus)) for bus in make(request)]
        yield Pair(ears[0], ears[-1])


async def test_what_is_published_arrives_unchanged(pair: Pair) -> None:
    sent = Published("conversation:a", "new_message", '{"content":"für dich \\u0000"}'.encode(), 2**40)
    await pair.listener.bus.listen("conversation:a")
    pair.publisher.bus.publish(sent)
    await pair.listener.hears(1)
    assert pair.listener.heard == [sent]


async def test_one_publisher_keeps_its_order_over_many_ticks(pair: Pair) -> None:
    await pair.listener.bus.listen("conversation:a")
    for number in range(500):
        pair.publisher.bus.publish(event("conversation:a", number))
        if number % 7 == 0:
            await asyncio.sleep(0)
    await pair.listener.hears(500)
    assert pair.listener.heard == [event("conversation:a", number) for number in range(500)]


async def test_other_topics_are_not_heard(pair: Pair) -> None:
    await pair.listener.bus.listen("conversation:a")
    for topic in ("conversation:b", "conversation:", "conversation:aa", "conversation:a"):
        pair.publisher.bus.publish(event(topic))
    await pair.listener.hears(1)
    assert [published.topic for published in pair.listener.heard] == ["conversation:a"]


async def test_after_unlisten_nothing_more_is_heard(pair: Pair) -> None:
    for topic in ("conversation:a", "conversation:b"):
        await pair.listener.bus.listen(topic)
    pair.listener.bus.unlisten("conversation:a")
    pair.publisher.bus.publish(event("conversation:a"))
    await asyncio.sleep(0)
    pair.publisher.bus.publish(event("conversation:b"))
    await pair.listener.hears(1)
    assert pair.listener.heard == [event("conversation:b")]


async def test_listening_twice_is_listening_once(pair: Pair) -> None:
    await pair.listener.bus.listen("conversation:a")
    await pair.listener.bus.listen("conversation:a")
    pair.publisher.bus.publish(event("conversation:a", 1))
    await pair.listener.hears(1)
    pair.listener.bus.unlisten("conversation:a")
    await pair.listener.bus.listen("conversation:b")
    pair.publisher.bus.publish(event("conversation:a", 2))
    pair.publisher.bus.publish(event("conversation:b", 3))
    await pair.listener.hears(2)
    assert pair.listener.heard == [event("conversation:a", 1), event("conversation:b", 3)]


async def test_unlistening_to_what_was_never_heard_is_nothing(pair: Pair) -> None:
    pair.listener.bus.unlisten("conversation:a")
    await pair.listener.bus.listen("conversation:a")
    pair.publisher.bus.publish(event("conversation:a"))
    await pair.listener.hears(1)


async def test_changing_ones_mind_ends_where_it_ended(pair: Pair) -> None:
    await pair.listener.bus.listen("conversation:a")
    for _ in range(5):
        pair.listener.bus.unlisten("conversation:a")
        await asyncio.sleep(0)
        pair.listener.bus.unlisten("conversation:a")
        listening = asyncio.create_task(pair.listener.bus.listen("conversation:a"))
        await asyncio.sleep(0)
        pair.listener.bus.unlisten("conversation:a")
        await pair.listener.bus.listen("conversation:a")
        await listening
    pair.publisher.bus.publish(event("conversation:a", 1))
    await pair.listener.hears(1)
    assert pair.listener.heard == [event("conversation:a", 1)]


async def test_a_topics_events_of_one_tick_are_delivered_together(pair: Pair) -> None:
    await pair.listener.bus.listen("conversation:a")
    for number in range(50):
        pair.publisher.bus.publish(event("conversation:a", number))
    assert pair.listener.deliveries == []  # nobody is called from within `publish`
    await pair.listener.hears(50)
    assert [len(delivery) for delivery in pair.listener.deliveries] == [50]


async def test_once_listen_returns_nothing_is_missed(pair: Pair) -> None:
    for number in range(100):
        topic = f"conversation:{number}"
        await pair.listener.bus.listen(topic)
        pair.publisher.bus.publish(event(topic, number))
    await pair.listener.hears(100)
    assert pair.listener.payloads == [event("", number).payload for number in range(100)]


async def test_many_may_listen_at_once(pair: Pair) -> None:
    topics = [f"conversation:{number}" for number in range(2500)]
    await asyncio.gather(*(pair.listener.bus.listen(topic) for topic in topics))
    for topic in topics:
        pair.publisher.bus.publish(event(topic))
    await pair.listener.hears(2500)
    assert sorted(published.topic for published in pair.listener.heard) == sorted(topics)


async def test_what_was_published_before_closing_arrives(pair: Pair) -> None:
    await pair.listener.bus.listen("conversation:a")
    pair.publisher.bus.publish(event("conversation:a"))
    await pair.publisher.bus.close()
    await pair.listener.hears(1)


async def test_without_a_failure_no_interruption_is_told(pair: Pair) -> None:
    await pair.listener.bus.listen("conversation:a")
    pair.publisher.bus.publish(event("conversation:a"))
    await pair.listener.hears(1)
    assert pair.listener.interruptions == 0
