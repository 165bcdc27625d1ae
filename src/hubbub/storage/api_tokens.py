"""Queries on API tokens: what users let programs do in their own name, or in that of their bots."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, exists, or_, select, update

from hubbub.storage.families import Revocation, announce
from hubbub.storage.schema import api_tokens, users
from hubbub.storage.writer import Transaction


class ApiToken(msgspec.Struct, frozen=True):
    """A token as it is stored, without its hash. `user_id`: in whose name it acts; `conversations`: those that it is
    limited to, or None. Times are in milliseconds; `expires_at` is None for one that does not end, `used_at` for one
    that was never used.
    """

    id: str
    user_id: str
    name: str
    writes: bool
    conversations: list[str] | None
    inserted_at: int
    expires_at: int | None
    used_at: int | None


_COLUMNS = [api_tokens.c[name] for name in ApiToken.__struct_fields__]


def by_hash(connection: Connection, token_hash: str) -> ApiToken | None:
    """The token, unless the account that it acts for, or that account's owner, is shut."""
    owner = users.alias()
    shut_owner = exists().where(owner.c.id == users.c.owner_id, owner.c.disabled)
    row = connection.execute(
        select(*_COLUMNS)
        .join(users, users.c.id == api_tokens.c.user_id)
        .where(api_tokens.c.hash == token_hash, ~users.c.disabled, ~shut_owner)
    ).one_or_none()
    return None if row is None else _token(row)


def of_owner(connection: Connection, owner_id: str) -> list[ApiToken]:
    """Those of the user and of their bots, the newest first."""
    rows = connection.execute(
        select(*_COLUMNS).where(_owned_by(owner_id)).order_by(api_tokens.c.inserted_at.desc(), api_tokens.c.id.desc())
    )
    return [_token(row) for row in rows]


def _token(row: Any) -> ApiToken:
    limited = row.conversations
    values = {**row._mapping, "conversations": None if limited is None else msgspec.json.decode(limited)}
    return ApiToken(**values)


def _owned_by(owner_id: str) -> Any:
    bots = select(users.c.id).where(users.c.owner_id == owner_id)
    return or_(api_tokens.c.user_id == owner_id, api_tokens.c.user_id.in_(bots))


def insert(transaction: Transaction, token: ApiToken, token_hash: str) -> None:
    limited = token.conversations
    values = msgspec.structs.asdict(token) | {
        "hash": token_hash,
        "conversations": None if limited is None else msgspec.json.encode(limited).decode(),
    }
    transaction.connection.execute(api_tokens.insert(), values)


def touch(transaction: Transaction, token_id: str) -> None:
    """Keep that it was used now."""
    transaction.connection.execute(
        update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=transaction.now)
    )


# --- ending ---------------------------------------------------------------------------------------------------------


def revoke(transaction: Transaction, owner_id: str, token_id: str) -> list[Revocation]:
    """End a token of the owner's, who must be locked; nothing when there is none of this id."""
    return _end(transaction, _owned_by(owner_id) & (api_tokens.c.id == token_id))


def revoke_all(transaction: Transaction, owner_id: str) -> list[Revocation]:
    """End every token of the user, who must be locked, and of their bots."""
    return _end(transaction, _owned_by(owner_id))


def _end(transaction: Transaction, condition: Any) -> list[Revocation]:
    connection = transaction.connection
    ending = connection.execute(select(api_tokens.c.id, api_tokens.c.user_id).where(condition)).all()
    connection.execute(delete(api_tokens).where(api_tokens.c.id.in_([token.id for token in ending])))
    return [announce(transaction, token.user_id, token.id) for token in ending]
