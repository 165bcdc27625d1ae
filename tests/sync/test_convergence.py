"""All replicas end equal, whatever happens to their nudges, sockets and requests (Hubbub protocol, sections 2 to 4).

The examples are those of the seed in the name of the test. `TESTS_SYNC_SEED=<number>` tries others,
`TESTS_SYNC_EXAMPLES=<number>` more, and `TESTS_SYNC_SHRINK=1` looks for the smallest one that fails, for minutes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.people import Server
from tests.server import Cluster, ServerProcess
from tests.sync.clock import Clock
from tests.sync.machine import Clients

SEED = int(os.environ.get("TESTS_SYNC_SEED", "1"))
EXAMPLES = int(os.environ.get("TESTS_SYNC_EXAMPLES", "0"))
PHASES = (Phase.generate, Phase.shrink) if os.environ.get("TESTS_SYNC_SHRINK") else (Phase.generate,)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    clock = Clock(tmp_path / "clock")
    clock.begin()
    return clock


@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", [SEED], ids=lambda number: f"seed {number}")
def test_replicas_converge_on_sqlite(
    tmp_path: Path, clock: Clock, loop: asyncio.AbstractEventLoop, number: int
) -> None:
    with ServerProcess(tmp_path, environment=clock.environment, program=clock.program) as server:
        run([server], clock, loop, number, examples=10, steps=60)


@pytest.mark.timeout(900)
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("number", [SEED], ids=lambda number: f"seed {number}")
def test_replicas_converge_over_two_processes(
    tmp_path: Path,
    clock: Clock,
    loop: asyncio.AbstractEventLoop,
    number: int,
    postgres_url: str,
    redis_url: str,
) -> None:
    with Cluster(
        tmp_path,
        database_url=postgres_url,
        redis_url=redis_url,
        environment=clock.environment,
        program=clock.program,
    ) as cluster:
        run([cluster.first, cluster.second], clock, loop, number, examples=5, steps=50)


def run(
    servers: Sequence[Server],
    clock: Clock,
    loop: asyncio.AbstractEventLoop,
    number: int,
    *,
    examples: int,
    steps: int,
) -> None:
    machine = type("Clients", (Clients,), {"servers": servers, "clock": clock, "loop": loop})
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=EXAMPLES or examples,
            stateful_step_count=steps,
            phases=PHASES,
            deadline=None,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
