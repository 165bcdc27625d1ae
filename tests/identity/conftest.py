"""One server, and one pair of servers, for the whole folder."""

from __future__ import annotations

from tests.folder_servers import cluster, doors, people, server

__all__ = ["cluster", "doors", "people", "server"]  # fixtures of this folder
