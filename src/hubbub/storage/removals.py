"""Queries on moderators' removals: each is a row of the moderator's own that refers to somebody else's message."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, insert, select

from hubbub.storage.messages import View, in_history
from hubbub.storage.schema import messages, removals


class Removal(NamedTuple):
    """A row, in the order of the table's columns; `owner_id` is the moderator."""

    conversation_id: str
    message_id: str
    owner_id: str
    reason: str
    version: int
    inserted_at: int


def add(connection: Connection, removal: Removal) -> None:
    connection.execute(insert(removals).values(**removal._asdict()))


def of(connection: Connection, conversation_id: str, message_id: str) -> Removal | None:
    row = connection.execute(
        select(removals).where(removals.c.conversation_id == conversation_id, removals.c.message_id == message_id)
    ).first()
    return Removal(*row) if row is not None else None


def removals_since(connection: Connection, view: View, above: int, upto: int, limit: int | None) -> list[Removal]:
    """Removals of what the reader may look back to with `above` < version <= `upto`, by version."""
    message = and_(messages.c.conversation_id == removals.c.conversation_id, messages.c.id == removals.c.message_id)
    query = (
        select(removals)
        .join(messages, message)
        .where(
            removals.c.conversation_id == view.conversation_id,
            removals.c.version > above,
            removals.c.version <= upto,
            in_history(view),
        )
        .order_by(removals.c.version)
        .limit(limit)
    )
    return [Removal(*row) for row in connection.execute(query)]
