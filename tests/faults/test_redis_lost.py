"""Redis is killed, or stands still: two servers go on, and afterwards everyone learns of what they missed."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.faults.conftest import Tell
from tests.faults.party import Party
from tests.server import Cluster, ServerProcess
from tests.services import RedisServer, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


async def test_kill_of_redis(mortal_cluster: Cluster, mortal_redis: RedisServer, rounds: range, tell: Tell) -> None:
    async with Party(mortal_cluster.first, mortal_cluster.second) as party:
        for number in rounds:
            await party.talk()
            await asyncio.to_thread(mortal_redis.kill)
            await party.talk()
            await party.fall_silent()
            # No message follows that could show the gap: what was missed is found by the server's word alone.
            await asyncio.to_thread(mortal_redis.start)
            await party.caught_up()
            await party.presence_right()
            await party.talk(10)
            tell(number, await party.count())


async def test_pause_of_redis_that_nobody_notices(
    mortal_cluster: Cluster, mortal_redis: RedisServer, rounds: range, tell: Tell
) -> None:
    async with Party(mortal_cluster.first, mortal_cluster.second) as party:
        for number in rounds:
            await party.talk()
            mortal_redis.pause()
            await party.talk()
            await party.fall_silent()
            mortal_redis.resume()
            await party.caught_up()
            tell(number, await party.count())


async def test_pause_of_redis_that_counts_as_its_end(
    mortal_cluster: Cluster, mortal_redis: RedisServer, rounds: range, tell: Tell
) -> None:
    servers = (mortal_cluster.first, mortal_cluster.second)
    async with Party(*servers) as party:
        for number in rounds:
            await party.talk()
            mortal_redis.pause()
            await asyncio.gather(*(asyncio.to_thread(given_up, server) for server in servers))
            await party.talk()
            await party.fall_silent()
            mortal_redis.resume()
            await party.caught_up()
            await party.presence_right()
            await party.talk(10)
            tell(number, await party.count())


def given_up(server: ServerProcess) -> None:
    """Returns when the server says that Redis does not answer."""

    def says_so() -> bool:
        return httpx.get(f"{server.url}/readyz", timeout=10, trust_env=False).status_code == 503

    wait_until(says_so, "the server has noticed that Redis is away")
