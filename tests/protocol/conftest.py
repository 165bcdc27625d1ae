"""Who the tests of this folder speak to: one process on SQLite, or two on PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.folder_servers import Doors, cluster, doors, on_one_process, people, server
from tests.server import ServerProcess

__all__ = ["Doors", "cluster", "doors", "on_one_process", "people", "server"]  # fixtures of this folder


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of the test's own, which it may end."""
    with ServerProcess(tmp_path) as server:
        yield server
