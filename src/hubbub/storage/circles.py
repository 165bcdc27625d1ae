"""Who hears of whose presence: contacts, and who watches (Hubbub protocol, section 1; seed 000, "body-lists").

Watching is one-sided: who is watched hears nothing of it. Two of whom one blocked the other are never in each other's
circle, whoever watches whom. Who shares only a channel, a room or a large group with somebody asked for nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from hubbub.storage import choices
from hubbub.storage.schema import choices as chosen
from hubbub.storage.schema import users
from hubbub.storage.users import contacts


class Circle(NamedTuple):
    """`audience` hears of the user; of `shown` the user hears. Who is `hidden` is told to nobody."""

    audience: list[str]
    shown: list[str]
    hidden: bool


def of(connection: Connection, user_id: str) -> Circle:
    hidden = connection.execute(select(users.c.hidden).where(users.c.id == user_id)).scalar()
    return Circle(audience(connection, user_id), shown(connection, user_id), bool(hidden))


def audience(connection: Connection, user_id: str) -> list[str]:
    """Who hears of the user's presence, unless they are hidden; ordered by id."""
    watching = select(chosen.c.user_id).where(chosen.c.kind == choices.WATCH, chosen.c.about_id == user_id)
    return _with_contacts(connection, user_id, set(connection.execute(watching).scalars()))


def shown(connection: Connection, user_id: str) -> list[str]:
    """Of whose presence the user hears; ordered by id."""
    watched = select(chosen.c.about_id).where(chosen.c.kind == choices.WATCH, chosen.c.user_id == user_id)
    return _with_contacts(connection, user_id, set(connection.execute(watched).scalars()))


def _with_contacts(connection: Connection, user_id: str, others: set[str]) -> list[str]:
    if others:
        others -= choices.apart(connection, user_id)
    return sorted(others.union(contacts(connection, user_id)))
