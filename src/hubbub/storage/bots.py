"""Queries on bots: accounts that a user owns, without address and password."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from hubbub.storage.schema import users
from hubbub.storage.users import public_users
from hubbub.wire.resources import PublicUser


def is_owned(connection: Connection, bot_id: str, owner_id: str) -> bool:
    """Whether this is a bot of the user's that was not put away."""
    mine = _ids(owner_id).where(users.c.id == bot_id)
    return connection.execute(mine).first() is not None


def owned_by(connection: Connection, owner_id: str) -> list[PublicUser]:
    """The user's bots, without those that were put away."""
    return public_users(connection, owner_id, connection.execute(_ids(owner_id)).scalars())


def count(connection: Connection, owner_id: str) -> int:
    """How many bots the user ever made: those that were put away keep their handles, so they count."""
    of_owner = select(func.count()).select_from(users).where(users.c.owner_id == owner_id)
    return int(connection.execute(of_owner).scalar_one())


def _ids(owner_id: str) -> Select[Any]:
    return select(users.c.id).where(users.c.owner_id == owner_id, ~users.c.disabled)
