"""Servers for a whole folder of tests, imported by its `conftest.py`: everyone in it signs up people of their own.

What runs on both set-ups takes `doors`: one process on SQLite, or two on PostgreSQL and Redis.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import pytest

from tests.people import People
from tests.server import Cluster, ServerProcess, the_first_is_an_admin
from tests.services import PostgresServer, RedisServer


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One process on SQLite."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        the_first_is_an_admin(server)
        yield server


@pytest.fixture(scope="package")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis_server: RedisServer
) -> Iterator[Cluster]:
    """Two processes that share a fresh PostgreSQL database and a Redis."""
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, database_url=postgres.create_database(), redis_url=redis_server.url) as cluster:
        the_first_is_an_admin(cluster.first)
        yield cluster


class Doors(NamedTuple):
    """The servers that two people connect to: the same process twice, or two processes."""

    first: ServerProcess
    second: ServerProcess


ON_BOTH = [
    pytest.param("server", id="sqlite"),
    pytest.param("cluster", id="two-processes", marks=[pytest.mark.postgres, pytest.mark.redis]),
]


@pytest.fixture(params=ON_BOTH)
def doors(request: pytest.FixtureRequest) -> Doors:
    """The test runs on both."""
    servers: ServerProcess | Cluster = request.getfixturevalue(request.param)
    if isinstance(servers, Cluster):
        return Doors(servers.first, servers.second)
    return Doors(servers, servers)


# For what one process shows as well as two.
on_one_process = pytest.mark.parametrize("doors", ["server"], indirect=True)


@pytest.fixture
async def people(doors: Doors) -> AsyncIterator[People]:
    """Those who sign up at the first door."""
    async with People(doors.first) as people:
        yield people
