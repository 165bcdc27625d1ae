"""The sweep: what is over goes, what is not stays, and cursors that can no longer be answered are known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, select

from hubbub.storage import sweep as module
from hubbub.storage.engine import Reader, open_engine, sqlite_url
from hubbub.storage.migrate import migrate
from hubbub.storage.schema import (
    conversations,
    copies,
    families,
    memberships,
    messages,
    operations,
    reactions,
    refresh_tokens,
    revocations,
    user_changes,
    users,
)
from hubbub.storage.sweep import DAY, HOUR, Sweep
from hubbub.storage.writer import Writer
from hubbub.wire.ids import new_id

NOW = 1_800_000_000_000
OLD = NOW - 31 * DAY
RECENT = NOW - 29 * DAY
ALICE, FAMILY, CONVERSATION = new_id(), new_id(), new_id()


class Database:
    """A migrated database with a sweep whose clock stands still."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reader, self.writer = Reader(engine), Writer(engine)
        self.sweep = Sweep(self.reader, self.writer, clock=lambda: NOW / 1000)

    def put(self, table: Table, *rows: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(table.insert(), [{**blank(table), **row} for row in rows])

    def count(self, table: Table) -> int:
        return self._read(lambda connection: connection.execute(select(func.count()).select_from(table)).scalar_one())

    def swept_version(self, table: Table) -> int:
        return self._read(lambda connection: connection.execute(select(table.c.swept_version)).scalar_one())

    def _read(self, query: Any) -> int:
        with self.engine.begin() as connection:
            return int(query(connection))


def blank(table: Table) -> dict[str, Any]:
    """A row without meaning: whatever the table demands, made up."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if not column.nullable:
            kind = column.type.python_type
            values[column.name] = new_id() if kind is str else kind(0)
            if kind is str and (length := getattr(column.type, "length", None)):
                values[column.name] = values[column.name][:length]
    return values


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
async def database(engine: Engine) -> AsyncIterator[Database]:
    database = Database(engine)
    database.writer.start()
    database.put(users, {"id": ALICE})
    database.put(conversations, {"id": CONVERSATION})
    yield database
    await database.writer.close()
    database.reader.close()


def message(version: int, deleted: int, updated_at: int) -> dict[str, Any]:
    return {
        "conversation_id": CONVERSATION,
        "id": new_id(),
        "version": version,
        "deleted": deleted,
        "updated_at": updated_at,
    }


async def test_old_tombstones_of_messages_go_with_all_that_hangs_on_them(database: Database) -> None:
    gone, kept = message(7, 1, OLD), message(8, 0, OLD)
    database.put(messages, gone, kept, message(9, 1, RECENT))
    for each in (gone, kept):
        database.put(copies, {"conversation_id": CONVERSATION, "message_id": each["id"], "user_id": ALICE})
        database.put(reactions, {"conversation_id": CONVERSATION, "message_id": each["id"], "version": 3})
    swept = await database.sweep.once()
    assert swept["messages"] == 1
    assert (database.count(messages), database.count(copies), database.count(reactions)) == (2, 1, 1)
    assert database.swept_version(conversations) == 7


async def test_old_tombstones_of_reactions_go(database: Database) -> None:
    rows = [
        {"conversation_id": CONVERSATION, "message_id": new_id(), "version": version, "deleted": gone, "updated_at": at}
        for version, gone, at in ((4, 1, OLD), (6, 1, OLD), (8, 0, OLD), (9, 1, RECENT))
    ]
    database.put(reactions, *rows)
    assert (await database.sweep.once())["reactions"] == 2
    assert database.count(reactions) == 2
    assert database.swept_version(conversations) == 6


async def test_tombstones_of_a_user_go_from_their_stream(database: Database) -> None:
    rows = [
        {"user_id": ALICE, "kind": "conversation", "row_id": new_id(), "version": version, "deleted": gone, "at": at}
        for version, gone, at in ((2, True, OLD), (3, False, OLD), (4, True, RECENT))
    ]
    database.put(user_changes, *rows)
    assert (await database.sweep.once())["user_changes"] == 1
    assert database.count(user_changes) == 2
    assert database.swept_version(users) == 2


async def test_the_spans_of_former_members_stay(database: Database) -> None:
    database.put(memberships, {"conversation_id": CONVERSATION, "user_id": ALICE, "left_version": 5, "inserted_at": 1})
    await database.sweep.once()
    assert database.count(memberships) == 1


async def test_nothing_old_leaves_everything_as_it_is(database: Database) -> None:
    database.put(messages, message(1, 1, RECENT))
    assert set((await database.sweep.once()).values()) == {0}
    assert database.swept_version(conversations) == 0


async def test_what_exceeds_a_batch_goes_in_several(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    database.put(messages, *(message(version, 1, OLD) for version in range(1, 9)))
    database.put(operations, *({"at": OLD, "op_id": str(number)} for number in range(7)))
    swept = await database.sweep.once()
    assert (swept["messages"], swept["operations"]) == (8, 7)
    assert database.swept_version(conversations) == 8


async def test_a_sweep_never_lowers_what_is_already_swept(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(conversations.update().values(swept_version=50))
    database.put(messages, message(7, 1, OLD))
    await database.sweep.once()
    assert database.swept_version(conversations) == 50


async def test_what_has_an_end_of_its_own_goes_after_it(database: Database) -> None:
    database.put(operations, {"at": OLD, "op_id": "old"}, {"at": RECENT, "op_id": "recent"})
    database.put(refresh_tokens, {"expires_at": NOW - 1}, {"expires_at": NOW + 1, "family_id": FAMILY})
    database.put(revocations, {"at": NOW - 2 * HOUR}, {"at": NOW - HOUR})
    database.put(families, {"used_at": NOW - 46 * DAY}, {"used_at": NOW - 46 * DAY, "id": FAMILY}, {"used_at": NOW})
    swept = await database.sweep.once()
    assert {name: swept[name] for name in ("operations", "refresh_tokens", "revocations", "families")} == {
        "operations": 1,
        "refresh_tokens": 1,
        "revocations": 1,
        "families": 1,
    }
    assert [database.count(table) for table in (operations, refresh_tokens, revocations, families)] == [1, 1, 1, 2]
