"""Nothing of a sealed conversation, and no password, is anywhere that the server writes or sends to."""

from __future__ import annotations

import base64
import contextlib
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
import pytest
from sqlalchemy import Engine

from hubbub.storage.engine import open_engine, sqlite_url
from tests.people import People, Server
from tests.secrecy.search import files, rows, sightings, writings
from tests.secrecy.talk import Talk
from tests.server import Cluster, ServerProcess
from tests.services import PostgresServer, RedisServer, wait_until

LOUDLY = {"HUBBUB_LOG_LEVEL": "debug"}


def word(kind: str) -> str:
    """Letters and digits alone: no writing escapes them."""
    return f"{kind}{secrets.token_hex(8)}"


async def talk(people: People, *doors: Server, control: str) -> Talk:
    talk = Talk(people, doors, canary=word("canary"), control=control)
    await talk.happen()
    return talk


def assert_secret(talk: Talk, places: list[tuple[str, bytes]]) -> None:
    """In none of these places is what nobody may see, nor what the server is to keep sealed."""
    for secret in (*talk.never, *talk.opaque):
        assert sightings(secret, iter(places)) == []


@contextlib.contextmanager
def reading(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


# --- on SQLite ----------------------------------------------------------------------------------------------------


async def test_nothing_is_told_on_sqlite(tmp_path: Path) -> None:
    control = word("control")
    with ServerProcess(tmp_path, environment={**LOUDLY, "HUBBUB_PUBLIC_URL": f"http://{control}.example"}) as server:
        async with People(server) as people:
            done = await talk(people, server, control=control)
            while_running = list(files(tmp_path))
        with reading(sqlite_url(tmp_path / "data")) as engine:
            tables = list(rows(engine))
        server.stop()
        afterwards = list(files(tmp_path))
    # The search works: it finds what the server is to keep, in each of the places.
    names = {Path(place).name for place, _ in while_running}
    assert {"log", "hubbub.db", "hubbub.db-wal", "hubbub.db-shm"} <= names
    assert_found(control, while_running, {"log", "hubbub.db-wal"})
    assert_found(control, afterwards, {"log", "hubbub.db"})
    assert_found(control, tables, {"table users"})
    for sealed in done.sealed:
        assert_found(sealed, tables, {"table messages"})
    assert_secret(done, while_running)
    assert_secret(done, afterwards)
    assert_secret(done, tables)


def assert_found(word: str, places: list[tuple[str, bytes]], within: set[str]) -> None:
    found = {Path(sighting.partition(":")[0]).name for sighting in sightings(word, iter(places))}
    assert within <= found, found


# --- on PostgreSQL and Redis ----------------------------------------------------------------------------------------


class Overheard:
    """Everything that clients of a Redis send to it, from now on: what MONITOR shows."""

    def __init__(self, redis: RedisServer) -> None:
        self._redis = redis
        self._connection = socket.create_connection(("127.0.0.1", redis.port))
        self._connection.sendall(b"MONITOR\r\n")
        self.said = bytearray()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        wait_until(lambda: self.said.startswith(b"+OK"), "Redis lets one listen")

    def _listen(self) -> None:
        while said := self._connection.recv(65536):
            self.said += said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.shutdown(socket.SHUT_RDWR)
        self._listening.join(10)
        self._connection.close()

    def all_so_far(self) -> bytes:
        """What was sent before this call, all of it."""
        mark = word("mark")
        ask(self._redis, f"ECHO {mark}")
        wait_until(lambda: mark.encode() in self.said, "Redis has told everything")
        return bytes(self.said)


def ask(redis: RedisServer, *commands: str) -> None:
    """Each is done when this returns; raises `AssertionError` when Redis refuses one."""
    with socket.create_connection(("127.0.0.1", redis.port), timeout=20) as connection:
        for command in commands:
            connection.sendall(f"{command}\r\n".encode())
            answer = connection.recv(65536)
            assert not answer.startswith(b"-"), (command, answer)


def keeping_everything(redis: RedisServer) -> None:
    """As an operator may run it who has Redis keep its data: every command in a file, nothing compressed."""
    ask(redis, "CONFIG SET rdbcompression no", "CONFIG SET aof-use-rdb-preamble no", "CONFIG SET appendonly yes")


@pytest.mark.postgres
@pytest.mark.redis
async def test_nothing_is_told_on_postgresql_and_redis(tmp_path: Path) -> None:
    control = word("control")
    environment = {**LOUDLY, "HUBBUB_PUBLIC_URL": f"http://{control}.example"}
    with PostgresServer() as postgres, RedisServer() as redis, Overheard(redis) as overheard:
        keeping_everything(redis)
        url = postgres.create_database()
        with Cluster(tmp_path, database_url=url, redis_url=redis.url, environment=environment) as cluster:
            async with People(cluster.first) as people:
                done = await talk(people, cluster.first, cluster.second, control=control)
                ask(redis, "SAVE")
            sent = overheard.all_so_far()
            with reading(url) as engine:
                tables = list(rows(engine))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        database = list(files(postgres.folder))
        kept = list(files(redis.folder))
        logs = list(files(tmp_path))
    commands = [("commands of Redis", sent)]
    assert_found(control, logs, {"log"})
    assert_found(control, tables, {"table users"})
    assert_found(control, commands, {"commands of Redis"})
    [heap] = {Path(place).parent.name for place, content in database if control.encode() in content} - {"pg_wal"}
    assert heap.isdigit(), "in the folder of the database, not in the journal alone"
    assert any("pg_wal" in place and control.encode() in content for place, content in database)
    for name in ("dump.rdb", "appendonly.aof.1.incr.aof"):
        assert_found(done.bob.id, kept, {name})  # who is online: Ada was signed out
    for sealed in done.sealed:
        assert_found(sealed, tables, {"table messages"})
        assert_found(sealed, commands, {"commands of Redis"})
    for places in (database, tables, logs, kept):
        assert_secret(done, places)
    for secret in done.never:  # wrapped private keys are on their way to their owner's other devices
        assert sightings(secret, iter(commands)) == []


# --- the search itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", '{"text":"'])
@pytest.mark.parametrize("after", ["", "z", "zy", '"}'])
def test_a_word_is_found_in_every_writing(before: str, after: str) -> None:
    hidden = word("canary")
    text = f"{before}{hidden}{after}"
    encoded = base64.b64encode(text.encode())
    for writing in (
        text.encode(),
        text.encode("utf-16-le"),
        text.encode().hex().encode(),
        text[::-1].encode(),
        encoded,
        base64.urlsafe_b64encode(text.encode()),
        encoded.rstrip(b"="),
        *(base64.b64encode(bytes(number) + encoded) for number in range(3)),
    ):
        assert sightings(hidden, iter([("here", b"\0" + writing + b"\0")])), writing
    other = base64.b64encode(f"{before}{word('canary')}{after}".encode())
    assert sightings(hidden, iter([("here", other)])) == []
    assert all(len(form) >= 20 for form in writings(hidden).values()), "too short to be sure of"
