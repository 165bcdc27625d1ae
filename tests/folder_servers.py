"""Servers for a whole folder of tests, imported by its `conftest.py`: everyone in it signs up people of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server import Cluster, ServerProcess
from tests.services import PostgresServer, RedisServer


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One process on SQLite."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="package")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis_server: RedisServer
) -> Iterator[Cluster]:
    """Two processes that share a fresh PostgreSQL database and a Redis."""
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, database_url=postgres.create_database(), redis_url=redis_server.url) as cluster:
        yield cluster
