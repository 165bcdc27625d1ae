"""One server, and one pair of servers, for the whole folder, and the people who stand as the table says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rights.standings import Answers, sign_up_all
from tests.server import Cluster, ServerProcess
from tests.services import PostgresServer, RedisServer


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="package")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis_server: RedisServer
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, database_url=postgres.create_database(), redis_url=redis_server.url) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def answers(server: ServerProcess) -> Answers:
    return sign_up_all(server)


@pytest.fixture(scope="package")
def answers_of_two(cluster: Cluster) -> Answers:
    return sign_up_all(cluster.first)
