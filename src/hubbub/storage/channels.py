"""Finding conversations that anyone may join."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select, true, tuple_

from hubbub.storage.schema import conversations, memberships
from hubbub.storage.users import Place
from hubbub.wire.ids import is_id


class FoundChannel(msgspec.Struct, frozen=True, gc=False):
    """`members`: how many subscribe; `subscribed`: whether who asks is one of them."""

    id: str
    name: str
    alias: str
    about: str
    reading: str
    posting: str
    creator_id: str
    inserted_at: int
    members: int
    subscribed: bool


_CURRENT = memberships.c.left_version.is_(None)
_COUNT = (
    select(func.count())
    .select_from(memberships)
    .where(memberships.c.conversation_id == conversations.c.id, _CURRENT)
    .scalar_subquery()
)


def page(
    connection: Connection, viewer_id: str | None, after: Place | None, size: int, search: str | None
) -> tuple[list[FoundChannel], Place | None]:
    """`size` channels, oldest first, and where to go on; None on the last page.

    `search` is text that name, alias or about contain, in any case.
    """
    found = conversations.c.search_text
    query = _channels(viewer_id).order_by(conversations.c.inserted_at, conversations.c.id)
    if after is not None:
        query = query.where(
            tuple_(conversations.c.inserted_at, conversations.c.id) > tuple_(after.inserted_at, after.id)
        )
    if search:
        query = query.where(found.contains(search.casefold(), autoescape=True))
    rows = [FoundChannel(*row) for row in connection.execute(query.limit(size + 1))]
    last = Place(rows[size - 1].inserted_at, rows[size - 1].id) if len(rows) > size else None
    return rows[:size], last


def one(connection: Connection, viewer_id: str | None, id_or_name: str) -> FoundChannel | None:
    """The channel with this id or name; no name looks like an id."""
    named = conversations.c.id if is_id(id_or_name) else conversations.c.name
    row = connection.execute(_channels(viewer_id).where(named == id_or_name)).one_or_none()
    return FoundChannel(*row) if row else None


def _channels(viewer_id: str | None) -> Select[Any]:
    """Those that the viewer may find; no viewer: a guest, who finds what anyone may read."""
    subscribed = (
        select(memberships.c.user_id)
        .where(memberships.c.conversation_id == conversations.c.id, memberships.c.user_id == viewer_id, _CURRENT)
        .exists()
    )
    shown = true() if viewer_id is not None else conversations.c.reading == "anyone"
    return select(
        conversations.c.id,
        conversations.c.name,
        conversations.c.alias,
        conversations.c.about,
        conversations.c.reading,
        conversations.c.posting,
        conversations.c.creator_id,
        conversations.c.inserted_at,
        _COUNT,
        subscribed,
    ).where(conversations.c.search_text.is_not(None), conversations.c.kind == "channel", shown)
