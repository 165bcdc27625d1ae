"""Limits that several processes count together in Redis, and what holds while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from hubbub.auth.limits import Rule
from hubbub.auth.limits_redis import AWAY, RedisLimiter
from hubbub.wire.errors import TooFast
from tests.services import RedisServer, free_port

SLOW = Rule("slow", 1 / 1000, 3)  # nothing comes back while a test runs

pytestmark = pytest.mark.redis


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def spendable(limiter: RedisLimiter, key: str, rule: Rule = SLOW) -> int:
    """How many are granted at once."""
    for granted in range(100):
        try:
            await limiter.spend(rule, key)
        except TooFast:
            return granted
    raise AssertionError("There is no limit.")


async def wait_for_one(limiter: RedisLimiter, key: str, rule: Rule) -> None:
    """As long as the refusals say, which is not forever."""
    for _ in range(100):
        try:
            return await limiter.spend(rule, key)
        except TooFast as refused:
            await asyncio.sleep(refused.extra["retry_after"])
    raise AssertionError("Nothing comes back.")


@pytest.fixture
async def two(redis_url: str) -> AsyncIterator[tuple[RedisLimiter, RedisLimiter]]:
    prefix = uuid4().hex
    async with AsyncExitStack() as stack:
        processes = RedisLimiter(redis_url, prefix=prefix), RedisLimiter(redis_url, prefix=prefix)
        for process in processes:
            stack.push_async_callback(process.close)
        yield processes


async def test_two_processes_grant_one_burst_together(two: tuple[RedisLimiter, RedisLimiter]) -> None:
    one, other = two
    await one.spend(SLOW, "a")
    assert await spendable(other, "a") == 2
    assert await spendable(one, "a") == 0
    assert await spendable(one, "b") == 3
    assert await spendable(other, "a", Rule("another", 1 / 1000, 1)) == 1


async def test_a_refusal_costs_nothing_and_says_when_to_come_back(two: tuple[RedisLimiter, RedisLimiter]) -> None:
    await spendable(two[0], "a")
    for _ in range(3):
        with pytest.raises(TooFast) as refused:
            await two[1].spend(SLOW, "a")
        assert 990 <= refused.value.extra["retry_after"] <= 1000


async def test_what_is_forgiven_is_forgiven_everywhere(two: tuple[RedisLimiter, RedisLimiter]) -> None:
    await spendable(two[0], "a")
    await two[1].forgive(SLOW, "a")
    assert await spendable(two[0], "a") == 3


async def test_a_bucket_fills_again_by_the_clock_of_redis(two: tuple[RedisLimiter, RedisLimiter]) -> None:
    quick = Rule("quick", 20, 1)
    for _ in range(3):
        await wait_for_one(two[0], "a", quick)


async def test_nothing_is_kept_of_a_bucket_that_is_full(two: tuple[RedisLimiter, RedisLimiter], redis_url: str) -> None:
    await two[0].spend(Rule("quick", 1000, 1), uuid4().hex)
    async with Redis.from_url(redis_url) as redis:
        [name] = [name async for name in redis.scan_iter(f"{two[0]._prefix}*")]
        assert 0 < await redis.pttl(name) <= 1001


async def test_each_process_counts_alone_while_redis_is_away_and_asks_it_again_later() -> None:
    clock = Clock()
    with RedisServer() as redis:
        limiter = RedisLimiter(redis.url, clock=clock)
        await limiter.spend(SLOW, "a")
        redis.kill()
        assert await spendable(limiter, "a") == 3
        redis.start()
        assert await spendable(limiter, "a") == 0  # it is not asked yet
        clock.now += AWAY
        assert await spendable(limiter, "a") == 3  # a Redis that forgot everything
        await limiter.close()


async def test_there_is_no_redis_from_the_start() -> None:
    limiter = RedisLimiter(f"redis://127.0.0.1:{free_port()}")
    assert await spendable(limiter, "a") == 3
    await limiter.forgive(SLOW, "a")
    assert await spendable(limiter, "a") == 3
    await limiter.close()
