"""(h) A storm of rooms: made, joined and talked in, and ended by silence; what others wait meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.accounts import Account, make_accounts
from bench.asking import Door, closing, doors, shared
from bench.client import CONTENT, Ids
from bench.plan import Plan
from bench.processes import Server, cpu_seconds, result_of
from bench.pulse import Waits, pulse
from bench.results import Row, row
from hubbub.wire.signing import room_message_bytes
from tests.rooms import Key

OWNERS = 20
AGAINST = "sqlite3, a commit each"


class Done(NamedTuple):
    seconds: float
    cpu: float  # seconds of the server


async def measure(plan: Plan, folder: Path) -> list[Row]:
    limits = {"HUBBUB_ROOMS_PER_USER": str(plan.rooms), "HUBBUB_ROOM_IDLE_SECONDS": str(plan.room_seconds)}
    with Server(folder / "rooms", environment=limits) as server:
        commits = result_of("commits", "sqlite", str(folder / "commits.db"), str(plan.seconds))
        storm = Storm(server, await make_accounts(server.address, min(OWNERS, plan.rooms)), plan.rooms)
        with closing(await doors(server.address)) as opened:
            made = await storm.timed(storm.make(opened))
            used = await storm.timed(storm.use(opened))
            talk = await pulse(server.address)
            beside = await talk.during(asyncio.sleep(plan.seconds))
            ended = await talk.during(storm.end(opened, plan.room_seconds))
            talk.close()
    least = commits["seconds"] / commits["messages"]
    return [
        _rate(f"{plan.rooms:,} rooms made", "rooms/s", plan.rooms, made, least),
        _rate(f"a join and a signed message in each of {plan.rooms:,} rooms", "of both/s", plan.rooms, used, least * 2),
        _waited(plan, beside, ended, storm.late),
    ]


class Storm:
    """Rooms, each of which one guest comes into and says something in."""

    def __init__(self, server: Server, owners: Sequence[Account], count: int) -> None:
        self._server = server
        self._owners = owners
        self._count = count
        self._rooms: list[str] = []
        self._ids = Ids()
        self._quiet_since = 0.0
        self.late = 0.0  # seconds after the last room was due that it had ended

    async def timed(self, work: Any) -> Done:
        cpu, begun = cpu_seconds(self._server.processes), time.perf_counter()
        await work
        return Done(time.perf_counter() - begun, cpu_seconds(self._server.processes) - cpu)

    async def make(self, opened: Sequence[Door]) -> None:
        async def one(door: Door, number: int) -> str:
            owner = self._owners[number % len(self._owners)]
            return str((await door.ask("POST", "/api/rooms", {"title": f"Room {number}"}, owner.token))["id"])

        self._rooms = await shared(opened, one, range(self._count))

    async def use(self, opened: Sequence[Door]) -> None:
        await shared(opened, self._use, self._rooms)
        self._quiet_since = time.perf_counter()

    async def _use(self, door: Door, room: str) -> None:
        key, id = Key(), self._ids.next()
        joined = await door.ask("POST", f"/api/rooms/{room}/join", {"name": "Guest", "public_key": key.public})
        guest = joined["participant"]
        signature = key.sign(room_message_bytes(room, id, guest["name"], CONTENT))
        said = {"id": id, "participant": guest["id"], "text": CONTENT, "signature": signature}
        await door.ask("POST", f"/api/rooms/{room}/messages", said)

    async def end(self, opened: Sequence[Door], idle: int) -> None:
        """Nothing is said any more; returns when no room is left."""
        due = self._quiet_since + idle
        async with asyncio.timeout(idle + 60):
            while True:
                found = await shared(opened, self._lasting, self._owners)
                if not any(found):
                    break
                await asyncio.sleep(0.1)
        self.late = time.perf_counter() - due

    async def _lasting(self, door: Door, owner: Account) -> int:
        return len((await door.ask("GET", "/api/rooms", token=owner.token))["items"])


def _rate(what: str, unit: str, count: int, done: Done, least: float) -> Row:
    """`least`: seconds of the baseline for one."""
    cpu = {"CPU µs each": done.cpu / count * 1e6}
    return row("h", what, count / done.seconds, unit, against=AGAINST, baseline=1 / least, details=cpu)


def _waited(plan: Plan, beside: Waits, ended: Waits, late: float) -> Row:
    return row(
        "h",
        f"longest wait of another's message while {plan.rooms:,} rooms end",
        ended.longest * 1e3,
        "ms",
        against="beside nothing",
        baseline=beside.longest * 1e3,
        details={"p50 ms": ended.middle * 1e3, "beside nothing": beside.middle * 1e3, "last room gone, s late": late},
    )
