"""A gateway of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.gateway.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.bus.start(world.topics.deliver, lambda: None)
    world.gateway.start()
    yield world
    world.gateway.wheel.stop()
    await world.bus.close()
