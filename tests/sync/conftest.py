from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.people import People, Person
from tests.server import ServerProcess


@pytest.fixture
async def people(server: ServerProcess) -> AsyncIterator[People]:
    async with People(server) as people:
        yield people


@pytest.fixture
async def persons(people: People) -> list[Person]:
    """Ada, Bob and Cleo."""
    return await people.sign_up("Ada", "Bob", "Cleo")
