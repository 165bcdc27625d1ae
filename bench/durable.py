"""(c) and (e): messages on disk and acknowledged, through the whole path, by senders who each wait for the last one."""

from __future__ import annotations

import asyncio
import secrets
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.accounts import make_accounts, make_groups
from bench.client import PUSH, STILL_HERE, Client, Frames, Ids, connect, message
from bench.plan import Plan
from bench.processes import CORES, Server, cpu_seconds, descendants, loop_seconds, result_of
from bench.results import Row, row
from tests.server import migrate
from tests.services import PostgresServer, RedisServer

ACCOUNTS = 200  # each has several sockets, in a conversation of its own
WARMING = 0.5  # seconds that do not count
AIM_RATE, AIM_RATIO = 10_000, 2.5

Commits = Callable[[], dict[str, Any]]  # the baseline: what it did in how many seconds


async def on_sqlite(plan: Plan, folder: Path) -> list[Row]:
    """(c): one process, one core, SQLite."""
    with Server(folder / "durable") as server:

        def baseline() -> dict[str, Any]:
            return result_of("commits", "sqlite", str(folder / "commits.db"), str(plan.seconds))

        crowd = await gather(server, max(plan.senders))
        rows = []
        for senders in plan.senders:
            found = await _measured(plan, crowd, senders, baseline)
            rows.append(_row("c", "", found, "sqlite3, a commit each", aim=True))
        crowd.close()
    return rows


async def on_postgres(plan: Plan, folder: Path) -> list[Row]:
    """(e): the same with one and two workers on PostgreSQL and Redis. Raises `Lacking` without them."""
    rows = []
    with PostgresServer(durable=True) as postgres, RedisServer() as redis:
        commits_url = postgres.create_database()

        def baseline() -> dict[str, Any]:
            return result_of("commits", "postgres", commits_url, str(plan.seconds))

        for workers in (1, 2):
            environment = _database(postgres.create_database(), redis.url)
            cores = set(CORES[:workers])
            with Server(folder / f"workers-{workers}", workers=workers, cores=cores, environment=environment) as server:
                crowd = await gather(server, max(plan.senders), postgres)
                for senders in plan.senders:
                    found = await _measured(plan, crowd, senders, baseline)
                    rows.append(
                        _row("e", f"{workers} worker{'s' * (workers > 1)}, ", found, "PostgreSQL, a commit each")
                    )
                crowd.close()
    return rows


def _database(url: str, redis_url: str) -> dict[str, str]:
    """The settings of a server on this database, which is made ready for it."""
    environment = {
        "HUBBUB_DATABASE_URL": url,
        "HUBBUB_REDIS_URL": redis_url,
        "HUBBUB_SECRET_KEY": secrets.token_urlsafe(32),
        "HUBBUB_VAULT_KEY": secrets.token_urlsafe(32),
    }
    migrate(environment)
    return environment


# --- the crowd --------------------------------------------------------------------------------------------------------


class Crowd:
    """Sockets that send, two in each conversation, so that every message is acknowledged once and delivered twice."""

    def __init__(self, server: Server, clients: Sequence[Client], topics: Sequence[str], beside: list[int]) -> None:
        self.processes = server.processes
        self.beside = beside  # processes of the database
        self.metrics = server.metrics
        self.ids = Ids()
        self.going = False
        self.latencies = array("d")
        self.deliveries = 0
        self.refused: list[bytes] = []
        self.lost = 0
        self.waiting = 0
        self.quiet = asyncio.Event()
        self._clients = clients
        self._senders = [Sender(self, topic, client) for topic, client in zip(topics, clients, strict=True)]

    def begin(self, senders: int) -> None:
        for client in self._clients:
            client.transport.write(STILL_HERE)  # silent sockets would be closed
        self.going = True
        for sender in self._senders[:senders]:
            sender.send()

    def forget(self) -> None:
        """Count from here."""
        self.latencies = array("d")
        self.deliveries = 0

    async def end(self) -> None:
        """Nothing more is sent; returns when everything sent is acknowledged."""
        self.going = False
        self.quiet.clear()
        async with asyncio.timeout(30):
            while self.waiting:
                await self.quiet.wait()
        if self.refused or self.lost:
            raise RuntimeError(f"{len(self.refused)} refused, {self.lost} sockets lost: {self.refused[:1]}")

    def close(self) -> None:
        for client in self._clients:
            client.drop()


class Sender(asyncio.Protocol):
    """Sends, waits for the acknowledgement, sends the next."""

    __slots__ = ("_crowd", "_frames", "_sent_at", "_topic", "_transport")

    def __init__(self, crowd: Crowd, topic: str, client: Client) -> None:
        self._crowd = crowd
        self._topic = topic
        self._transport = client.transport
        self._frames = Frames()
        self._sent_at = 0.0
        client.transport.set_protocol(self)

    def send(self) -> None:
        crowd = self._crowd
        frame = message(self._topic, crowd.ids.next())
        crowd.waiting += 1
        self._sent_at = time.perf_counter()
        self._transport.write(frame)

    def data_received(self, data: bytes) -> None:
        crowd = self._crowd
        for payload in self._frames.feed(data):
            if payload.startswith(PUSH):
                crowd.deliveries += 1
                continue
            crowd.latencies.append(time.perf_counter() - self._sent_at)
            crowd.waiting -= 1
            if not crowd.waiting:
                crowd.quiet.set()
            if b'"status":"ok"' not in payload[:160]:
                crowd.refused.append(payload)
            elif crowd.going:
                self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.lost += 1


async def gather(server: Server, senders: int, postgres: PostgresServer | None = None) -> Crowd:
    """Sockets that joined the conversation that they will speak in and nothing else."""
    accounts = await make_accounts(server.address, min(ACCOUNTS, senders))
    count = len(accounts)
    pairs = [
        (accounts[number % count], accounts[(number + 1 + number // count) % count])
        for number in range((senders + 1) // 2)
    ]
    groups = await make_groups(server.address, pairs)
    clients, topics = [], []
    for pair, group in zip(pairs, groups, strict=True):
        for account in pair:
            client = await connect(server.address, account.token)
            topics.append(f"conversation:{group}")
            await client.join(topics[-1:])
            clients.append(client)
    return Crowd(server, clients, topics, [postgres.pid] if postgres else [])


# --- measuring --------------------------------------------------------------------------------------------------------


class Stretch(NamedTuple):
    rate: float  # acknowledged messages a second
    p50: float
    p99: float
    cpu: float  # seconds of the server per message
    loop: float  # of that, on event loops
    database: float  # seconds of the database's processes per message
    batch: float  # messages a transaction
    load: float  # of one core, used by this process
    baseline: float  # messages a second
    baseline_cpu: float


async def _measured(plan: Plan, crowd: Crowd, senders: int, baseline: Commits) -> tuple[int, list[Stretch]]:
    """Stretches of the server and of the baseline in turn."""
    return senders, [await _stretch(plan, crowd, senders, baseline()) for _ in range(plan.rounds)]


async def _stretch(plan: Plan, crowd: Crowd, senders: int, commits: dict[str, Any]) -> Stretch:
    crowd.begin(senders)
    await asyncio.sleep(min(WARMING, plan.seconds))
    before, cpu, database = crowd.metrics(), cpu_seconds(crowd.processes), _database_cpu(crowd)
    loop = loop_seconds(crowd.processes)
    crowd.forget()
    begun, own = time.perf_counter(), time.process_time()
    await asyncio.sleep(plan.seconds)
    passed, own = time.perf_counter() - begun, time.process_time() - own
    cpu, database = cpu_seconds(crowd.processes) - cpu, _database_cpu(crowd) - database
    loop = loop_seconds(crowd.processes) - loop
    latencies = sorted(crowd.latencies)
    after = crowd.metrics()
    await crowd.end()
    count = len(latencies)
    batches, changes = (after[name] - before[name] for name in ("hubbub_writer_batches_total", CHANGES))
    return Stretch(
        rate=count / passed,
        p50=latencies[count // 2],
        p99=latencies[int(count * 0.99)],
        cpu=cpu / count,
        loop=loop / count,
        database=database / count,
        batch=changes / batches,
        load=own / passed,
        baseline=commits["messages"] / commits["seconds"],
        baseline_cpu=commits["cpu"] / commits["messages"],
    )


CHANGES = "hubbub_writer_changes_total"


def _database_cpu(crowd: Crowd) -> float:
    return sum(cpu_seconds([process, *descendants(process)]) for process in crowd.beside)


def _row(part: str, what: str, found: tuple[int, list[Stretch]], against: str, aim: bool = False) -> Row:
    senders, stretches = found
    middle = Stretch(*(median(values) for values in zip(*stretches, strict=True)))
    database = {"of PostgreSQL": middle.database * 1e6} if middle.database else {}
    return row(
        part,
        f"{what}{senders:,} senders",
        middle.rate,
        "messages/s",
        against=against,
        baseline=middle.baseline,
        aim=f"{AIM_RATE:,} and {AIM_RATIO} times" if aim else "",
        met=middle.rate >= AIM_RATE and middle.rate >= AIM_RATIO * middle.baseline if aim else None,
        details={
            "p50 ms": middle.p50 * 1e3,
            "p99 ms": middle.p99 * 1e3,
            "messages a commit": middle.batch,
            "CPU µs a message": middle.cpu * 1e6,
            "of that on the event loop": middle.loop * 1e6,
            **database,
            "of the baseline": middle.baseline_cpu * 1e6,
            "load's core": middle.load,
        },
    )
