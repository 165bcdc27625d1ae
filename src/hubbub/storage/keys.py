"""Identity keys and user keys. Private parts are sealed under the vault before they come here, and leave
sealed.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from hubbub.storage.schema import identity_keys, user_keys
from hubbub.storage.writer import Transaction
from hubbub.wire.ids import rfc3339
from hubbub.wire.keys import IdentityKey
from hubbub.wire.resources import IdentityEntry, PublicKeys, UserKey

JsonObject = dict[str, Any]


def identity_rows(connection: Connection, user_id: str) -> list[Row[Any]]:
    """The user's history of identity keys, oldest first."""
    return list(
        connection.execute(
            select(identity_keys).where(identity_keys.c.user_id == user_id).order_by(identity_keys.c.seq)
        )
    )


def newest_identity(connection: Connection, user_id: str) -> IdentityKey | None:
    """The identity key that counts; None before the first."""
    row = connection.execute(
        select(identity_keys).where(identity_keys.c.user_id == user_id).order_by(identity_keys.c.seq.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return IdentityKey(row.public_key, row.seq, row.signature, row.previous_signature)


def insert_identity(transaction: Transaction, user_id: str, entry: IdentityKey, sealed_seed: str | None) -> None:
    transaction.connection.execute(
        identity_keys.insert(),
        {
            "user_id": user_id,
            "seq": entry.seq,
            "public_key": entry.ik,
            "wrapped_seed": sealed_seed,
            "signature": entry.signature,
            "previous_signature": entry.previous_signature,
            "inserted_at": transaction.now,
        },
    )


def user_key_rows(connection: Connection, user_id: str) -> list[Row[Any]]:
    """The user's own conversation keys, newest generation first."""
    return list(
        connection.execute(select(user_keys).where(user_keys.c.user_id == user_id).order_by(user_keys.c.gen.desc()))
    )


def insert_user_key(
    transaction: Transaction, user_id: str, gen: int, public_key: JsonObject, sealed_private: str | None
) -> None:
    transaction.connection.execute(
        user_keys.insert(),
        {
            "user_id": user_id,
            "gen": gen,
            "public_key": msgspec.json.encode(public_key).decode(),
            "private_key": sealed_private,
            "inserted_at": transaction.now,
        },
    )


def public_keys(connection: Connection, user_id: str) -> PublicKeys:
    """What others may know of the user's keys."""
    newest = user_key_rows(connection, user_id)[:1]
    return PublicKeys(
        user_id=user_id,
        identity=[IdentityEntry(**entry_fields(row)) for row in identity_rows(connection, user_id)],
        user_key=UserKey(**key_fields(newest[0])) if newest else None,
    )


def entry_fields(row: Row[Any]) -> dict[str, Any]:
    """The public fields of a row of `identity_keys`."""
    return {
        "ik": row.public_key,
        "seq": row.seq,
        "signature": row.signature,
        "previous_signature": row.previous_signature,
        "inserted_at": rfc3339(row.inserted_at),
    }


def key_fields(row: Row[Any]) -> dict[str, Any]:
    """The public fields of a row of `user_keys`."""
    return {
        "gen": row.gen,
        "public_key": msgspec.json.decode(row.public_key),
        "inserted_at": rfc3339(row.inserted_at),
    }
