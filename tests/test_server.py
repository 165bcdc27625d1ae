"""A server's processes as its operator sees them: ready, stopped, killed and back."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.server import Cluster, ServerProcess


def test_a_stop_is_orderly_and_a_start_on_the_same_data_works(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        assert server.stop() == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/readyz")
        server.start()
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_it_comes_back_after_a_kill(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        server.kill()
        assert not server.running
        server.restart()
        assert httpx.get(f"{server.url}/readyz").status_code == 200


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="HUBBUB_PORT"):
        ServerProcess(tmp_path, environment={"HUBBUB_PORT": "a harbour"})


def test_a_made_key_is_for_the_owner_alone(server: ServerProcess) -> None:
    modes = {path.name: path.stat().st_mode & 0o077 for path in (server.folder / "data").iterdir()}
    assert modes["secrets.toml"] == 0


def test_two_processes_are_ready_on_one_database(cluster: Cluster) -> None:
    for server in (cluster.first, cluster.second):
        assert httpx.get(f"{server.url}/readyz").status_code == 200
    assert cluster.first.pid != cluster.second.pid


def test_workers_end_with_the_server(cluster: Cluster, tmp_path: Path) -> None:
    with ServerProcess(tmp_path, workers=2, environment=cluster.environment) as server:
        assert server.stop() == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/readyz")
