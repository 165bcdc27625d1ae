"""`kill -9` of server processes under load: what was acknowledged is there, once, in one order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.conftest import Tell
from tests.faults.party import Party
from tests.server import Cluster, ServerProcess

PRESENCE_WITHIN = 10.0  # seconds (Hubbub protocol, section 5)


async def test_kill_of_the_server_on_sqlite(tmp_path: Path, rounds: range, tell: Tell) -> None:
    with ServerProcess(tmp_path) as server:
        async with Party(server) as party:
            for number in rounds:
                await party.talk()
                await party.lose_networks()
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
                await party.talk()
                tell(number, await party.count())


@pytest.mark.postgres
@pytest.mark.redis
async def test_kill_of_one_of_two_servers(mortal_cluster: Cluster, rounds: range, tell: Tell) -> None:
    first, second = mortal_cluster.first, mortal_cluster.second
    async with Party(first, second) as party:
        for number in rounds:
            await party.talk()
            await party.lose_networks()
            await asyncio.to_thread(first.kill)
            right_again = asyncio.create_task(party.presence_right(PRESENCE_WITHIN, without=first))
            await party.talk()
            await asyncio.to_thread(first.start)
            seconds = await right_again
            tell(number, await party.count(), f", presence right after {seconds:.1f} s")


@pytest.mark.postgres
@pytest.mark.redis
async def test_kill_of_both_servers(mortal_cluster: Cluster, rounds: range, tell: Tell) -> None:
    servers = (mortal_cluster.first, mortal_cluster.second)
    async with Party(*servers) as party:
        for number in rounds:
            await party.talk()
            await party.lose_networks()
            await asyncio.gather(*(asyncio.to_thread(server.kill) for server in servers))
            await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
            await party.talk()
            tell(number, await party.count())
