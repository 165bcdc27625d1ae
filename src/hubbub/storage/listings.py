"""What anyone may find of users and of listed groups, filtered and sorted (seed 001)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from hubbub.storage import groups
from hubbub.storage.groups import FoundGroup
from hubbub.storage.schema import conversations, user_keys, users
from hubbub.storage.users import seen_by
from hubbub.wire.errors import BadInput
from hubbub.wire.rest import ListedUser

NOBODY = ""  # in the place of a viewer's id: who is not signed in


class Wanted(msgspec.Struct, frozen=True):
    """`q`: text in what is searched; the others are exact, in any case. `after` is the last of the page before, a
    user's name or a group's id. `sort` is `name` or `inserted_at`, with `-` the last first.
    """

    q: str = ""
    name: str = ""
    display_name: str = ""
    sort: str = "inserted_at"
    after: str = ""
    limit: int = 50


def users_wanted(connection: Connection, wanted: Wanted) -> list[ListedUser]:
    """Users as anyone may see them. What is searched has no addresses in it: nobody finds out who has which."""
    query = select(users).where(~users.c.disabled)
    if wanted.q:
        query = query.where(users.c.search_text.contains(wanted.q.casefold(), autoescape=True))
    if wanted.name:
        query = query.where(users.c.name == wanted.name.lower())
    if wanted.display_name:
        query = query.where(users.c.search_text.endswith("\n" + wanted.display_name.casefold(), autoescape=True))
    columns = {"name": users.c.name, "inserted_at": users.c.inserted_at, "id": users.c.id}
    return _shown(connection, _page(connection, query, wanted, columns, users.c.name))


def one_user(connection: Connection, name: str) -> ListedUser | None:
    """The user with this name, as anyone may see them."""
    rows = connection.execute(select(users).where(users.c.name == name, ~users.c.disabled)).all()
    return next(iter(_shown(connection, rows)), None)


def _shown(connection: Connection, found: Sequence[Row[Any]]) -> list[ListedUser]:
    keys = _newest_keys(connection, [row.id for row in found])
    return [
        ListedUser(
            id=user.id,
            name=user.name,
            display_name=user.display_name,
            about=user.about,
            picture=user.picture,
            public_key=keys.get(user.id),
        )
        for user in seen_by(connection, NOBODY, found)
    ]


def _newest_keys(connection: Connection, ids: list[str]) -> dict[str, Any]:
    query = select(user_keys.c.user_id, user_keys.c.public_key).where(user_keys.c.user_id.in_(ids))
    rows = connection.execute(query.order_by(user_keys.c.gen))
    return {row.user_id: msgspec.json.decode(row.public_key) for row in rows}


def groups_wanted(connection: Connection, wanted: Wanted) -> list[FoundGroup]:
    """Listed groups."""
    name = func.coalesce(conversations.c.alias, "")
    query = groups.seen_by(NOBODY).where(conversations.c.search_text.is_not(None))
    if wanted.q:
        query = query.where(conversations.c.search_text.contains(wanted.q.casefold(), autoescape=True))
    if wanted.name:
        # A group has no name in addresses, which would be first; then come its alias and what it is about.
        alone = f"\n{wanted.name}\n".casefold()
        query = query.where(conversations.c.search_text.startswith(alone, autoescape=True))
    columns = {"name": name, "inserted_at": conversations.c.inserted_at, "id": conversations.c.id}
    rows = _page(connection, query, wanted, columns, conversations.c.id)
    return [FoundGroup(*tuple(row)) for row in rows]


def _page(
    connection: Connection, query: Select[Any], wanted: Wanted, columns: dict[str, Any], named: ColumnElement[str]
) -> list[Row[Any]]:
    """The page of `query` after the row whose `named` is `after`. Raises `BadInput` when there is none."""
    column, id, backwards = columns[wanted.sort.removeprefix("-")], columns["id"], wanted.sort.startswith("-")
    if wanted.after:
        place = connection.execute(select(column, id).where(named == wanted.after)).first()
        if place is None:
            raise BadInput("after: there is no such row.")
        here, there = tuple_(column, id), tuple_(*place)
        query = query.where(here < there if backwards else here > there)
    order = (column.desc(), id.desc()) if backwards else (column, id)
    return list(connection.execute(query.order_by(*order).limit(wanted.limit + 1)))
