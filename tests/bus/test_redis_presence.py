"""Presences when a server process dies or stands still, and when Redis does."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from hubbub.bus.presence import Meta, Present
from hubbub.bus.presence_redis import Pulse, RedisPresence
from tests.bus.ear import SOON, until
from tests.services import RedisServer

pytestmark = pytest.mark.redis

QUICK = Pulse(beat=0.1, dead_after=0.5)


@pytest.fixture
def mortal_redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


class Survivor:
    """A store, and what it was told."""

    def __init__(self, url: str, pulse: Pulse = QUICK) -> None:
        self.store = RedisPresence(url, pulse=pulse)
        self.gone: list[Present] = []
        self.returned: list[Present] = []
        self.restored = 0

    def was_restored(self) -> None:
        self.restored += 1

    async def shows(self, users: list[str], expected: Present) -> None:
        """Waits until the store answers so."""
        async with asyncio.timeout(SOON):
            while await self.store.of(users) != expected:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.01)


@asynccontextmanager
async def survivor(url: str) -> AsyncIterator[Survivor]:
    one = Survivor(url)
    await one.store.start(one.gone.append, one.returned.append, one.was_restored)
    try:
        yield one
    finally:
        await one.store.close()


@asynccontextmanager
async def mortal(url: str, *users: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another server process, in which `users` are present."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bus.mortal", url, str(QUICK.beat), str(QUICK.dead_after), *users,
        cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await says(process, b"arrived")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def says(process: asyncio.subprocess.Process, words: bytes) -> None:
    """Waits until it does."""
    assert process.stdout is not None
    async with asyncio.timeout(SOON):
        while (line := await process.stdout.readline()).rstrip() != words:
            assert line, "it ended without a word"


def meta(user: str) -> Meta:
    return Meta(f"{user}-ref", "2024-01-01T23:38:41.183Z", "online")


def all_of(*users: str) -> Present:
    return {user: [meta(user)] for user in users}


# --- a process dies or stands still ---


async def test_the_dead_are_told_once_and_are_present_no_more(mortal_redis: RedisServer) -> None:
    url = mortal_redis.url
    async with survivor(url) as one, survivor(url) as other, mortal(url, "ada", "bob") as dying:
        await one.shows(["ada", "bob"], all_of("ada", "bob"))
        dying.kill()
        await until(lambda: bool(one.gone or other.gone), "one survivor is told")
        for each in (one, other):
            assert await each.store.of(["ada", "bob"]) == {}
        async with mortal(url, "eve") as next_to_die:
            next_to_die.kill()
            await until(lambda: len(one.gone + other.gone) >= 2, "one survivor is told of the next")
        assert sorted(one.gone + other.gone, key=len) == [all_of("eve"), all_of("ada", "bob")]


async def test_those_who_live_elsewhere_stay_present(mortal_redis: RedisServer) -> None:
    url = mortal_redis.url
    elsewhere = Meta("elsewhere", "2024-01-01T23:38:41.183Z", "idle")
    async with survivor(url) as one, survivor(url) as other, mortal(url, "ada") as dying:
        await other.store.arrive("ada", elsewhere)
        dying.kill()
        await until(lambda: bool(one.gone or other.gone), "one survivor is told")
        assert one.gone + other.gone == [all_of("ada")]
        for each in (one, other):
            assert await each.store.of(["ada"]) == {"ada": [elsewhere]}


def test_the_dead_are_noticed_within_ten_seconds() -> None:
    assert Pulse().dead_after + 2 * Pulse().beat <= 10


async def test_one_who_was_taken_for_dead_returns_and_is_told_so(mortal_redis: RedisServer) -> None:
    url = mortal_redis.url
    async with survivor(url) as one, mortal(url, "ada") as sleeping:
        sleeping.send_signal(signal.SIGSTOP)
        await until(lambda: bool(one.gone), "the survivor is told")
        assert await one.store.of(["ada"]) == {}
        sleeping.send_signal(signal.SIGCONT)
        await one.shows(["ada"], all_of("ada"))
        await says(sleeping, b"returned ada")
        assert one.gone == [all_of("ada")]


async def test_closing_with_presences_left_tells_the_others_at_once(mortal_redis: RedisServer) -> None:
    async with survivor(mortal_redis.url) as one:
        async with survivor(mortal_redis.url) as closing:
            await closing.store.arrive("ada", meta("ada"))
            await one.shows(["ada"], all_of("ada"))
        assert await one.store.of(["ada"]) == {}
        await until(lambda: one.gone == [all_of("ada")], "the others are told")


# --- Redis dies or stands still ---


async def test_everyone_is_entered_again_after_redis_lost_its_memory(mortal_redis: RedisServer) -> None:
    async with survivor(mortal_redis.url) as one, survivor(mortal_redis.url) as other:
        await one.store.arrive("ada", meta("ada"))
        await other.store.arrive("bob", meta("bob"))
        before = one.restored, other.restored
        mortal_redis.restart()
        for each in (one, other):
            await each.shows(["ada", "bob"], all_of("ada", "bob"))
            assert each.gone == each.returned == []
        await until(lambda: one.restored > before[0] and other.restored > before[1], "both are told")


async def test_who_came_and_went_while_redis_was_away_is_entered_later(mortal_redis: RedisServer) -> None:
    async with survivor(mortal_redis.url) as one, survivor(mortal_redis.url) as other:
        await one.store.arrive("ada", meta("ada"))
        mortal_redis.kill()
        async with asyncio.timeout(SOON):
            await one.store.leave("ada", "ada-ref")
            await one.store.arrive("bob", meta("bob"))
            assert await one.store.of(["ada", "bob"]) == all_of("bob")
        mortal_redis.start()
        await other.shows(["ada", "bob"], all_of("bob"))


async def test_a_redis_that_stands_still_makes_nobody_gone(mortal_redis: RedisServer) -> None:
    async with survivor(mortal_redis.url) as one, survivor(mortal_redis.url) as other:
        await one.store.arrive("ada", meta("ada"))
        mortal_redis.pause()
        async with asyncio.timeout(SOON):
            await other.store.arrive("bob", meta("bob"))  # waits out its patience, far more than `dead_after`
        mortal_redis.resume()
        for each in (one, other):
            await each.shows(["ada", "bob"], all_of("ada", "bob"))
        async with mortal(mortal_redis.url, "eve") as dying:
            dying.kill()
            await until(lambda: bool(one.gone or other.gone), "the dead are still noticed")
        assert one.gone + other.gone == [all_of("eve")]
        assert one.returned == other.returned == []


async def test_nothing_stays_in_redis_for_ever(mortal_redis: RedisServer) -> None:
    url = mortal_redis.url
    async with Redis.from_url(url, protocol=2) as redis, survivor(url) as one, mortal(url, "ada") as dying:
        await one.store.arrive("bob", meta("bob"))
        dying.kill()
        await until(lambda: bool(one.gone), "the survivor is told")
        keys = await redis.keys("hubbub:presence:*")
        assert len(keys) >= 3
        assert sorted(keys) == sorted(await redis.keys())
        for key in keys:
            assert 0 < await redis.ttl(key) <= 3600, key
