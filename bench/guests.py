"""(i) Guests come into the lobby and go again, and everybody there is told how many they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.accounts import Account, make_accounts, make_channel
from bench.asking import closing, doors
from bench.client import PATIENCE, Client, connect, staying
from bench.plan import Plan
from bench.processes import Server, cpu_seconds
from bench.results import Row, row
from hubbub.gateway.counting import INTERVAL
from hubbub.storage.lobby import LOBBY_ID

AT_ONCE = 100


class Arrived(NamedTuple):
    clients: list[Client]
    cpu: float  # seconds of the server for each
    last: float  # when the last one began to connect


async def measure(plan: Plan, folder: Path) -> list[Row]:
    with Server(folder / "channel") as server:
        [owner] = await make_accounts(server.address, 1)
        elsewhere = await _arrive(server, await _public_channel(server, owner), plan.guests)
        _leave(elsewhere.clients)
    with Server(folder / "lobby") as server:
        [watcher] = await make_accounts(server.address, 1)
        watching = await connect(server.address, watcher.token)
        await watching.join([f"conversation:{LOBBY_ID}"])
        came = watching.listen_for(_count(plan.guests))
        arrived = await _arrive(server, LOBBY_ID, plan.guests)
        until_all = await _heard(came, arrived.last)
        half = watching.listen_for(_count(plan.guests // 2))
        begun = time.perf_counter()
        _leave(arrived.clients[plan.guests // 2 :])
        until_half = await _heard(half, begun)
        _leave([watching, *arrived.clients])
    return [
        _cost(plan, arrived, elsewhere),
        _told(f"the last of {plan.guests:,} guests came, until the count is told right", until_all),
        _told(f"{plan.guests - plan.guests // 2:,} of them leave, until the count is told right", until_half),
    ]


def _count(guests: int) -> bytes:
    return b'"anonymous":%d}' % guests


async def _heard(told: asyncio.Event, since: float) -> float:
    async with asyncio.timeout(PATIENCE):
        await told.wait()
    return time.perf_counter() - since


async def _public_channel(server: Server, owner: Account) -> str:
    """A channel that guests may read."""
    channel = await make_channel(server.address, [owner])
    with closing(await doors(server.address, 1)) as opened:
        await opened[0].ask("PATCH", f"/api/channels/{channel}", {"reading": "anyone"}, owner.token)
    return channel


async def _arrive(server: Server, conversation: str, count: int) -> Arrived:
    """So many guests, who join the conversation."""
    topics, clients, waiting = [f"conversation:{conversation}"], list[Client](), iter(range(count))
    last = 0.0

    async def come() -> None:
        nonlocal last
        for _ in waiting:
            last = time.perf_counter()
            client = await connect(server.address)
            clients.append(client)
            await client.join(topics)

    before = cpu_seconds(server.processes)
    async with staying(clients):
        await asyncio.gather(*(come() for _ in range(min(AT_ONCE, count))))
    return Arrived(clients, (cpu_seconds(server.processes) - before) / count, last)


def _leave(clients: Sequence[Client]) -> None:
    for client in clients:
        client.drop()


def _cost(plan: Plan, lobby: Arrived, elsewhere: Arrived) -> Row:
    return row(
        "i",
        f"CPU for each of {plan.guests:,} guests who come into the lobby and are told how many they are",
        lobby.cpu * 1e6,
        "µs",
        against="into a channel without a count",
        baseline=elsewhere.cpu * 1e6,
        details={},
    )


def _told(what: str, seconds: float) -> Row:
    return row("i", what, seconds, "s", against="between two looks", baseline=INTERVAL, details={})
