"""What the bus does when Redis fails, and what it asks of Redis when it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Monitor

from hubbub.bus import batch
from hubbub.bus.redis import RedisBus
from hubbub.bus.redis_session import Pace
from tests.bus.ear import SOON, Ear, event, until
from tests.services import RedisServer

pytestmark = pytest.mark.redis

QUICK = Pace(heartbeat=0.1, patience=0.5, listening=0.3)
STEADY = Pace(heartbeat=60)


@pytest.fixture
def mortal_redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, protocol=2) as client:
        yield client


def two(url: str, pace: Pace) -> tuple[Ear, Ear]:
    return Ear(RedisBus(url, pace=pace)), Ear(RedisBus(url, pace=pace))


def connected(*ears: Ear) -> bool:
    return all(isinstance(ear.bus, RedisBus) and ear.bus.connected for ear in ears)


# --- what goes through Redis ---


async def test_a_process_subscribes_only_what_it_listens_to(redis_url: str, redis: Redis) -> None:
    prefix = uuid4().hex
    async with Ear(RedisBus(redis_url, prefix=prefix)) as one, Ear(RedisBus(redis_url, prefix=prefix)) as other:
        await one.bus.listen("conversation:a")
        await other.bus.listen("conversation:b")
        other.bus.unlisten("conversation:b")
        await other.bus.listen("conversation:c")
        subscribed = await redis.pubsub_numsub(*(f"{prefix}:topic:conversation:{name}" for name in "abc"))
    assert [count for _, count in subscribed] == [1, 0, 1]


async def test_servers_with_other_prefixes_are_not_heard(redis_url: str) -> None:
    here, elsewhere = uuid4().hex, uuid4().hex
    async with AsyncExitStack() as stack:
        listener, publisher, stranger = [
            await stack.enter_async_context(Ear(RedisBus(redis_url, prefix=prefix)))
            for prefix in (here, here, elsewhere)
        ]
        await listener.bus.listen("conversation:a")
        stranger.bus.publish(event("conversation:a", 1))
        await stranger.bus.close()  # it has reached Redis
        publisher.bus.publish(event("conversation:a", 2))
        await listener.hears(1)
    assert listener.heard == [event("conversation:a", 2)]


async def test_each_topic_of_a_tick_costs_one_publish_and_all_joins_of_a_tick_one_subscribe(
    mortal_redis: RedisServer,
) -> None:
    publisher, listener = two(mortal_redis.url, STEADY)
    async with Redis.from_url(mortal_redis.url, protocol=2) as redis, publisher, listener:
        before = await calls(redis)
        await asyncio.gather(*(listener.bus.listen(f"conversation:{number}") for number in range(20)))
        for number in range(100):
            publisher.bus.publish(event(f"conversation:{number % 2}", number))
        await listener.hears(100)
        after = await calls(redis)
    assert after["publish"] - before["publish"] == 2
    assert after["subscribe"] - before["subscribe"] == 1


async def calls(redis: Redis) -> dict[str, int]:
    stats = await redis.info("commandstats")
    return {name: stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("publish", "subscribe")}


async def test_the_bus_leaves_nothing_in_redis(mortal_redis: RedisServer) -> None:
    async with Redis.from_url(mortal_redis.url, protocol=2) as redis:
        async with Ear(RedisBus(mortal_redis.url)) as ear:
            await ear.bus.listen("conversation:a")
            ear.bus.publish(event("conversation:a"))
            await ear.hears(1)
            assert await redis.keys() == []
        await until_no_clients_but_one(redis)


async def until_no_clients_but_one(redis: Redis) -> None:
    async with asyncio.timeout(SOON):
        while len(await redis.client_list()) > 1:
            pass


async def test_what_is_no_batch_is_passed_over(redis_url: str, redis: Redis) -> None:
    prefix = uuid4().hex
    channel = f"{prefix}:topic:conversation:a"
    async with Ear(RedisBus(redis_url, prefix=prefix)) as one, Ear(RedisBus(redis_url, prefix=prefix)) as other:
        await one.bus.listen("conversation:a")
        for nonsense in (b"", b"short", b"x" * 100, batch.header(b"p" * 16, 1) + b"\xc1"):
            assert await redis.publish(channel, nonsense) == 1
        other.bus.publish(event("conversation:a"))
        await one.hears(1)
        assert one.heard == [event("conversation:a")]
        assert one.interruptions == 0


async def test_what_a_given_up_connection_still_carries_is_not_delivered(redis_url: str, redis: Redis) -> None:
    prefix = uuid4().hex
    sender = b"p" * batch.PROCESS_BYTES
    async with Ear(RedisBus(redis_url, prefix=prefix)) as ear:
        await ear.bus.listen("conversation:a")
        for session, number in ((1, 1), (2, 2), (1, 3), (2, 4)):
            content = batch.sealed(batch.header(sender, session), [event("conversation:a", number)])
            await redis.publish(f"{prefix}:topic:conversation:a", content)
        await ear.hears(3)
    assert ear.payloads == [event("", number).payload for number in (1, 2, 4)]


def test_an_address_that_is_none_of_redis_is_refused() -> None:
    with pytest.raises(ValueError, match="redis://"):
        RedisBus("http://127.0.0.1:6379")


# --- Redis dies ---


async def test_after_a_restart_of_redis_the_interruption_is_told_and_events_flow(
    mortal_redis: RedisServer,
) -> None:
    publisher, listener = two(mortal_redis.url, QUICK)
    async with publisher, listener:
        await listener.bus.listen("conversation:a")
        mortal_redis.kill()
        await until(lambda: not connected(publisher) and not connected(listener), "the loss is noticed")
        assert listener.interruptions == 0  # not before events flow again
        mortal_redis.start()
        await listener.is_interrupted()
        await publisher.is_interrupted()
        publisher.bus.publish(event("conversation:a", 1))
        await listener.hears(1)
    assert listener.heard == [event("conversation:a", 1)]


async def test_every_topic_is_subscribed_again_before_the_interruption_is_told(mortal_redis: RedisServer) -> None:
    topics = [f"conversation:{number}" for number in range(3000)]
    patient = Pace(heartbeat=0.1, patience=5.0, listening=5.0)  # a late listen would be told as an interruption too
    async with Ear(RedisBus(mortal_redis.url, pace=patient)) as ear:
        await asyncio.gather(*(ear.bus.listen(topic) for topic in topics))
        mortal_redis.restart()
        await ear.is_interrupted()
        async with Redis.from_url(mortal_redis.url, protocol=2) as redis:
            subscribed = await redis.pubsub_numsub(*(f"hubbub:topic:{topic}" for topic in topics))
    assert {count for _, count in subscribed} == {1}


async def test_the_canary_is_subscribed_after_everything_else(mortal_redis: RedisServer) -> None:
    topics = [f"conversation:{number}" for number in range(3000)]
    async with (
        Redis.from_url(mortal_redis.url, protocol=2) as redis,
        redis.monitor() as monitor,
        Ear(RedisBus(mortal_redis.url, pace=STEADY)) as ear,
    ):
        await asyncio.gather(*(ear.bus.listen(topic) for topic in topics))
        ear.bus.publish(event("nobody:hears", 0))
        await commands_until(monitor, "PUBLISH hubbub:topic:nobody:hears")
        await redis.client_kill_filter(_type="pubsub")
        again = await commands_until(monitor, "PUBLISH hubbub:canary:")
        await ear.is_interrupted()
    subscribed = [command.split()[1:] for command in again if command.startswith("SUBSCRIBE")]
    assert {name for names in subscribed for name in names} >= {f"hubbub:topic:{topic}" for topic in topics}
    assert subscribed[-1][-1].startswith("hubbub:canary:")


async def commands_until(monitor: Monitor, last: str) -> list[str]:
    """What Redis is asked to do, up to a command that begins with `last`."""
    commands = [""]
    async with asyncio.timeout(SOON):
        while not commands[-1].startswith(last):
            commands.append((await monitor.next_command())["command"])
    return commands


async def test_closing_waits_until_redis_has_passed_on_what_was_published(mortal_redis: RedisServer) -> None:
    publisher, listener = two(mortal_redis.url, STEADY)
    async with publisher, listener:
        await listener.bus.listen("conversation:a")
        mortal_redis.pause()
        publisher.bus.publish(event("conversation:a"))
        closing = asyncio.create_task(publisher.bus.close())
        closed, _ = await asyncio.wait([closing], timeout=0.1)
        assert not closed
        mortal_redis.resume()
        await closing
        await listener.hears(1)


async def test_redis_may_die_again_and_again(mortal_redis: RedisServer) -> None:
    publisher, listener = two(mortal_redis.url, QUICK)
    async with publisher, listener:
        await listener.bus.listen("conversation:a")
        for round_ in range(3):
            mortal_redis.kill()
            await until(lambda: not connected(publisher) and not connected(listener), "the loss is noticed")
            mortal_redis.start()
            await until(lambda: connected(publisher, listener), "both are connected again")
            publisher.bus.publish(event("conversation:a", round_))
            await listener.hears(round_ + 1)
        # The first at once, those that follow closely perhaps as one.
        await until(lambda: listener.interruptions >= 2, "the later interruptions are told too")
    assert listener.payloads == [event("", number).payload for number in range(3)]


async def test_while_redis_is_away_a_process_serves_its_own(mortal_redis: RedisServer) -> None:
    async with Ear(RedisBus(mortal_redis.url, pace=QUICK)) as ear:
        await ear.bus.listen("conversation:a")
        mortal_redis.kill()
        await until(lambda: not connected(ear), "the loss is noticed")
        async with asyncio.timeout(SOON):
            await ear.bus.listen("conversation:b")
        for topic in ("conversation:a", "conversation:b"):
            ear.bus.publish(event(topic))
        await ear.hears(2)
        assert isinstance(ear.bus, RedisBus)
        assert ear.bus.dropped == 2


async def test_a_topic_joined_while_redis_is_away_is_heard_after_the_interruption(
    mortal_redis: RedisServer,
) -> None:
    publisher, listener = two(mortal_redis.url, QUICK)
    async with publisher, listener:
        mortal_redis.kill()
        await until(lambda: not connected(publisher) and not connected(listener), "the loss is noticed")
        async with asyncio.timeout(SOON):
            await asyncio.gather(*(listener.bus.listen(f"conversation:{number}") for number in range(100)))
        mortal_redis.start()
        await listener.is_interrupted()
        await publisher.is_interrupted()
        publisher.bus.publish(event("conversation:99"))
        await listener.hears(1)


async def test_a_server_starts_without_redis_and_finds_it_later(mortal_redis: RedisServer) -> None:
    mortal_redis.kill()
    publisher, listener = two(mortal_redis.url, QUICK)
    async with publisher, listener:
        await listener.bus.listen("conversation:a")
        mortal_redis.start()
        await listener.is_interrupted()
        await until(lambda: connected(publisher), "the publisher is connected")
        publisher.bus.publish(event("conversation:a"))
        await listener.hears(1)


# --- Redis stands still ---


async def test_a_redis_that_stands_still_is_an_interruption(mortal_redis: RedisServer) -> None:
    publisher, listener = two(mortal_redis.url, QUICK)
    async with publisher, listener:
        await listener.bus.listen("conversation:a")
        mortal_redis.pause()
        await until(lambda: not connected(publisher) and not connected(listener), "the stand-still is noticed")
        assert listener.interruptions == 0
        mortal_redis.resume()
        await listener.is_interrupted()
        await publisher.is_interrupted()
        publisher.bus.publish(event("conversation:a", 1))
        await listener.hears(1)
    assert listener.payloads[-1] == event("", 1).payload


async def test_a_short_stand_still_loses_nothing(mortal_redis: RedisServer) -> None:
    publisher, listener = two(mortal_redis.url, STEADY)
    async with publisher, listener:
        await listener.bus.listen("conversation:a")
        mortal_redis.pause()
        for number in range(100):
            publisher.bus.publish(event("conversation:a", number))
            await asyncio.sleep(0)
        mortal_redis.resume()
        await listener.hears(100)
        assert listener.payloads == [event("", number).payload for number in range(100)]
        assert listener.interruptions == 0


async def test_a_join_does_not_wait_for_ever_and_what_it_may_have_missed_is_told(
    mortal_redis: RedisServer,
) -> None:
    async with Ear(RedisBus(mortal_redis.url, pace=Pace(heartbeat=60, listening=0.1))) as ear:
        mortal_redis.pause()
        async with asyncio.timeout(SOON):
            await ear.bus.listen("conversation:a")
        assert connected(ear)
        assert ear.interruptions == 0
        mortal_redis.resume()
        await ear.is_interrupted()


async def test_what_waits_is_bounded_and_its_loss_is_told_to_the_others(mortal_redis: RedisServer) -> None:
    careless = RedisBus(mortal_redis.url, pace=QUICK, most_bytes_waiting=10_000)
    async with Ear(careless) as publisher, Ear(RedisBus(mortal_redis.url, pace=QUICK)) as listener:
        await listener.bus.listen("conversation:a")
        for number in range(1000):
            publisher.bus.publish(event("conversation:a", number))
        await listener.is_interrupted()
        assert publisher.interruptions == 0
        assert 0 < len(listener.heard) == 1000 - careless.dropped < 100
