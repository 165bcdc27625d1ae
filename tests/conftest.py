"""What every test may ask for: services of its own and servers that run on them.

A test marked `postgres`, `redis`, `node` or `browser`, or using a fixture that needs one of them, is skipped where the
machine lacks it, and the reason says what brings it. With TESTS_NO_SKIPS=1 a skipped test fails the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server import Cluster, ServerProcess, the_first_is_an_admin
from tests.services import (
    Lacking,
    PostgresServer,
    RedisServer,
    chromium_program,
    node_program,
    postgres_programs,
    redis_program,
)

NEEDS: dict[str, Callable[[], Path]] = {
    "postgres": postgres_programs,
    "redis": redis_program,
    "node": node_program,
    "browser": chromium_program,
}
FIXTURE_NEEDS = {
    "postgres": ("postgres",),
    "redis_server": ("redis",),
    "node": ("node",),
    "chromium": ("browser",),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """So that `-m postgres` finds every test that needs it, however it came by the need."""
    for item in items:
        for fixture, needs in FIXTURE_NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                for need in needs:
                    item.add_marker(need)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for need, look in NEEDS.items():
        if item.get_closest_marker(need):
            try:
                look()
            except Lacking as lacking:
                pytest.skip(str(lacking))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("TESTS_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL of this run: for databases, not to be killed (make a `PostgresServer` for that)."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """A fresh database, for this test alone."""
    return postgres.create_database()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The Redis of this run: not to be killed (make a `RedisServer` for that)."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    return redis_server.url


@pytest.fixture(scope="session")
def node() -> Path:
    """The Node that the environment brings, for scripts that use the packages of package-lock.json."""
    return node_program()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A Hubbub on SQLite, shared by the tests of a module: each makes users of its own."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        the_first_is_an_admin(server)
        yield server


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis_server: RedisServer
) -> Iterator[Cluster]:
    """Two Hubbubs that share a fresh PostgreSQL database and a Redis, for the tests of a module."""
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, database_url=postgres.create_database(), redis_url=redis_server.url) as cluster:
        the_first_is_an_admin(cluster.first)
        yield cluster
