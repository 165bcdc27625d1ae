from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.bad_input.scene import Scene, failures, sign_up_all
from tests.people import People
from tests.server import Cluster, ServerProcess
from tests.services import PostgresServer, RedisServer


@pytest.fixture(autouse=True)
def nothing_is_told(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test the log of its server has neither mistakes nor anything that somebody sent."""
    yield
    if "server" in request.fixturenames:
        assert failures(request.getfixturevalue("server").log()) == []


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One for the whole folder: it has to bear all of it."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="package")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis_server: RedisServer
) -> Iterator[Cluster]:
    """One for the whole folder too."""
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, database_url=postgres.create_database(), redis_url=redis_server.url) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def answers(server: ServerProcess) -> list[dict[str, Any]]:
    return sign_up_all(server)


@pytest.fixture
async def scene(server: ServerProcess, answers: list[dict[str, Any]]) -> AsyncIterator[Scene]:
    async with People(server) as people:
        scene = Scene(server, people, answers)
        await scene.set()
        yield scene
