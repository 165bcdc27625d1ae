from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.bad_input.scene import Scene, failures, sign_up_all
from tests.folder_servers import cluster, server
from tests.people import People
from tests.server import ServerProcess

__all__ = ["cluster", "server"]  # fixtures of this folder


@pytest.fixture(autouse=True)
def nothing_is_told(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test the log of its server has neither mistakes nor anything that somebody sent."""
    yield
    if "server" in request.fixturenames:
        assert failures(request.getfixturevalue("server").log()) == []


@pytest.fixture(scope="package")
def answers(server: ServerProcess) -> list[dict[str, Any]]:
    return sign_up_all(server)


@pytest.fixture
async def scene(server: ServerProcess, answers: list[dict[str, Any]]) -> AsyncIterator[Scene]:
    async with People(server) as people:
        scene = Scene(server, people, answers)
        await scene.set()
        yield scene
