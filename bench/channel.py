"""(g) One channel of very many: how long until the last one hears, and what others wait while it is closed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from statistics import median

from bench.accounts import Account, make_accounts, make_channel
from bench.asking import closing, doors
from bench.client import PATIENCE, connect
from bench.fanout import Burst, burst, hall_of, rivals
from bench.plan import Plan
from bench.processes import Baseline, Server
from bench.pulse import Waits, pulse
from bench.results import Row, row

QUIET = 2.0  # seconds of talk beside nothing


async def measure(plan: Plan, folder: Path) -> list[Row]:
    with Server(folder / "channel") as server:
        accounts = await make_accounts(server.address, plan.crowd)  # of whom the first speaks, and hears it too
        channel = await make_channel(server.address, accounts)
        hall = await hall_of(server, channel, accounts)
        sample = folder / "broadcast"
        sample.write_bytes(await hall.sample())
        ours = [await burst(hall, 1, plan.seconds) for _ in range(plan.rounds)]
        hall.close()
        talk = await pulse(server.address)
        beside = await talk.during(asyncio.sleep(min(QUIET, plan.seconds)))
        closed = await talk.during(_close(server, channel, accounts))
        talk.close()
    with Baseline("bare", str(sample)) as baseline:
        bare = await rivals(baseline, hall.triggers, plan.crowd - 1)
        theirs = [await burst(bare, 1, plan.seconds) for _ in range(plan.rounds)]
        bare.close()
    return [_heard(plan, ours, theirs), _waited(plan, beside, closed)]


async def _close(server: Server, channel: str, accounts: list[Account]) -> None:
    """The owner closes the channel; returns when the last of its subscribers has been told so."""
    last = max(accounts, key=lambda account: account.id)  # they are told in the order of their ids
    client = await connect(server.address, last.token)
    await client.join([f"user:{last.id}"])
    told = client.listen_for(b'"conversation_removed"')
    with closing(await doors(server.address, 1)) as opened:
        await opened[0].ask("DELETE", f"/api/channels/{channel}", token=accounts[0].token)
    async with asyncio.timeout(PATIENCE):
        await told.wait()
    client.drop()


def _heard(plan: Plan, ours: list[Burst], theirs: list[Burst]) -> Row:
    took, least = (plan.crowd / median(one.rate for one in bursts) * 1e3 for bursts in (ours, theirs))
    return row(
        "g",
        f"a message in a channel of {plan.crowd:,}, until the last has it",
        took,
        "ms",
        against="bare loop",
        baseline=least,
        details={
            "deliveries/s": median(one.rate for one in ours),
            "CPU µs a delivery": median(one.cpu for one in ours) * 1e6,
            "of the baseline": median(one.cpu for one in theirs) * 1e6,
            "load's core": median(one.load for one in ours),
        },
    )


def _waited(plan: Plan, beside: Waits, closed: Waits) -> Row:
    return row(
        "g",
        f"longest wait of another's message while a channel of {plan.crowd:,} is closed",
        closed.longest * 1e3,
        "ms",
        against="beside nothing",
        baseline=beside.longest * 1e3,
        details={"p50 ms": closed.middle * 1e3, "beside nothing": beside.middle * 1e3},
    )
