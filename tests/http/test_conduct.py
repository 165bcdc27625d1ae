"""/api/conduct: a text to which each user agrees, and again when it is another one."""

from __future__ import annotations

from pathlib import Path

from hubbub.storage.engine import open_engine, sqlite_url
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World, fresh_database

KIND = "# Be kind\n\nAnd *listen*."


async def opened(folder: Path, conduct: str | None) -> World:
    """A server with this code of conduct, on the database of the folder."""
    world = World(folder, engine=open_engine(sqlite_url(folder)), conduct=conduct)
    await world.open()
    return world


async def test_a_server_without_one_asks_for_nothing(world: World, ada: Person) -> None:
    assert ada.answer["user"]["conduct"] == "none"
    assert is_problem(await ada.get("/api/conduct"), 404, "not_found")
    assert is_problem(await ada.put("/api/conduct", {"version": "1"}), 404, "not_found")


async def test_it_is_asked_for_at_first_and_whenever_it_is_another_one(tmp_path: Path) -> None:
    fresh_database(tmp_path).dispose()
    world = await opened(tmp_path, KIND)
    ada = await world.register("ada@example.com")
    assert ada.answer["user"]["conduct"] == "open"
    shown = (await ada.get("/api/conduct")).json()
    assert shown == {"text": KIND, "version": shown["version"], "accepted": False}
    assert is_problem(await ada.put("/api/conduct", {"version": "another"}), 409, "conflict")
    for _ in range(2):
        agreed = await ada.put("/api/conduct", {"version": shown["version"]})
        assert (agreed.status_code, agreed.json()["conduct"]) == (200, "accepted")
    event, told = world.pushed_to(ada)[-1]
    assert (event, told["changes"][0]["data"]["conduct"]) == ("settings", "accepted")
    assert (await ada.get("/api/conduct")).json()["accepted"] is True
    assert (await world.register("bob@example.com")).answer["user"]["conduct"] == "open"
    await world.close()
    for text, expected in ((KIND, "accepted"), (f"{KIND} Always.", "open"), (None, "none")):
        world = await opened(tmp_path, text)
        assert (await world.login("ada@example.com")).answer["user"]["conduct"] == expected
        await world.close()
