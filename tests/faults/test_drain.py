"""SIGTERM under load: what is acknowledged stays, everyone is told to come back, and the process ends by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hubbub.wire.errors import CloseCode
from tests.faults.conftest import Tell
from tests.faults.party import Party
from tests.server import Cluster, ServerProcess

DRAIN_SECONDS = 10  # what the settings allow by default; longer is a forced end with another status


async def test_drain_on_sqlite(tmp_path: Path, rounds: range, tell: Tell) -> None:
    with ServerProcess(tmp_path) as server:
        async with Party(server) as party:
            for number in rounds:
                await party.talk()
                await _drain(party, server)
                await party.talk()
                tell(number, await party.count())


@pytest.mark.postgres
@pytest.mark.redis
async def test_drain_of_one_of_two_servers(mortal_cluster: Cluster, rounds: range, tell: Tell) -> None:
    first = mortal_cluster.first
    async with Party(first, mortal_cluster.second) as party:
        for number in rounds:
            await party.talk()
            await _drain(party, first)
            await party.talk()
            tell(number, await party.count())


async def _drain(party: Party, server: ServerProcess) -> None:
    """Stop and start it again, and see that everyone who was on it was told to come back."""
    closes = {device.name: (device.closes, len(device.closes)) for device in party.devices if device.server is server}
    assert closes
    assert await asyncio.to_thread(server.stop, seconds=DRAIN_SECONDS + 5) == 0
    await party.until(lambda: all(len(codes) > before for codes, before in closes.values()), "all have noticed")
    closed_with = {name: codes[before:] for name, (codes, before) in closes.items()}
    assert closed_with == {name: [CloseCode.RESTART] for name in closes}
    await asyncio.to_thread(server.start)
