"""Revocations that come late, out of order, or while the database is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, insert, text

from hubbub.auth.actor import Actor
from hubbub.auth.revocations import Revocations
from hubbub.auth.tokens import LIFETIME
from hubbub.storage.engine import Reader, open_engine, sqlite_url
from hubbub.storage.families import Revocation
from hubbub.storage.schema import metadata, revocations
from hubbub.wire.ids import new_id

NOW = 1_800_000_000


class Clock:
    now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(sqlite_url(tmp_path))
    metadata.create_all(engine)
    return engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def known(engine: Engine, clock: Clock) -> AsyncIterator[Revocations]:
    """Started, looking fifty times a second."""
    reader = Reader(engine, threads=1)
    known = Revocations(reader, clock, interval=0.02)
    await known.start()
    yield known
    await known.stop()
    reader.close()
    engine.dispose()


def actor(issued: int = NOW, user: str | None = None) -> Actor:
    return Actor(user or new_id(), new_id(), issued + LIFETIME)


def commit(engine: Engine, user: str, family: str | None, at: int) -> None:
    """A revocation made by another process, `at` seconds."""
    row = msgspec.structs.asdict(Revocation(new_id(), user, family, at * 1000))
    with engine.begin() as connection:
        connection.execute(insert(revocations), row)


async def eventually(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.005)


async def test_rows_that_become_visible_late_are_found_once(engine: Engine, known: Revocations) -> None:
    told: list[tuple[str, str | None]] = []
    known.on_revoked(lambda user, family: told.append((user, family)))
    first, second, late = actor(), actor(), actor()
    commit(engine, first.user_id, first.family_id, NOW + 50)
    await eventually(lambda: known.is_revoked(first))
    commit(engine, late.user_id, late.family_id, NOW)  # began earlier, committed later
    await eventually(lambda: known.is_revoked(late))
    commit(engine, second.user_id, second.family_id, NOW + 51)
    await eventually(lambda: known.is_revoked(second))
    assert sorted(told) == sorted((one.user_id, one.family_id) for one in (first, late, second))
    assert not known.is_revoked(actor())


async def test_without_a_family_what_was_issued_until_then_is_revoked(engine: Engine, known: Revocations) -> None:
    user = new_id()
    commit(engine, user, None, NOW)
    await eventually(lambda: known.is_revoked(actor(NOW, user)))
    assert known.is_revoked(actor(NOW - 60, user))
    assert not known.is_revoked(actor(NOW + 1, user))
    assert not known.is_revoked(actor(NOW))


async def test_looking_survives_a_database_that_was_away(engine: Engine, known: Revocations) -> None:
    before, after = actor(), actor()
    commit(engine, before.user_id, before.family_id, NOW)
    await eventually(lambda: known.is_revoked(before))
    failed = asyncio.Event()
    looked = known.look

    async def look() -> None:
        try:
            await looked()
        except Exception:
            failed.set()
            raise

    known.look = look  # type: ignore[method-assign]
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE revocations RENAME TO away"))
    await asyncio.wait_for(failed.wait(), 10)
    assert known.is_revoked(before)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO revocations"))
    commit(engine, after.user_id, after.family_id, NOW)
    await eventually(lambda: known.is_revoked(after))


async def test_a_listener_that_fails_does_not_end_the_looking(engine: Engine, known: Revocations) -> None:
    def fail(_user: str, _family: str | None) -> None:
        raise ZeroDivisionError

    known.on_revoked(fail)
    first, second = actor(), actor()
    commit(engine, first.user_id, first.family_id, NOW)
    await eventually(lambda: known.is_revoked(first))
    commit(engine, second.user_id, second.family_id, NOW)
    await eventually(lambda: known.is_revoked(second))


async def test_what_no_token_can_meet_any_more_is_forgotten(engine: Engine, known: Revocations, clock: Clock) -> None:
    old, recent = actor(), actor(NOW + 2 * LIFETIME)
    commit(engine, old.user_id, old.family_id, NOW)
    await eventually(lambda: known.is_revoked(old))
    clock.now = NOW + 2 * LIFETIME
    commit(engine, recent.user_id, recent.family_id, NOW + 2 * LIFETIME)
    await eventually(lambda: known.is_revoked(recent) and not known.is_revoked(old))
    assert len(known._seen) == 1
