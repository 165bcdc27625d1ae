"""One server, and one pair of servers, for the whole folder; and a server for each test without processes."""

from __future__ import annotations

from tests.folder_servers import cluster, doors, people, server
from tests.http.conftest import world

__all__ = ["cluster", "doors", "people", "server", "world"]  # fixtures of this folder
