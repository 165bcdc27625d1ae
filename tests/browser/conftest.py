"""One Chromium for all journeys; each visitor has a profile of their own in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import chromium_runs
from tests.browser.visitors import Visitors
from tests.server import ServerProcess, the_first_is_an_admin


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them share one event loop, as they share the browser."""
    for item in items:
        if item.path.is_relative_to(__file__.removesuffix("conftest.py")):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One process on SQLite; each visitor reaches it under an address of their own."""
    folder = tmp_path_factory.mktemp("server")
    with ServerProcess(folder, environment={"HUBBUB_ORIGINS": "*"}) as server:
        the_first_is_an_admin(server)
        yield server


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with chromium_runs() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(chromium: Browser, server: ServerProcess) -> AsyncIterator[Visitors]:
    """Makes visitors to the server; what their pages complained of fails the test."""
    async with Visitors(chromium, server) as visitors:
        yield visitors
