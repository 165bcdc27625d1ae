"""What `CountStore` promises, of every store: in one process, and between two that share a Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from hubbub.bus.counts import Count, CountStore, Tally
from hubbub.bus.counts_memory import MemoryCounts
from hubbub.bus.counts_redis import RedisCounts
from tests.services import RedisServer


class Process:
    """What one process has, and its store."""

    def __init__(self, store: CountStore) -> None:
        self.store = store
        self.tally = Tally()

    def arrive(self, *users: str | None) -> None:
        for user in users:
            self.tally.arrived(user)

    def leave(self, *users: str | None) -> None:
        for user in users:
            self.tally.left(user)

    async def count(self) -> Count:
        return await self.store.add_up(self.tally)


def memory(request: pytest.FixtureRequest) -> list[CountStore]:
    return [MemoryCounts()]


def one_process_on_redis(request: pytest.FixtureRequest) -> list[CountStore]:
    return [RedisCounts(request.getfixturevalue("redis_url"), prefix=uuid4().hex)]


def two_processes_on_redis(request: pytest.FixtureRequest) -> list[CountStore]:
    prefix = uuid4().hex
    return [RedisCounts(request.getfixturevalue("redis_url"), prefix=prefix) for _ in range(2)]


@pytest.fixture(
    params=[
        memory,
        pytest.param(one_process_on_redis, marks=pytest.mark.redis),
        pytest.param(two_processes_on_redis, marks=pytest.mark.redis),
    ]
)
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Process, Process]]:
    make: Callable[[pytest.FixtureRequest], list[CountStore]] = request.param
    async with AsyncExitStack() as stack:
        processes = [Process(store) for store in make(request)]
        for process in processes:
            await process.count()
            stack.push_async_callback(process.store.close)
        yield processes[0], processes[-1]


async def totals(*processes: Process) -> Count:
    """What it comes to once every process has entered what it has."""
    for process in processes:
        await process.count()
    return await processes[0].count()


async def test_an_account_counts_once_wherever_its_sockets_are(pair: tuple[Process, Process]) -> None:
    here, there = pair
    here.arrive("ada", "ada", "bob")
    there.arrive("ada", "cleo")
    assert await totals(here, there) == Count(3, 0)
    here.leave("ada", "ada")
    assert await totals(here, there) == Count(3, 0)
    there.leave("ada")
    assert await totals(here, there) == Count(2, 0)


async def test_guests_count_by_socket(pair: tuple[Process, Process]) -> None:
    here, there = pair
    here.arrive(None, None)
    there.arrive(None)
    assert await totals(here, there) == Count(0, 3)
    there.leave(None)
    assert await totals(here, there) == Count(0, 2)


async def test_who_comes_and_goes_between_two_looks_leaves_no_trace(pair: tuple[Process, Process]) -> None:
    here, there = pair
    for _ in range(100):
        here.arrive("ada", None)
        here.leave("ada", None)
    assert await totals(here, there) == Count(0, 0)
    here.arrive("ada")
    await here.count()
    here.leave("ada")
    here.arrive("ada")
    assert await totals(here, there) == Count(1, 0)


async def test_very_many_are_entered(pair: tuple[Process, Process]) -> None:
    here, there = pair
    here.arrive(*(f"user-{number}" for number in range(2500)))
    there.arrive(*(f"user-{number}" for number in range(2400, 3000)))
    assert await totals(here, there) == Count(3000, 0)


@pytest.mark.redis
async def test_what_closes_counts_no_more_at_once(redis_url: str) -> None:
    prefix = uuid4().hex
    here, there = (Process(RedisCounts(redis_url, prefix=prefix)) for _ in range(2))
    here.arrive("ada")
    there.arrive("ada", "bob", None)
    assert await totals(here, there) == Count(2, 1)
    await there.store.close()
    assert await here.count() == Count(1, 0)
    await here.store.close()


@pytest.mark.redis
async def test_what_falls_silent_counts_no_more_and_comes_back_whole(redis_url: str) -> None:
    prefix = uuid4().hex
    here, there = (Process(RedisCounts(redis_url, prefix=prefix, dead_after=0.3)) for _ in range(2))
    here.arrive("ada")
    there.arrive("ada", "bob", None)
    assert await totals(here, there) == Count(2, 1)
    for _ in range(100):
        await asyncio.sleep(0.05)  # what is waited for is the silence itself
        if await here.count() == Count(1, 0):
            break
    assert await here.count() == Count(1, 0)
    there.arrive(None)  # it stood still, and did not die
    assert await totals(there, here) == Count(2, 2)
    for process in (here, there):
        await process.store.close()


@pytest.mark.redis
async def test_while_redis_is_away_the_count_stays_and_then_is_right() -> None:
    with RedisServer() as redis:
        here, there = (Process(RedisCounts(redis.url)) for _ in range(2))
        here.arrive("ada", None)
        there.arrive("bob")
        assert await totals(here, there) == Count(2, 1)
        redis.kill()
        here.leave("ada")
        assert await here.count() == Count(2, 1)
        redis.start()  # with nothing in it
        assert await totals(here, there) == Count(1, 1)
        for process in (here, there):
            await process.store.close()
