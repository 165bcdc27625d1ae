"""Who the tests of this folder speak to: one process on SQLite, or two on PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.folder_servers import cluster, server
from tests.people import People
from tests.server import Cluster, ServerProcess

__all__ = ["cluster", "server"]  # fixtures of this folder


class Doors(NamedTuple):
    """The servers that two people connect to: the same process twice, or two processes."""

    first: ServerProcess
    second: ServerProcess


ON_BOTH = [
    pytest.param("server", id="sqlite"),
    pytest.param("cluster", id="two-processes", marks=[pytest.mark.postgres, pytest.mark.redis]),
]


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of the test's own, which it may end."""
    with ServerProcess(tmp_path) as server:
        yield server


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
