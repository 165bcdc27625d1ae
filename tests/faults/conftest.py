"""What the fault tests share: how often to repeat, where to tell the numbers, and services that may be killed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Protocol

import pytest

from tests.faults.count import Count
from tests.server import Cluster
from tests.services import PostgresServer, RedisServer

ROUNDS = int(os.environ.get("TESTS_FAULT_ROUNDS", "2"))


class Tell(Protocol):
    def __call__(self, number: int, count: Count, remark: str = "") -> None: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/faults" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(60 + 30 * ROUNDS))


@pytest.fixture
def rounds() -> range:
    return range(1, ROUNDS + 1)


@pytest.fixture
def tell(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print the numbers of a round, and fail when they are not what they must be."""

    def tell(number: int, count: Count, remark: str = "") -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{request.node.name} {number:2}: {count}{remark}")
            sys.stdout.flush()
        assert count.acknowledged > 0
        assert count.flawless, str(count)

    return tell


@pytest.fixture(scope="package")
def mortal_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that survives kill -9, as an operator's does."""
    with PostgresServer(durable=True) as server:
        yield server


@pytest.fixture(scope="package")
def mortal_redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="package")
def mortal_servers(
    tmp_path_factory: pytest.TempPathFactory, mortal_postgres: PostgresServer, mortal_redis: RedisServer
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("mortal")
    with Cluster(folder, database_url=mortal_postgres.create_database(), redis_url=mortal_redis.url) as cluster:
        yield cluster


@pytest.fixture
def mortal_cluster(
    mortal_servers: Cluster, mortal_postgres: PostgresServer, mortal_redis: RedisServer
) -> Iterator[Cluster]:
    """Two servers on those two services; whatever a test did to them, the next one finds them running."""
    yield mortal_servers
    if not mortal_postgres.running:
        mortal_postgres.start()
    mortal_redis.revive()
    for server in (mortal_servers.first, mortal_servers.second):
        if not server.running:
            server.start()
