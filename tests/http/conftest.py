from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.world import Person, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A server without rate limits on a database of its own."""
    world = World(tmp_path)
    await world.open()
    yield world
    await world.close()


@pytest.fixture
async def ada(world: World) -> Person:
    """Registered without a display name, so that her address is hers."""
    return await world.register("ada@example.com")


@pytest.fixture
async def bob(world: World) -> Person:
    return await world.register("bob@example.com", "Bob Builder")
