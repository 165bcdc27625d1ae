"""One server, and one pair of servers, for the whole folder, and the people who stand as the table says."""

from __future__ import annotations

import pytest

from tests.folder_servers import cluster, server
from tests.rights.standings import Answers, sign_up_all
from tests.server import Cluster, ServerProcess

__all__ = ["cluster", "server"]  # fixtures of this folder


@pytest.fixture(scope="package")
def answers(server: ServerProcess) -> Answers:
    return sign_up_all(server)


@pytest.fixture(scope="package")
def answers_of_two(cluster: Cluster) -> Answers:
    return sign_up_all(cluster.first)
