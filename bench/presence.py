"""(j) Everybody in a channel comes online: what that tells others, beside the same people without the channel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.accounts import Account, make_accounts, make_channel
from bench.client import Client, connect
from bench.plan import Plan
from bench.processes import Server, cpu_seconds
from bench.results import Row, row

CONTACTS = 9  # of each: the others of one small group
FRAMES = "hubbub_socket_frames_sent_total"
JOINS = 3


class Coming(NamedTuple):
    """Of each who came: frames that were no answers, and seconds, of the clock and of the server."""

    frames: float
    passed: float
    cpu: float


async def measure(plan: Plan, folder: Path) -> list[Row]:
    alone = await _come(plan.listeners, folder / "without", in_a_channel=False)
    ours = await _come(plan.listeners, folder / "with", in_a_channel=True)
    return [
        row(
            "j",
            f"{plan.listeners:,} users of one channel come online, {CONTACTS} contacts each: presence told for each",
            ours.frames,
            "frames",
            against="without the channel",
            baseline=alone.frames,
            aim="as many",
            met=ours.frames <= alone.frames,
            details={
                "if the channel made contacts": (plan.listeners - 1) / 2 + 2,
                "CPU µs a user": ours.cpu * 1e6,
                "of the baseline": alone.cpu * 1e6,
                "ms a user": ours.passed * 1e3,
            },
        )
    ]


async def _come(count: int, folder: Path, *, in_a_channel: bool) -> Coming:
    """One after the other, so that whoever comes is told to all their contacts who are there."""
    with Server(folder) as server:
        accounts = await make_accounts(server.address, count)
        size = CONTACTS + 1
        groups = [accounts[first : first + size] for first in range(0, count, size)]
        topics = [await _acquaint(server, members) for members in groups]
        if in_a_channel:
            topics = [f"conversation:{await make_channel(server.address, accounts)}"] * len(groups)
        before = await _settled(server)
        cpu, begun = cpu_seconds(server.processes), time.perf_counter()
        clients = await _arrive(server, accounts, topics, size)
        after, passed = await _settled(server), time.perf_counter() - begun
        cpu = cpu_seconds(server.processes) - cpu
        for client in clients:
            client.drop()
    return Coming((after - before) / count - JOINS, passed / count, cpu / count)


async def _acquaint(server: Server, members: Sequence[Account]) -> str:
    """The topic of a group into which one is let by its members, who are contacts by it; in the form of seed 003."""
    owner, *others = members
    client = await connect(server.address, owner.token)
    await client.join(["system:general"])
    payload = {"user_ids": [other.id for other in others], "public_key": {}, "private_key": {}}
    begun = await client.ask("system:general", "start_group_conversation", payload)
    client.drop()
    return f"conversation:{begun['conversation_id']}"


async def _arrive(server: Server, accounts: Sequence[Account], topics: Sequence[str], size: int) -> list[Client]:
    clients = []
    for number, account in enumerate(accounts):
        client = await connect(server.address, account.token)
        await client.join(["system:general", f"user:{account.id}", topics[number // size]])
        clients.append(client)
    return clients


async def _settled(server: Server) -> float:
    """Frames that were sent, once no more come."""
    before, now = -1.0, server.metrics()[FRAMES]
    while now != before:
        await asyncio.sleep(0.5)
        before, now = now, server.metrics()[FRAMES]
    return now
