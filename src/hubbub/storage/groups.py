"""Finding groups (seed 001): listed ones by searching, any by its id."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select, tuple_

from hubbub.storage.schema import conversations, join_requests, memberships
from hubbub.storage.users import Place


class FoundGroup(msgspec.Struct, frozen=True, gc=False):
    """A group as one viewer may see it: `members` is how many there are; `member`, `requested`: the viewer's own."""

    id: str
    alias: str | None
    about: str
    picture: str | None
    encrypted: bool
    joining: str
    approvals: int
    public_key: str | None
    creator_id: str
    inserted_at: int
    listed: bool
    members: int
    member: bool
    requested: bool


_CURRENT = memberships.c.left_version.is_(None)
_COUNT = (
    select(func.count())
    .select_from(memberships)
    .where(memberships.c.conversation_id == conversations.c.id, _CURRENT)
    .scalar_subquery()
)
_LISTED = conversations.c.search_text.is_not(None)


def page(
    connection: Connection, viewer_id: str, after: Place | None, size: int, search: str | None
) -> tuple[list[FoundGroup], Place | None]:
    """`size` listed groups, oldest first, and where to go on; None on the last page.

    `search` is text that the alias contains, in any case.
    """
    query = seen_by(viewer_id).where(_LISTED).order_by(conversations.c.inserted_at, conversations.c.id)
    if after is not None:
        query = query.where(
            tuple_(conversations.c.inserted_at, conversations.c.id) > tuple_(after.inserted_at, after.id)
        )
    if search:
        query = query.where(conversations.c.search_text.contains(search.casefold(), autoescape=True))
    rows = [FoundGroup(*row) for row in connection.execute(query.limit(size + 1))]
    last = Place(rows[size - 1].inserted_at, rows[size - 1].id) if len(rows) > size else None
    return rows[:size], last


def one(connection: Connection, viewer_id: str, group_id: str) -> FoundGroup | None:
    """The group with this id, listed or not: who knows the id was told it."""
    row = connection.execute(seen_by(viewer_id).where(conversations.c.id == group_id)).one_or_none()
    return FoundGroup(*row) if row else None


def seen_by(viewer_id: str) -> Select[Any]:
    """Every group, in the columns of `FoundGroup`; "" is who is not signed in."""
    return select(
        conversations.c.id,
        conversations.c.alias,
        conversations.c.about,
        conversations.c.picture,
        conversations.c.encrypted,
        conversations.c.joining,
        conversations.c.approvals,
        conversations.c.public_key,
        conversations.c.creator_id,
        conversations.c.inserted_at,
        _LISTED,
        _COUNT,
        _has(memberships, viewer_id, _CURRENT),
        _has(join_requests, viewer_id),
    ).where(conversations.c.kind == "group")


def _has(table: Any, viewer_id: str, *conditions: Any) -> Any:
    """Whether the viewer has a row about the conversation in `table`."""
    named = (table.c.conversation_id == conversations.c.id, table.c.user_id == viewer_id, *conditions)
    return select(table.c.user_id).where(*named).exists()
