"""The stream of what is a user's alone: conversations, settings, own read marks (Hubbub protocol, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hubbub.storage.engine import Prepared
from hubbub.storage.schema import user_changes, users
from hubbub.storage.writer import Transaction

CONVERSATION = "conversation"
SETTINGS = "settings"
READ_MARK = "read_mark"
PRIVATE_KEYS = "private_keys"
CHOICES = ("block", "watch", "mute")  # shown as rows of the kind `choice`


def _upsert(insert: Any) -> Any:
    statement = insert(user_changes)
    return statement.on_conflict_do_update(
        index_elements=["user_id", "kind", "row_id"],
        set_={name: statement.excluded[name] for name in ("version", "deleted", "at")},
    )


_NAMES = ("user_id", "kind", "row_id", "version", "deleted", "at")
_UPSERTS = {
    "sqlite": Prepared(_upsert(sqlite_insert), _NAMES),
    "postgresql": Prepared(_upsert(postgres_insert), _NAMES),
}
_ADVANCE = update(users).where(users.c.id == bindparam("user")).values(version=bindparam("head"))


def advance(transaction: Transaction, changed: Mapping[str, Iterable[tuple[str, str, bool]]]) -> dict[str, int]:
    """Give each user's stream its next version for these rows.

    `changed` maps user id to `(kind, row id, deleted)`; the users must be locked by the change that calls this.
    The result maps user id to the new head. Users that do not exist are left out.
    """
    if not changed:
        return {}
    found = transaction.connection.execute(select(users.c.id, users.c.version).where(users.c.id.in_(changed))).all()
    heads: dict[str, int] = {user: version + 1 for user, version in found}
    if not heads:
        return {}
    transaction.connection.execute(_ADVANCE, [{"user": user, "head": head} for user, head in heads.items()])
    _UPSERTS[transaction.connection.dialect.name].execute(
        transaction.connection,
        [
            (user, kind, row, head, deleted, transaction.now)
            for user, head in heads.items()
            for kind, row, deleted in changed[user]
        ],
    )
    return heads


class StreamRow(NamedTuple):
    """Which row of a user's stream changed, at which version of the stream."""

    kind: str
    row_id: str
    version: int
    deleted: bool


def changes_since(connection: Connection, user_id: str, above: int, upto: int, limit: int | None) -> list[StreamRow]:
    """The rows with `above` < version <= `upto`, by version."""
    query = (
        select(user_changes.c.kind, user_changes.c.row_id, user_changes.c.version, user_changes.c.deleted)
        .where(user_changes.c.user_id == user_id, user_changes.c.version > above, user_changes.c.version <= upto)
        .order_by(user_changes.c.version)
        .limit(limit)
    )
    return [StreamRow(*row) for row in connection.execute(query)]


def bounds(connection: Connection, user_id: str) -> tuple[int, int]:
    """The head of the user's stream, and the newest of its tombstones that is gone."""
    row = connection.execute(select(users.c.version, users.c.swept_version).where(users.c.id == user_id)).one()
    return row.version, row.swept_version


def head(connection: Connection, user_id: str) -> int:
    """The version of the user's stream; 0 for nobody."""
    return connection.execute(select(users.c.version).where(users.c.id == user_id)).scalar() or 0


def version_of(connection: Connection, user_id: str, kind: str, row_id: str) -> int:
    """The version of the user's stream at which this row of it last changed; 0 when it is not in it."""
    return (
        connection.execute(
            select(user_changes.c.version).where(
                user_changes.c.user_id == user_id, user_changes.c.kind == kind, user_changes.c.row_id == row_id
            )
        ).scalar()
        or 0
    )
