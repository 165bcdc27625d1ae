"""Tokens that were sent to an address: each says once, of that address, that whoever brings it reads its mail."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from hubbub.storage.schema import address_tokens
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import ExpiredToken, InvalidToken

Purpose = Literal["email_confirm", "email_change", "password_reset", "sign_in"]

GONE = "This link was used before, or a newer one was sent."


class Held(NamedTuple):
    """Whose token it is, the address that it was sent to, and the hash of what the browser that asked keeps."""

    user_id: str
    email: str
    browser: str | None


def issue(
    transaction: Transaction,
    user_id: str,
    purpose: Purpose,
    email: str,
    token_hash: str,
    lifetime: int,
    browser: str | None = None,
) -> None:
    """Keep a token that is good for `lifetime` seconds; older ones of the user's for this purpose end."""
    transaction.connection.execute(
        delete(address_tokens).where(address_tokens.c.user_id == user_id, address_tokens.c.purpose == purpose)
    )
    row = {"hash": token_hash, "user_id": user_id, "purpose": purpose, "email": email, "browser": browser}
    transaction.connection.execute(insert(address_tokens).values(**row, expires_at=transaction.now + lifetime * 1000))


def is_good(transaction: Transaction, user_id: str, purpose: Purpose, seconds: int) -> bool:
    """Whether the user has a token for this purpose that is good for longer than so many seconds."""
    good = select(address_tokens.c.hash).where(
        address_tokens.c.user_id == user_id,
        address_tokens.c.purpose == purpose,
        address_tokens.c.expires_at > transaction.now + seconds * 1000,
    )
    return transaction.connection.execute(good).first() is not None


def owner(connection: Connection, purpose: Purpose, token_hash: str) -> str:
    """Whose token it is; a first look that tells which user to lock. Raises `InvalidToken`."""
    user_id = connection.execute(
        select(address_tokens.c.user_id).where(address_tokens.c.hash == token_hash, address_tokens.c.purpose == purpose)
    ).scalar()
    if user_id is None:
        raise InvalidToken(GONE)
    return str(user_id)


def held(connection: Connection, purpose: Purpose, token_hash: str, now: int) -> Held:
    """What the token says at `now` (milliseconds). Raises `InvalidToken`, `ExpiredToken`."""
    row = connection.execute(
        select(address_tokens).where(address_tokens.c.hash == token_hash, address_tokens.c.purpose == purpose)
    ).one_or_none()
    if row is None:
        raise InvalidToken(GONE)
    if row.expires_at <= now:
        raise ExpiredToken("This link has expired; ask for a new one.")
    return Held(row.user_id, row.email, row.browser)


def spend(transaction: Transaction, token_hash: str) -> None:
    """It was used. The user must be locked, and `held` asked in the same transaction."""
    transaction.connection.execute(delete(address_tokens).where(address_tokens.c.hash == token_hash))


def revoke_all(transaction: Transaction, user_id: str) -> None:
    """End every token of the user's."""
    transaction.connection.execute(delete(address_tokens).where(address_tokens.c.user_id == user_id))
