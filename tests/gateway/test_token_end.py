"""A socket whose token ends is closed within a second or two, wherever between two ticks it began and ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hubbub.wire.ids import new_id
from tests.gateway.world import World

CLOSED_WITH_4001 = (4001).to_bytes(2, "big")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Its wheel turns when a test turns it."""
    world = World()
    world.gateway.start()
    world.gateway.wheel.stop()
    yield world
    world.gateway.wheel.stop()


def turn(world: World, seconds: float) -> None:
    """The next tick comes after so many seconds."""
    world.now += seconds
    world.gateway.wheel._turn()
    world.gateway.wheel.stop()


@pytest.mark.parametrize("lifetime", [1, 2, 5, 40])
@pytest.mark.parametrize("into_second", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("until_tick", [0.05, 0.5, 1.0])
async def test_it_ends_with_its_token(world: World, lifetime: int, into_second: float, until_tick: float) -> None:
    world.now += into_second
    end = int(world.now) + lifetime
    _, network = world.connect(new_id(), end - world.now)
    step = until_tick
    while world.now < end - 1:
        assert CLOSED_WITH_4001 not in network.written
        turn(world, step)
        step = 1.0
    while world.now <= end + 1:
        turn(world, step)
        step = 1.0
    assert CLOSED_WITH_4001 in network.written
