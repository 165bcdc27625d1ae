"""Queries on memberships: who is in a conversation, since when, until when; each inside one conversation or user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from hubbub.domain.visibility import Span
from hubbub.storage import sanctions
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import PairLookup
from hubbub.storage.schema import (
    conversations,
    memberships,
)


class Member(NamedTuple):
    """A current member; `silent_until`: the end of their mute in milliseconds, 0 without one."""

    user_id: str
    role: str
    joined_version: int
    joined_top_index: int
    silent_until: int = 0


_CURRENT_AMONG = PairLookup(
    memberships,
    ("conversation_id", "user_id"),
    ("conversation_id", "user_id", "role", "joined_version", "joined_top_index", "silent_until"),
    "found.left_version IS NULL",
)
_SPANS = (
    select(memberships)
    .where(memberships.c.conversation_id == bindparam("conversation"), memberships.c.user_id == bindparam("user"))
    .order_by(memberships.c.joined_version)
)


_CURRENT = select(
    memberships.c.user_id,
    memberships.c.role,
    memberships.c.joined_version,
    memberships.c.joined_top_index,
    memberships.c.silent_until,
).where(memberships.c.conversation_id == bindparam("conversation"), memberships.c.left_version.is_(None))


def spans(connection: Connection, conversation_id: str, user_id: str) -> list[Span]:
    """Every stay of the user, oldest first; empty for who never was a member."""
    rows = connection.execute(_SPANS, {"conversation": conversation_id, "user": user_id})
    return [_span(row) for row in rows]


def _span(row: Row[Any]) -> Span:
    return Span(row.joined_version, row.left_version, row.joined_top_index, row.role, row.version, row.silent_until)


def members(connection: Connection, conversation_id: str) -> list[Member]:
    """The current members."""
    return [Member(*row) for row in connection.execute(_CURRENT, {"conversation": conversation_id})]


def current_members(connection: Connection, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Member]:
    """Those of the pairs (conversation id, user id) that are memberships now."""
    return {(row[0], row[1]): Member(*row[1:]) for row in _CURRENT_AMONG.find(connection, set(pairs))}


def count_members(connection: Connection, conversation_id: str) -> int:
    return connection.execute(
        select(func.count())
        .select_from(memberships)
        .where(memberships.c.conversation_id == conversation_id, memberships.c.left_version.is_(None))
    ).scalar_one()


def add_members(
    connection: Connection, conversation: Conversation, roles: dict[str, str], version: int, now: int
) -> None:
    """Begin a span for each user in `roles` (user id to role) at `version`; who is muted comes back muted."""
    if not roles:
        return
    silences = sanctions.mutes(connection, conversation.id, now)
    connection.execute(
        insert(memberships),
        [
            {
                "conversation_id": conversation.id,
                "user_id": user,
                "joined_version": version,
                "left_version": None,
                "joined_top_index": conversation.top.idx,
                "role": role,
                "silent_until": silences.get(user, 0),
                "version": version,
                "inserted_at": now,
            }
            for user, role in roles.items()
        ],
    )


def end_membership(connection: Connection, conversation_id: str, user_id: str, version: int) -> None:
    """Close the user's current span at `version`."""
    _change_current(connection, conversation_id, user_id, left_version=version, version=version)


def set_role(connection: Connection, conversation_id: str, user_id: str, role: str, version: int) -> None:
    """Give a current member another role at `version`."""
    _change_current(connection, conversation_id, user_id, role=role, version=version)


def silence(connection: Connection, conversation_id: str, user_id: str, until: int, version: int) -> None:
    """Note until when (milliseconds, 0: no longer) a current member may not write, at `version`."""
    _change_current(connection, conversation_id, user_id, silent_until=until, version=version)


def _change_current(connection: Connection, conversation_id: str, user_id: str, **values: Any) -> None:
    connection.execute(
        update(memberships)
        .where(
            memberships.c.conversation_id == conversation_id,
            memberships.c.user_id == user_id,
            memberships.c.left_version.is_(None),
        )
        .values(**values)
    )


def readers_among(connection: Connection, conversation_id: str, user_ids: set[str]) -> tuple[set[str] | None, int]:
    """Those of the users who may listen now (None: anyone, guests too), and the version at which somebody last left."""
    row = connection.execute(
        select(conversations.c.departed_version, conversations.c.reading).where(conversations.c.id == conversation_id)
    ).first()
    if row is None:
        return set(), 0
    if row.reading == "anyone":
        return None, row.departed_version
    found = connection.execute(
        select(memberships.c.user_id).where(
            memberships.c.conversation_id == conversation_id,
            memberships.c.user_id.in_(user_ids),
            memberships.c.left_version.is_(None),
        )
    ).scalars()
    return set(found), row.departed_version


def latest_join(connection: Connection, conversation_id: str) -> int:
    """The newest version at which one of the current members joined; 0 without members."""
    return (
        connection.execute(
            select(func.max(memberships.c.joined_version)).where(
                memberships.c.conversation_id == conversation_id, memberships.c.left_version.is_(None)
            )
        ).scalar()
        or 0
    )


def memberships_of(connection: Connection, user_id: str) -> list[tuple[str, int]]:
    """The user's current conversations with their heads, in id order."""
    mine = (
        select(memberships.c.conversation_id)
        .where(memberships.c.user_id == user_id, memberships.c.left_version.is_(None))
        .scalar_subquery()
    )
    rows = connection.execute(
        select(conversations.c.id, conversations.c.head)
        .where(conversations.c.id.in_(mine))
        .order_by(conversations.c.id)
    )
    return [(row.id, row.head) for row in rows]


def memberships_since(
    connection: Connection, conversation_id: str, above: int, upto: int, limit: int | None
) -> list[tuple[str, Span]]:
    """Users with the newest of their spans, where that changed with `above` < version <= `upto`, by version."""
    newer = memberships.alias()
    query = (
        select(memberships)
        .where(
            memberships.c.conversation_id == conversation_id,
            memberships.c.version > above,
            memberships.c.version <= upto,
            ~select(newer.c.user_id)
            .where(
                newer.c.conversation_id == memberships.c.conversation_id,
                newer.c.user_id == memberships.c.user_id,
                newer.c.joined_version > memberships.c.joined_version,
                newer.c.joined_version <= upto,
            )
            .exists(),
        )
        .order_by(memberships.c.version)
        .limit(limit)
    )
    return [(row.user_id, _span(row)) for row in connection.execute(query)]
