"""(d) Everybody comes at once: connect, sign in, join three topics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.accounts import make_accounts
from bench.client import Address, Client, connect
from bench.idle import GROUP, groups_of, join_three
from bench.plan import Plan
from bench.processes import Baseline, Server, cpu_seconds
from bench.results import Row, row

AT_ONCE = 200
QUERIES = "hubbub_database_queries_total"
CACHE_OFF = {"HUBBUB_CACHE_ENTRIES": "0"}


class Rush(NamedTuple):
    rate: float  # sockets a second
    p50: float
    p99: float
    cpu: float  # seconds of the server per socket
    queries: float  # per socket
    hits: float  # of the cache, per socket


async def measure(plan: Plan, folder: Path) -> list[Row]:
    empty = folder / "nothing"
    empty.write_bytes(b"[]")
    with Baseline("broadcast", str(empty)) as library:
        least = await _connect_all(library.address, plan.connecting)
    rows = []
    for name, environment in (("with the cache", {}), ("without it", CACHE_OFF)):
        rush = await _rush(plan, folder / name.replace(" ", "-"), environment)
        rows.append(
            row(
                "d",
                f"{plan.connecting:,} users connect, sign in and join three topics, {name}",
                rush.rate,
                "sockets/s",
                against="websockets, connecting alone",
                baseline=least,
                details={
                    "p50 ms": rush.p50 * 1e3,
                    "p99 ms": rush.p99 * 1e3,
                    "CPU µs a socket": rush.cpu * 1e6,
                    "cache hits a socket": rush.hits,
                    "queries a socket": rush.queries,
                },
            )
        )
    return rows


async def _rush(plan: Plan, folder: Path, environment: dict[str, str]) -> Rush:
    with Server(folder, environment=environment) as server:
        accounts = await make_accounts(server.address, plan.connecting)
        topics = await groups_of(server, accounts)
        waiting = iter(range(len(accounts)))
        clients: list[Client] = []
        times: list[float] = []

        async def come(numbers: Iterator[int]) -> None:
            for number in numbers:
                begun = time.perf_counter()
                clients.append(await join_three(server, accounts[number], topics[number // GROUP]))
                times.append(time.perf_counter() - begun)

        before, cpu, begun = server.metrics(), cpu_seconds(server.processes), time.perf_counter()
        await asyncio.gather(*(come(waiting) for _ in range(AT_ONCE)))
        passed, cpu = time.perf_counter() - begun, cpu_seconds(server.processes) - cpu
        after = server.metrics()
        for client in clients:
            client.drop()
    count = len(times)
    times.sort()
    counted = {name: (after[name] - before.get(name, 0.0)) / count for name in after}
    return Rush(
        rate=count / passed,
        p50=times[count // 2],
        p99=times[int(count * 0.99)],
        cpu=cpu / count,
        queries=counted[QUERIES],
        hits=counted["hubbub_cache_hits_total"],
    )


async def _connect_all(address: Address, count: int) -> float:
    """Sockets a second that do nothing but connect."""
    waiting, clients = iter(range(count)), list[Client]()

    async def come() -> None:
        for _ in waiting:
            clients.append(await connect(address))

    begun = time.perf_counter()
    await asyncio.gather(*(come() for _ in range(AT_ONCE)))
    passed = time.perf_counter() - begun
    for client in clients:
        client.drop()
    return count / passed
