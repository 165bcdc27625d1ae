"""Queries on the keys that members make for a conversation, and on its membership chain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from hubbub.storage.schema import (
    conversation_keys,
    identity_keys,
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
    """The key of each user that is sealed to in the conversation, as `current_keys` has it."""
    return current_keys(connection, user_ids, member_keys(connection, conversation_id, user_ids))


def current_keys(
    connection: Connection, user_ids: Collection[str], made: Mapping[str, KeyRecord]
) -> dict[str, KeyRecord]:
    """The key of each user that is sealed to: of those `made` for a conversation, or else their own.

    One that an earlier identity key signed counts as none: with that its owner lost what opens it. Absent without any.
    """
    if not user_ids:
        return {}
    identities: dict[str, str] = {}
    own: dict[str, KeyRecord] = {}
    for row in connection.execute(_standings.where(identity_keys.c.user_id.in_(user_ids))):
        identities[row.user_id] = row.ik
        if row.gen is not None:
            own[row.user_id] = KeyRecord(row.user_id, row.gen, None, row.public_key, None, 0)
    found = {user: key for user, key in own.items() if _signer(key) == identities[user]}
    return found | {
        user: key
        for user, key in made.items()
        if user in user_ids and (key.kid is None or _signer(key) == identities.get(user))
    }


# Ascending, so that of each user's identity keys and own keys the last row has the newest.
_standings = (
    select(identity_keys.c.user_id, identity_keys.c.public_key.label("ik"), user_keys.c.gen, user_keys.c.public_key)
    .outerjoin(user_keys, user_keys.c.user_id == identity_keys.c.user_id)
    .order_by(identity_keys.c.seq, user_keys.c.gen)
)


class _Signed(msgspec.Struct):
    ik: str


_decode_signed = msgspec.json.Decoder(_Signed).decode


def _signer(key: KeyRecord) -> str:
    """The identity key that signed it."""
    return _decode_signed(key.public_key).ik


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


def signers(connection: Connection, conversation_id: str, user_id: str) -> dict[str, str]:
    """The identity keys under which the user's signed keys, for the conversation and their own, were made, by kid."""
    of_conversation = select(conversation_keys.c.public_key).where(
        conversation_keys.c.conversation_id == conversation_id, conversation_keys.c.user_id == user_id
    )
    own = select(user_keys.c.public_key).where(user_keys.c.user_id == user_id)
    documents = [msgspec.json.decode(text) for query in (own, of_conversation) for text in connection.scalars(query)]
    return {document["kid"]: document["ik"] for document in documents if "sig" in document}


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
