"""PostgreSQL is stopped, or killed, under load: writes are refused meanwhile, and then go on by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.faults.conftest import Tell
from tests.faults.party import Party
from tests.people import SYSTEM, People, start_private
from tests.server import Cluster
from tests.services import PostgresServer

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


async def test_restart_of_postgresql(
    mortal_cluster: Cluster, mortal_postgres: PostgresServer, rounds: range, tell: Tell
) -> None:
    await _go_on(mortal_cluster, mortal_postgres, mortal_postgres.stop, rounds, tell)


async def test_kill_of_postgresql(
    mortal_cluster: Cluster, mortal_postgres: PostgresServer, rounds: range, tell: Tell
) -> None:
    await _go_on(mortal_cluster, mortal_postgres, mortal_postgres.kill, rounds, tell)


async def _go_on(
    cluster: Cluster, database: PostgresServer, end: Callable[[], None], rounds: range, tell: Tell
) -> None:
    processes = (cluster.first.pid, cluster.second.pid)
    async with Party(cluster.first, cluster.second) as party:
        for number in rounds:
            await party.talk()
            before = party.refusals("unavailable")
            await asyncio.to_thread(end)
            await party.each_is_refused("unavailable", before)
            await asyncio.to_thread(database.start)
            await party.talk()
            await party.presence_right()
            tell(number, await party.count())
    assert (cluster.first.pid, cluster.second.pid) == processes
    assert cluster.first.running
    assert cluster.second.running


async def test_who_comes_while_it_is_away_is_shown_who_is_there_when_it_is_back(
    mortal_cluster: Cluster, mortal_postgres: PostgresServer
) -> None:
    async with People(mortal_cluster.first) as people:
        ann, ben = await people.sign_up("Ann", "Ben")
        a = await ann.arrive()
        await start_private(a, ben)
        await asyncio.to_thread(mortal_postgres.stop)
        b = await ben.connect()
        await b.join(SYSTEM)
        await asyncio.to_thread(mortal_postgres.start)
        state = await b.wait_for(SYSTEM, "presence_state")
        assert state.keys() == {ann.id, ben.id}
