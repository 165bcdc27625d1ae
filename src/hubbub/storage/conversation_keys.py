"""Queries on the keys that members make for a conversation, and on its membership chain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from hubbub.storage.schema import (
    conversation_keys,
    links,
    user_keys,
)


class KeyRecord(NamedTuple):
    """A user's key for a conversation (or their own, then `version` is 0), as stored: `private_key` is sealed."""

    user_id: str
    gen: int
    kid: str | None
    public_key: str
    private_key: str | None
    version: int


def keys(connection: Connection, conversation_id: str, user_ids: Collection[str]) -> dict[str, KeyRecord]:
    """Each user's newest key: that for the conversation, or their own until it exists; absent without either."""
    return own_keys(connection, user_ids) | member_keys(connection, conversation_id, user_ids)


def own_keys(connection: Connection, user_ids: Collection[str]) -> dict[str, KeyRecord]:
    """Each user's newest key of their own, which no conversation knows yet."""
    if not user_ids:
        return {}
    rows = connection.execute(select(user_keys).where(user_keys.c.user_id.in_(user_ids)).order_by(user_keys.c.gen))
    return {row.user_id: KeyRecord(row.user_id, row.gen, None, row.public_key, None, 0) for row in rows}


def member_keys(connection: Connection, conversation_id: str, user_ids: Collection[str]) -> dict[str, KeyRecord]:
    """Each user's newest key for the conversation."""
    if not user_ids:
        return {}
    rows = connection.execute(
        select(conversation_keys)
        .where(conversation_keys.c.conversation_id == conversation_id, conversation_keys.c.user_id.in_(user_ids))
        .order_by(conversation_keys.c.gen)
    )
    return {row.user_id: _key(row) for row in rows}


def generations(connection: Connection, conversation_id: str, user_id: str) -> list[KeyRecord]:
    """Every generation of one user's keys for the conversation, oldest first."""
    rows = connection.execute(
        select(conversation_keys)
        .where(conversation_keys.c.conversation_id == conversation_id, conversation_keys.c.user_id == user_id)
        .order_by(conversation_keys.c.gen)
    )
    return [_key(row) for row in rows]


def _key(row: Row[Any]) -> KeyRecord:
    return KeyRecord(row.user_id, row.gen, row.kid, row.public_key, row.private_key, row.version)


def add_key(connection: Connection, conversation_id: str, key: KeyRecord) -> None:
    connection.execute(insert(conversation_keys).values(conversation_id=conversation_id, **key._asdict()))


def replace_private_key(connection: Connection, conversation_id: str, key: KeyRecord) -> None:
    """Write the private part of a generation anew; the rest of `key` says which."""
    connection.execute(
        update(conversation_keys)
        .where(
            conversation_keys.c.conversation_id == conversation_id,
            conversation_keys.c.user_id == key.user_id,
            conversation_keys.c.gen == key.gen,
        )
        .values(private_key=key.private_key)
    )


def chain(connection: Connection, conversation_id: str) -> list[str]:
    """The links of the chain as they were sent (JSON text), oldest first."""
    return list(
        connection.execute(
            select(links.c.link).where(links.c.conversation_id == conversation_id).order_by(links.c.seq)
        ).scalars()
    )


def add_links(connection: Connection, conversation_id: str, first_seq: int, added: Sequence[str], version: int) -> None:
    if added:
        connection.execute(
            insert(links),
            [
                {
                    "conversation_id": conversation_id,
                    "seq": first_seq + place,
                    "version": version,
                    "link": link,
                }
                for place, link in enumerate(added)
            ],
        )


def keys_since(
    connection: Connection, conversation_id: str, above: int, upto: int, limit: int | None
) -> list[KeyRecord]:
    """Members' keys with `above` < version <= `upto`, by version."""
    query = (
        select(conversation_keys)
        .where(
            conversation_keys.c.conversation_id == conversation_id,
            conversation_keys.c.version > above,
            conversation_keys.c.version <= upto,
        )
        .order_by(conversation_keys.c.version)
        .limit(limit)
    )
    return [_key(row) for row in connection.execute(query)]


def links_since(
    connection: Connection, conversation_id: str, above: int, upto: int, limit: int | None
) -> list[tuple[int, str, int]]:
    """Links of the chain as (seq, JSON text, version) with `above` < version <= `upto`, by version."""
    query = (
        select(links.c.seq, links.c.link, links.c.version)
        .where(links.c.conversation_id == conversation_id, links.c.version > above, links.c.version <= upto)
        .order_by(links.c.version, links.c.seq)
        .limit(limit)
    )
    return [(row.seq, row.link, row.version) for row in connection.execute(query)]
