"""What was said off the record is nowhere after a sudden death, and what had its time is nowhere after it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hubbub.wire.ids import NIL_ID, new_id
from tests.keyed import Keyed
from tests.people import SYSTEM, People, Person, Server, conversation, copies, start_group, start_open_group
from tests.phoenix import Client
from tests.sealing import Sealed, head_after
from tests.secrecy.search import files, sightings
from tests.secrecy.test_canary import LOUDLY, Overheard, ask, assert_found, keeping_everything, word
from tests.server import Cluster, ServerProcess
from tests.services import PostgresServer, RedisServer

LEAST = 5  # seconds that a message lasts at least


class Whispers:
    """Ada and Bob in an open, an encrypted and a sealed conversation: `never` is what they say off the record.

    `control` is said for the record beside it.
    """

    def __init__(self, people: People, doors: list[Server]) -> None:
        self._people = people
        self._doors = doors
        self.canary, self.control = word("canary"), word("control")
        self.never: set[str] = {self.canary}

    async def happen(self) -> None:
        """All that may be said off the record, with what goes wrong, up to words whose answers nobody waits for."""
        self.keyed = [Keyed(f"{name}.{word('x')}@example.com") for name in ("ada", "bob")]
        self.ada, self.bob = [await self._register(keyed) for keyed in self.keyed]
        self.a, self.b = await self.ada.arrive(to=self._doors[0]), await self.bob.arrive(to=self._doors[-1])
        self.open = await start_open_group(self.a, self.bob)
        self.encrypted = await start_group(self.a, self.bob)
        await self._join(self.open)
        await self._join(self.encrypted)
        await self.a.ask(conversation(self.open), "send_message", {"content": self.control})
        await self._whisper(self.open, {"content": f"psst {self.canary}", "subject": self.canary})
        await self._whisper(self.encrypted, {"encrypted_messages": copies(self.canary, self.ada, self.bob)})
        await self._seal()
        await self._mistakes()
        for number in range(100):  # some of them are on their way when the server dies
            payload = {"content": f"{number} {self.canary}", "off_the_record": True}
            await self.a.send(None, self.a.next_ref(), conversation(self.open), "send_message", payload)
        await self.b.wait_for(conversation(self.open), "new_message", _says(f"20 {self.canary}"))

    async def _register(self, keyed: Keyed) -> Person:
        answer = await self._people.http.post("/auth/register", json=keyed.registration())
        assert answer.status_code == 200, answer.text
        return Person(self._people, answer.json(), keyed.password.secret)

    async def _join(self, id: str) -> None:
        await self.a.join(conversation(id))
        await self.b.join(conversation(id))

    async def _whisper(self, id: str, form: dict[str, Any]) -> None:
        request = {**form, "off_the_record": True, "id": new_id()}
        for client in (self.a, self.a):  # once more: a repeat
            assert "version" not in await client.ask(conversation(id), "send_message", request)
        topic = conversation(id) if "content" in form else self.bob.topic
        await self.b.wait_for(topic, "new_message", lambda push: push["message"].get("off_the_record"))

    async def _seal(self) -> None:
        ada, bob = [keyed.identity for keyed in self.keyed]
        id, message = new_id(), new_id()
        links = ada.found(id, [bob])
        begin = {"id": id, "other_user_id": bob.user, "public_key": ada.public_key(id), "links": links}
        await self.a.ask(SYSTEM, "start_private_conversation", begin)
        await self._join(id)
        keys = {ada.user: ada.public_key(id), bob.user: bob.public_key()}
        sealed = ada.seal(
            "psst", conversation=id, message=message, members=head_after(id, None, *links), recipients=keys
        )
        place = {"id": message, "device_id": NIL_ID, "index": 1, "position": 0, "off_the_record": True}
        await self.a.ask(conversation(id), "send_message", {**place, **_bodies(sealed)})
        await self.b.wait_for(self.bob.topic, "new_message", lambda push: push["message"].get("sealed"))
        _, _, ciphertext, _ = sealed.sealed.split(".")
        self.never |= {ciphertext, *(copy.partition(".")[2] for copy in sealed.encrypted_messages.values())}

    async def _mistakes(self) -> None:
        """What is refused is forgotten as well."""
        for id, wrong in (
            (self.open, {"content": self.canary, "id": self.canary}),
            (self.open, {"content": self.canary, "reply_to": self.canary}),
            (self.open, {"content": self.canary * 400}),
            (self.open, {"encrypted_messages": {self.ada.id: self.canary}}),
            (self.encrypted, {"content": self.canary}),
            (self.encrypted, {"encrypted_messages": {new_id(): self.canary}}),
            (self.encrypted, {"sealed": self.canary, "encrypted_messages": {self.ada.id: self.canary}}),
        ):
            reply = await self.a.push(conversation(id), "send_message", {**wrong, "off_the_record": True})
            assert reply.status == "error", wrong


def _bodies(sealed: Sealed) -> dict[str, Any]:
    return {"sealed": sealed.sealed, "encrypted_messages": sealed.encrypted_messages}


def _says(text: str) -> Any:
    return lambda push: push["message"]["content"] == text


def assert_unwritten(whispers: Whispers, places: list[tuple[str, bytes]]) -> None:
    for secret in whispers.never:
        assert sightings(secret, iter(places)) == []


async def test_nothing_off_the_record_is_left_after_a_sudden_death_on_sqlite(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, environment=LOUDLY) as server:
        async with People(server) as people:
            whispers = Whispers(people, [server])
            await whispers.happen()
            server.kill()
    places = list(files(tmp_path))
    assert_found(whispers.control, places, {"hubbub.db-wal"})
    assert {"log", "hubbub.db", "hubbub.db-shm"} <= {Path(place).name for place, _ in places}
    assert_unwritten(whispers, places)


@pytest.mark.postgres
@pytest.mark.redis
async def test_nothing_off_the_record_is_left_after_a_sudden_death_of_two_processes(tmp_path: Path) -> None:
    """On a PostgreSQL that logs every statement, and a Redis that keeps every command."""
    with PostgresServer() as postgres, RedisServer() as redis, Overheard(redis) as overheard:
        keeping_everything(redis)
        url = postgres.create_database()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET log_statement = 'all'")
            connection.execute("SELECT pg_reload_conf()")
        with Cluster(tmp_path, database_url=url, redis_url=redis.url, environment=LOUDLY) as cluster:
            async with People(cluster.first) as people:
                whispers = Whispers(people, [cluster.first, cluster.second])
                await whispers.happen()
                cluster.first.kill()
                cluster.second.kill()
        ask(redis, "SAVE")
        crossed = overheard.all_so_far()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        database, kept, logs = list(files(postgres.folder)), list(files(redis.folder)), list(files(tmp_path))
    # It went through Redis, which was asked to publish it and not to keep it.
    assert_found(whispers.canary, [("commands of Redis", crossed)], {"commands of Redis"})
    assert_found(whispers.bob.id, kept, {"appendonly.aof.1.incr.aof"})
    assert any("pg_wal" in place and whispers.control.encode() in content for place, content in database)
    assert_found(whispers.control, database, {"log"})
    for places in (database, kept, logs):
        assert_unwritten(whispers, places)


async def test_a_message_whose_time_is_over_is_in_no_file_on_sqlite(tmp_path: Path) -> None:
    """Deleted is overwritten: once the server stopped, no page of the database and no journal has it."""
    canary, control = word("canary"), word("control")
    with ServerProcess(tmp_path, environment=LOUDLY) as server:
        async with People(server) as people:
            ada, bob = await people.sign_up("Ada", "Bob")
            a, b = await ada.arrive(), await bob.arrive()
            said = await _say_for_a_while(a, b, ada, bob, canary, control)
            assert_found(canary, list(files(tmp_path)), {"hubbub.db-wal"})
            await asyncio.gather(*(a.wait_for(topic, "message_expired") for topic in said))
        server.stop()
    places = list(files(tmp_path))
    assert_found(control, places, {"hubbub.db"})
    assert sightings(canary, iter(places)) == []


async def _say_for_a_while(
    a: Client, b: Client, ada: Person, bob: Person, canary: str, control: str
) -> tuple[str, str]:
    """The topics of an open and an encrypted group in which this was said, short and long, and reacted to."""
    plain, secret = conversation(await start_open_group(a, bob)), conversation(await start_group(a, bob))
    for topic in (plain, secret):
        await a.join(topic)
        await b.join(topic)
    long = f"{canary} " * 100
    await a.ask(plain, "send_message", {"content": control})
    said = await a.ask(plain, "send_message", {"content": long, "subject": canary, "expires_in": LEAST})
    reaction = {"message_group_id": said["message"]["message_group"], "emoji": canary}
    await b.ask(plain, "react", reaction)
    await a.ask(secret, "send_message", {"encrypted_messages": copies(long, ada, bob), "expires_in": LEAST})
    return plain, secret
