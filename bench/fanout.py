"""(b) One open group of many listeners: how much is delivered, and how late the last one hears."""

from __future__ import annotations

import asyncio
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple, cast

from bench.accounts import Account, in_turn, make_accounts, make_group
from bench.client import PUSH, STILL_HERE, Client, Frames, Ids, connect, message, staying, wire_length
from bench.plan import Plan
from bench.processes import Baseline, Server, cpu_seconds
from bench.results import Row, row

BARE, BROADCAST = "bare loop", "websockets.broadcast"
AT_ONCE = 50
HELD = 0.050  # seconds: the p99 below which a rate counts as held
LONGEST_ROUND = 30.0


async def measure(plan: Plan, folder: Path) -> list[Row]:
    """Fan-out with so many messages in flight, then at an even pace."""
    with Server(folder / "fanout") as server, ExitStack() as stack:
        hall = await _group(server, plan.listeners)
        sample = folder / "broadcast"
        sample.write_bytes(await hall.sample())
        halls = {"hubbub": hall}
        for name, module in ((BARE, "bare"), (BROADCAST, "broadcast")):
            halls[name] = await rivals(
                stack.enter_context(Baseline(module, str(sample))), hall.triggers, plan.listeners
            )
        rows = []
        for flight in plan.in_flight:
            rows += await _in_flight(plan, halls, flight)
        for rate in plan.rates:
            rows.append(await _paced(plan, halls, rate))
        for each in halls.values():
            each.close()
    return rows


# --- the halls --------------------------------------------------------------------------------------------------------


class Hall:
    """Listeners of one server and the socket that speaks to them.

    All listeners get the same bytes, so the first one reads frames and the others only count what they got.
    """

    def __init__(self, speaker: Client, listeners: Sequence[Client], triggers: Callable[[int], list[bytes]]) -> None:
        self.processes: list[int] = []
        self.triggers = triggers
        self.ends: list[int] = []  # where each broadcast ended in the bytes of a listener
        self.target = -1  # bytes at which the last broadcast that is waited for ends
        self._expected = 0
        self._missing = 0
        self._done: asyncio.Future[None] | None = None
        self._clients = [speaker, *listeners]
        self.speaker = Speaker(self)
        self._speaker = speaker.transport
        self.log: Log | None = None
        self.broken = False  # a socket was closed, or what was said did not come
        self.listeners = [First(self), *(Listener(self) for _ in listeners[1:])]
        speaker.transport.set_protocol(self.speaker)
        for client, listener in zip(listeners, self.listeners, strict=True):
            client.transport.set_protocol(listener)

    async def sample(self) -> bytes:
        """The payload of one broadcast."""
        await self.round(1)
        return cast("First", self.listeners[0]).last

    def stay(self) -> None:
        """Silent sockets would be closed."""
        for client in self._clients:
            client.transport.write(STILL_HERE)

    async def round(self, count: int) -> None:
        """Say so many at once; returns when the last listener has the last of them."""
        await self.all_heard(count, b"".join(self.triggers(count)))

    async def all_heard(self, count: int, spoken: bytes) -> None:
        self.expect(count)
        self._speaker.write(spoken)
        await self.heard()

    def expect(self, count: int) -> None:
        self._expected += count
        self.target = -1
        self._done = asyncio.get_running_loop().create_future()

    def speak(self, frames: bytes) -> None:
        self._speaker.write(frames)

    async def heard(self, seconds: float = LONGEST_ROUND) -> None:
        """Returns when all have what was expected; raises `TimeoutError`, or `RuntimeError` when one was lost."""
        assert self._done is not None
        async with asyncio.timeout(seconds):
            await self._done
        if any(listener.total != self.target for listener in self.listeners):
            raise RuntimeError("listeners of one group got different bytes")

    # --- called by the listeners ----------------------------------------------------------------------------------

    def read(self, length: int) -> None:
        """The first listener read a broadcast of this length."""
        self.ends.append((self.ends[-1] if self.ends else 0) + length)
        if len(self.ends) == self._expected:
            self.target = self.ends[-1]
            self._missing = sum(listener.total < self.target for listener in self.listeners)
            if not self._missing:
                self._finish()

    def reached(self) -> None:
        """A listener has got as far as the target."""
        self._missing -= 1
        if not self._missing:
            self._finish()

    def lost(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(RuntimeError("the server closed a listener's socket"))

    def _finish(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(None)

    def close(self) -> None:
        for client in self._clients:
            client.drop()


class Listener(asyncio.Protocol):
    """Counts bytes; while there is a log, it also notes when they came."""

    __slots__ = ("hall", "number", "total")

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.total = 0

    def data_received(self, data: bytes) -> None:
        self.total = total = self.total + len(data)
        hall = self.hall
        if hall.log is not None:
            hall.log.note(self, total)
        if total == hall.target:
            hall.reached()

    def connection_lost(self, exc: Exception | None) -> None:
        self.hall.lost()


class First(Listener):
    """Reads what all get."""

    __slots__ = ("_frames", "last")

    def __init__(self, hall: Hall) -> None:
        super().__init__(hall)
        self._frames = Frames()
        self.last = b""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        for payload in self._frames.feed(data):
            self.last = payload
            self.hall.read(wire_length(payload))


class Speaker(asyncio.Protocol):
    """Counts what was acknowledged and what was refused."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.refused = 0
        self._frames = Frames()

    def data_received(self, data: bytes) -> None:
        for payload in self._frames.feed(data):
            if not payload.startswith(PUSH) and b'"status":"ok"' not in payload[:160]:
                self.refused += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.hall.lost()


async def _group(server: Server, listeners: int) -> Hall:
    """The hall of an open group, each listener a user of their own."""
    accounts = await make_accounts(server.address, listeners + 1)
    return await hall_of(server, await make_group(server.address, accounts), accounts)


async def hall_of(server: Server, conversation: str, accounts: Sequence[Account]) -> Hall:
    """The hall of a conversation that has begun, in which the first speaks."""
    topic = f"conversation:{conversation}"
    clients = [await connect(server.address, account.token) for account in accounts[:1]]

    async def come(account: Account) -> None:
        client = await connect(server.address, account.token)
        clients.append(client)
        await client.join([topic])

    await clients[0].join([topic])
    async with staying(clients):
        await in_turn([come(account) for account in accounts[1:]], AT_ONCE)
    ids = Ids()

    def triggers(count: int) -> list[bytes]:
        return [message(topic, ids.next()) for _ in range(count)]

    hall = Hall(clients[0], clients[1:], triggers)
    hall.processes = server.processes
    return hall


async def rivals(baseline: Baseline, triggers: Callable[[int], list[bytes]], count: int) -> Hall:
    """The hall of a baseline, which is spoken to with the same bytes."""
    speaker = await connect(baseline.address)
    listeners = [await connect(baseline.address) for _ in range(count)]
    for listener in listeners:
        await listener.listen()
    hall = Hall(speaker, listeners, triggers)
    hall.processes = baseline.processes
    return hall


# --- so many in flight ------------------------------------------------------------------------------------------------


class Burst(NamedTuple):
    rate: float  # deliveries a second
    cpu: float  # seconds of the server per delivery
    load: float  # of one core, used by this process


async def _in_flight(plan: Plan, halls: dict[str, Hall], flight: int) -> list[Row]:
    """Bursts of each in turn, so that what disturbs the machine disturbs them alike."""
    bursts: dict[str, list[Burst]] = {name: [] for name in halls}
    for _ in range(plan.rounds):
        for name, hall in halls.items():
            bursts[name].append(await burst(hall, flight, plan.seconds))
    what = f"fan-out to {plan.listeners:,} sockets, {flight} in flight"
    rate = {name: median(burst.rate for burst in of) for name, of in bursts.items()}
    cpu = {name: median(burst.cpu for burst in of) * 1e6 for name, of in bursts.items()}
    load = median(burst.load for burst in bursts["hubbub"])
    rows = []
    for against, aim in ((BARE, 0.9), (BROADCAST, 1.5)):
        ratio = rate["hubbub"] / rate[against]
        rows.append(
            row(
                "b",
                what,
                rate["hubbub"],
                "deliveries/s",
                against=against,
                baseline=rate[against],
                aim=f"{aim} times",
                met=ratio >= aim,
                details={"CPU µs a delivery": cpu["hubbub"], "of the baseline": cpu[against], "load's core": load},
            )
        )
    return rows


async def burst(hall: Hall, flight: int, seconds: float) -> Burst:
    """Rounds of so many messages for some seconds, each when the last listener has the one before."""
    hall.stay()
    await hall.round(flight)
    rounds, begun, own, cpu = 0, time.perf_counter(), time.process_time(), cpu_seconds(hall.processes)
    while time.perf_counter() - begun < seconds:
        await hall.round(flight)
        rounds += 1
    passed, used = time.perf_counter() - begun, cpu_seconds(hall.processes) - cpu
    deliveries = rounds * flight * len(hall.listeners)
    return Burst(deliveries / passed, used / deliveries, (time.process_time() - own) / passed)


# --- at an even pace --------------------------------------------------------------------------------------------------


class Log:
    """Who had how many bytes when; worked out afterwards."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._number = {listener: number for number, listener in enumerate(listeners)}
        self._times = array("d")
        self._whose = array("l")
        self._totals = array("q")

    def note(self, listener: Listener, total: int) -> None:
        self._times.append(time.perf_counter())
        self._whose.append(self._number[listener])
        self._totals.append(total)

    def last_heard(self, ends: Sequence[int]) -> list[float]:
        """When the last listener had all of each broadcast, given where they end; all listeners got all of them."""
        had = [0] * len(self._number)
        last = [0.0] * len(ends)
        for moment, whose, total in zip(self._times, self._whose, self._totals, strict=True):
            for broadcast in range(had[whose], now := bisect_right(ends, total)):
                last[broadcast] = moment  # notes are in the order of time
            had[whose] = now
        return last


class Pace(NamedTuple):
    p50: float
    p99: float
    rate: float  # broadcasts a second that all listeners got
    cpu: float  # seconds of the server per second
    load: float  # of one core, used by this process


async def _paced(plan: Plan, halls: dict[str, Hall], rate: int) -> Row:
    ours = await _at_pace(halls["hubbub"], rate, plan.pace_seconds)
    bare = await _at_pace(halls[BARE], rate, plan.pace_seconds)
    held = ours.p99 < HELD and ours.rate > 0.98 * rate
    return row(
        "b",
        f"{rate:,} broadcasts/s to {plan.listeners:,}, p99 at the last listener",
        ours.p99 * 1e3,
        "ms",
        against=BARE,
        baseline=bare.p99 * 1e3,
        aim="under 50 ms" if rate == max(plan.rates) else "",
        met=held if rate == max(plan.rates) else None,
        details={
            "p50 ms": ours.p50 * 1e3,
            "of the baseline": bare.p50 * 1e3,
            "broadcasts/s": ours.rate,
            "server's core": ours.cpu,
            "the baseline's": bare.cpu,
            "load's core": ours.load,
        },
    )


async def _at_pace(hall: Hall, rate: int, seconds: float) -> Pace:
    """Each broadcast is timed from when it was due, so that falling behind cannot hide.

    What never came counts as `LONGEST_ROUND`, and so does everything of that hall afterwards.
    """
    if hall.broken:
        return Pace(LONGEST_ROUND, LONGEST_ROUND, 0.0, 0.0, 0.0)
    hall.stay()
    count = int(rate * seconds)
    frames = hall.triggers(count)
    already = len(hall.ends)
    hall.log = Log(hall.listeners)
    hall.expect(count)
    cpu, own, begun = cpu_seconds(hall.processes), time.process_time(), time.perf_counter() + 0.01
    sent = 0
    while sent < count:
        due = min(count, int((time.perf_counter() - begun) * rate) + 1)
        if due > sent:
            hall.speak(b"".join(frames[sent:due]))
            sent = due
        await asyncio.sleep(max(0.0, begun + sent / rate - time.perf_counter()))
    try:
        await hall.heard()
    except (TimeoutError, RuntimeError):
        hall.broken = True
    passed, used = time.perf_counter() - begun, cpu_seconds(hall.processes) - cpu
    load = (time.process_time() - own) / passed
    if hall.broken:
        return Pace(LONGEST_ROUND, LONGEST_ROUND, (len(hall.ends) - already) / passed, used / passed, load)
    log, hall.log = hall.log, None
    last = log.last_heard(hall.ends[already:])
    late = sorted(moment - (begun + number / rate) for number, moment in enumerate(last))
    return Pace(late[count // 2], late[int(count * 0.99)], count / max(passed, seconds), used / passed, load)
