"""Queries on what users set for themselves: whom they block and watch, which conversations they mute."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select, union

from hubbub.storage.schema import choices
from hubbub.storage.unique import insert_unless_taken

BLOCK = "block"
WATCH = "watch"
MUTE = "mute"


def add(connection: Connection, user_id: str, kind: str, about_id: str, now: int) -> bool:
    """Note the choice; False when it was made before."""
    values = {"user_id": user_id, "kind": kind, "about_id": about_id, "inserted_at": now}
    return insert_unless_taken(connection, choices, values)


def remove(connection: Connection, user_id: str, kind: str, about_id: str) -> bool:
    """Take the choice back; False when there is none."""
    gone = connection.execute(
        delete(choices).where(choices.c.user_id == user_id, choices.c.kind == kind, choices.c.about_id == about_id)
    )
    return bool(gone.rowcount)


def count(connection: Connection, user_id: str, kind: str) -> int:
    return connection.execute(
        select(func.count()).select_from(choices).where(choices.c.user_id == user_id, choices.c.kind == kind)
    ).scalar_one()


def of(connection: Connection, user_id: str) -> list[tuple[str, str]]:
    """All of a user's: kind, and whom or what it is about."""
    rows = connection.execute(
        select(choices.c.kind, choices.c.about_id)
        .where(choices.c.user_id == user_id)
        .order_by(choices.c.kind, choices.c.about_id)
    )
    return [(row.kind, row.about_id) for row in rows]


# --- blocking -----------------------------------------------------------------------------------------------------


def apart(connection: Connection, user_id: str) -> set[str]:
    """Whom the user blocked, and who blocked them: these two are not shown to each other."""
    blocked = select(choices.c.about_id).where(choices.c.user_id == user_id, choices.c.kind == BLOCK)
    blocking = select(choices.c.user_id).where(choices.c.about_id == user_id, choices.c.kind == BLOCK)
    return set(connection.execute(union(blocked, blocking)).scalars())


def blockers(connection: Connection, user_id: str, among: Iterable[str]) -> list[str]:
    """Those among these users who blocked the user, in id order."""
    found = connection.execute(
        select(choices.c.user_id).where(choices.c.about_id == user_id, choices.c.kind == BLOCK)
    ).scalars()
    return sorted(set(found).intersection(among))
