"""Queries on who asks to be let in where members approve (seed 001)."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from hubbub.storage.schema import join_requests
from hubbub.storage.unique import insert_unless_taken


class JoinRequest(NamedTuple):
    """`request` is sealed to the group's public key; None: nothing was said. `inserted_at` in milliseconds."""

    user_id: str
    request: str | None
    inserted_at: int


def add(connection: Connection, conversation_id: str, asked: JoinRequest) -> bool:
    """Keep the request; False, and nothing is changed, when there is one of the user's."""
    return insert_unless_taken(connection, join_requests, {"conversation_id": conversation_id, **asked._asdict()})


def remove(connection: Connection, conversation_id: str, user_ids: Collection[str]) -> set[str]:
    """Forget the requests of these users; those who had one."""
    if not user_ids:
        return set()
    named = (join_requests.c.conversation_id == conversation_id, join_requests.c.user_id.in_(user_ids))
    asking = set(connection.execute(select(join_requests.c.user_id).where(*named)).scalars())
    if asking:
        connection.execute(delete(join_requests).where(*named))
    return asking


def asking(connection: Connection, conversation_id: str, user_ids: Collection[str]) -> set[str]:
    """Those of the users who ask to be let in."""
    if not user_ids:
        return set()
    query = select(join_requests.c.user_id).where(
        join_requests.c.conversation_id == conversation_id, join_requests.c.user_id.in_(user_ids)
    )
    return set(connection.execute(query).scalars())


def of_group(connection: Connection, conversation_id: str) -> list[JoinRequest]:
    """Who asks to be let in, oldest first."""
    query = (
        select(join_requests.c.user_id, join_requests.c.request, join_requests.c.inserted_at)
        .where(join_requests.c.conversation_id == conversation_id)
        .order_by(join_requests.c.inserted_at, join_requests.c.user_id)
    )
    return [JoinRequest(*row) for row in connection.execute(query)]


def count_of_group(connection: Connection, conversation_id: str) -> int:
    query = select(func.count()).where(join_requests.c.conversation_id == conversation_id)
    return connection.execute(query).scalar_one()


def count_of_user(connection: Connection, user_id: str) -> int:
    return connection.execute(select(func.count()).where(join_requests.c.user_id == user_id)).scalar_one()
