"""How many are connected is right again soon after one of two processes dies without a word."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.chat import Chat
from tests.people import People
from tests.server import Cluster
from tests.services import PostgresServer, RedisServer

RIGHT_WITHIN = 10.0  # seconds


@pytest.mark.postgres
@pytest.mark.redis
async def test_the_count_is_right_after_kill_9_of_one_process(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    database = postgres.create_database()
    with Cluster(tmp_path, database_url=database, redis_url=redis_server.url) as cluster:
        async with People(cluster.first) as people, await Chat.connect(cluster.first) as watching:
            [ada, bob] = await people.sign_up("Ada", "Bob")
            for person in (ada, ada, bob, None, None):
                token = person.token if person is not None else None
                await people.open(cluster.second, token)
            await ada.connect()
            await watching.wait_for("user_count", _is(2, 3))
            watching.heard.clear()
            cluster.second.kill()
            killed = time.monotonic()
            await watching.wait_for("user_count", _is(1, 1))
            assert time.monotonic() - killed < RIGHT_WITHIN
            cluster.second.start()
            async with await Chat.connect(cluster.second) as back:
                await back.wait_for("user_count", _is(1, 2))


def _is(authorized: int, anonymous: int) -> Any:
    return lambda told: (told["authorized"], told["anonymous"]) == (authorized, anonymous)
