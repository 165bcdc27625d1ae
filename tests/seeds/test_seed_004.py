"""Seed 004: one lobby for everybody, guests who read it, and accounts by cookie and short token.

Each test quotes the sentence of the seed that it is about.
"""

from __future__ import annotations

from tests.folder_servers import Doors
from tests.people import People


async def test_logging_out_invalidates_the_refresh_token(people: People, doors: Doors) -> None:
    """ "...to invalidate the users refresh token (delete it from the db)": also of those who came by /auth/login."""
    [ada] = await people.sign_up("Ada")
    assert (await ada.post("/api/logout")).status_code < 300
    async with People(doors.second) as elsewhere:
        refused = await elsewhere.http.post("/auth/refresh", json={"token": ada.answer["refresh_token"]})
    assert refused.status_code == 401
