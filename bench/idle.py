"""(a) What an idle socket costs in memory: resident bytes of the server's process, without the kernel's buffers.

The pages of the database that the process maps are told apart: they belong to the kernel's cache of files, there are
as many of them as of users who were read, and they go when memory is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.accounts import Account, make_accounts, make_group
from bench.client import Client, connect
from bench.plan import Plan
from bench.processes import Baseline, Resident, Server, resident
from bench.results import Row, row

GROUP = 1_000  # members of an open group: above the size in which members see who is online
FIRST = 50  # sockets before the first measurement, so that what is made once does not count
SETTLED = 32 * 1024  # bytes that may come or go in the time of a look


class Cost(NamedTuple):
    """Bytes of a socket."""

    own: float
    with_files: float


Opened = Callable[[int], Awaitable[Client]]


async def measure(plan: Plan, folder: Path) -> list[Row]:
    empty = folder / "nothing"
    empty.write_bytes(b"[]")
    with Baseline("bare", str(empty)) as bare, Baseline("broadcast", str(empty)) as library:
        least = await _each(bare.processes, plan.idle, lambda number: connect(bare.address))
        websockets = await _each(library.processes, plan.idle, lambda number: connect(library.address))
    with Server(folder / "idle") as server:
        guest = await _each(server.processes, plan.idle, lambda number: connect(server.address))
    with Server(folder / "joined") as server:
        accounts = await make_accounts(server.address, plan.idle + FIRST)
        topics = await groups_of(server, accounts)

        async def joined(number: int) -> Client:
            return await join_three(server, accounts[number], topics[number // GROUP])

        signed_in = await _each(server.processes, plan.idle, joined)
    return [
        _row(f"idle guest socket, of {plan.idle:,}", guest, least, websockets, 2.0),
        _row(f"signed-in socket in three topics, of {plan.idle:,} users", signed_in, least, websockets, 4.0),
    ]


async def groups_of(server: Server, accounts: Sequence[Account]) -> list[str]:
    """The topics of open groups that all accounts are in, a thousand in each."""
    shares = [accounts[first : first + GROUP] for first in range(0, len(accounts), GROUP)]
    return [f"conversation:{await make_group(server.address, share)}" for share in shares]


async def join_three(server: Server, account: Account, topic: str) -> Client:
    """A socket as a client opens it: signed in by the address, then all its joins at once."""
    client = await connect(server.address, account.token)
    await client.join(["system:general", f"user:{account.id}", topic])
    return client


async def _each(processes: list[int], count: int, opened: Opened) -> Cost:
    """Bytes for each of so many sockets."""
    clients = [await opened(number) for number in range(FIRST)]
    before = await _settled(processes)
    clients += [await opened(FIRST + number) for number in range(count)]
    after = await _settled(processes)
    for client in clients:
        client.drop()
    return Cost((after.own - before.own) / count, (after.with_files - before.with_files) / count)


async def _settled(processes: list[int]) -> Resident:
    """Resident bytes once they have stopped changing."""
    before, now = -SETTLED, resident(processes)
    for _ in range(40):
        if abs(now.own - before) < SETTLED:
            break
        await asyncio.sleep(0.25)
        before, now = now.own, resident(processes)
    return now


def _row(what: str, ours: Cost, least: Cost, websockets: Cost, aim: float) -> Row:
    return row(
        "a",
        what,
        ours.own / 1024,
        "KiB",
        against="bare loop",
        baseline=least.own / 1024,
        aim=f"{aim:g} KiB",
        met=ours.own <= aim * 1024,
        details={"websockets KiB": websockets.own / 1024, "with mapped files KiB": ours.with_files / 1024},
    )
