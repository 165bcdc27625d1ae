"""Queries on what moderators decided about somebody in a conversation: who may not write, who may not come in."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select

from hubbub.storage.schema import sanctions

MUTE = "mute"
BAN = "ban"
FOR_GOOD = 2**63 - 1  # milliseconds since 1970 that never come


class Sanction(NamedTuple):
    """`until` and `inserted_at` in milliseconds; `until` None: until it is lifted."""

    conversation_id: str
    user_id: str
    kind: str
    moderator_id: str
    reason: str
    until: int | None
    inserted_at: int

    @property
    def end(self) -> int:
        return FOR_GOOD if self.until is None else self.until


def put(connection: Connection, sanction: Sanction) -> None:
    """Decide this, in place of what was decided of the same kind about the same user."""
    lift(connection, sanction.conversation_id, sanction.user_id, sanction.kind)
    connection.execute(insert(sanctions).values(**sanction._asdict()))


def lift(connection: Connection, conversation_id: str, user_id: str, kind: str) -> bool:
    """Take the decision back; False when there is none."""
    gone = connection.execute(
        delete(sanctions).where(
            sanctions.c.conversation_id == conversation_id, sanctions.c.user_id == user_id, sanctions.c.kind == kind
        )
    )
    return bool(gone.rowcount)


def in_force(connection: Connection, conversation_id: str, now: int) -> list[Sanction]:
    """Everything that holds at this time, oldest first."""
    query = select(sanctions).where(_holds(conversation_id, now))
    ordered = query.order_by(sanctions.c.inserted_at, sanctions.c.user_id, sanctions.c.kind)
    return [Sanction(*row) for row in connection.execute(ordered)]


def banned(connection: Connection, conversation_id: str, user_ids: Collection[str], now: int) -> list[str]:
    """Those of the users who may not come into the conversation at this time, in id order."""
    barred = [one.user_id for one in in_force(connection, conversation_id, now) if one.kind == BAN]
    return sorted(set(barred).intersection(user_ids))


def is_banned(connection: Connection, conversation_id: str, user_id: str, now: int) -> bool:
    """Whether the user may not come into the conversation at this time."""
    return bool(banned(connection, conversation_id, [user_id], now))


def mutes(connection: Connection, conversation_id: str, now: int) -> dict[str, int]:
    """Until when users are muted, by user id."""
    return {one.user_id: one.end for one in in_force(connection, conversation_id, now) if one.kind == MUTE}


def silences(connection: Connection, conversation_id: str, now: int) -> dict[str, int]:
    """Until when users may not write, members or not, by user id: who is banned may not write either."""
    ends: dict[str, int] = {}
    for one in in_force(connection, conversation_id, now):
        ends[one.user_id] = max(one.end, ends.get(one.user_id, 0))
    return ends


def _holds(conversation_id: str, now: int) -> ColumnElement[bool]:
    return and_(
        sanctions.c.conversation_id == conversation_id, or_(sanctions.c.until.is_(None), sanctions.c.until > now)
    )
