"""A room that ended is nowhere: not in a table, not in the file of the database, not in a log."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from hubbub.storage.engine import sqlite_url
from tests.people import People, Server
from tests.rooms import Guest, begin_room
from tests.secrecy.search import files, rows, sightings
from tests.secrecy.test_canary import assert_found, reading
from tests.server import Cluster, ServerProcess

BRIEF = {"HUBBUB_LOG_LEVEL": "debug", "HUBBUB_ROOM_IDLE_SECONDS": "2", "HUBBUB_ROOM_HISTORY": "5"}


async def live_and_end(people: People, elsewhere: Server) -> tuple[list[str], str]:
    """What was in a room that has ended, and something that is to stay."""
    word = f"word{secrets.token_hex(8)}"
    stays, title, text, name = (f"{what}{word}" for what in ("stays", "title", "text", "name"))
    [owner] = await people.sign_up(stays)
    room = await begin_room(owner, title=title, id=f"again{word}")
    guest = await Guest.join(people, room["id"], name, person=owner)
    client = await guest.arrive(to=elsewhere)
    said = [await guest.say(f"{text} {number} {'x' * 900}") for number in range(12)]
    await client.ask(guest.topic, "start_typing")
    rude = await Guest.join(people, room["id"], f"rude{word}")
    assert (await owner.delete(f"/api/rooms/{room['id']}/participants/{rude.id}")).status_code == 204
    await client.wait_for(guest.topic, "room_ended")
    ids = [room["id"], guest.id, rude.id, rude.key.public, guest.key.public, *(row["message_group"] for row in said)]
    return [title, text, name, f"rude{word}", f"again{word}", *ids, *(row["signature"] for row in said)], stays


async def test_a_room_ends_without_a_trace_on_sqlite(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, environment=BRIEF) as server:
        async with People(server) as people:
            gone, stays = await live_and_end(people, server)
        with reading(sqlite_url(tmp_path / "data")) as engine:
            tables = list(rows(engine))
        server.stop()
        left = list(files(tmp_path))
    assert_found(stays, tables, {"table users"})
    assert_found(stays, left, {"hubbub.db"})
    for places in (tables, left):
        assert [sighting for word in gone for sighting in sightings(word, iter(places))] == []


@pytest.mark.postgres
@pytest.mark.redis
async def test_a_room_ends_without_a_row_on_postgresql(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    with Cluster(tmp_path, database_url=postgres_url, redis_url=redis_url, environment=BRIEF) as cluster:
        async with People(cluster.first) as people:
            gone, stays = await live_and_end(people, cluster.second)
        with reading(postgres_url) as engine:
            tables = list(rows(engine))
        logs = list(files(tmp_path))
    assert_found(stays, tables, {"table users"})
    for places in (tables, logs):
        assert [sighting for word in gone for sighting in sightings(word, iter(places))] == []
