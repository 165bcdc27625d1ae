"""What moderators and admins did: rows that are written with the deed itself, and never changed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, insert, select, tuple_

from hubbub.storage.schema import audit
from hubbub.storage.users import Place
from hubbub.storage.writer import Transaction
from hubbub.wire.ids import new_id


class Deed(NamedTuple):
    """Who did what to whom, where; `detail` are the actor's own words, never those of a message."""

    actor_id: str
    action: str
    conversation_id: str | None = None
    user_id: str | None = None
    message_id: str | None = None
    detail: str = ""


class Noted(NamedTuple):
    """A row, in the order of the table's columns; `inserted_at` in milliseconds."""

    id: str
    actor_id: str
    action: str
    conversation_id: str | None
    user_id: str | None
    message_id: str | None
    detail: str
    inserted_at: int


def note(transaction: Transaction, deed: Deed) -> None:
    values = {"id": new_id(), "inserted_at": transaction.now, **deed._asdict()}
    transaction.connection.execute(insert(audit).values(**values))


def page(connection: Connection, before: Place | None, size: int) -> tuple[list[Noted], Place | None]:
    """`size` rows, latest first, and where to go on; None on the last page."""
    query = select(audit).order_by(audit.c.inserted_at.desc(), audit.c.id.desc())
    if before is not None:
        query = query.where(tuple_(audit.c.inserted_at, audit.c.id) < tuple_(before.inserted_at, before.id))
    rows = [Noted(*row) for row in connection.execute(query.limit(size + 1))]
    last = Place(rows[size - 1].inserted_at, rows[size - 1].id) if len(rows) > size else None
    return rows[:size], last
