"""Families of refresh tokens, and what ended early.

A family is what one sign-in began. Each refresh token is used once; a spent one is kept until it expires, so
that its second use is noticed and ends the family (RFC 9700, 4.14.2; Hubbub protocol, section 5).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, exists, select, update

from hubbub.storage.schema import families, refresh_tokens, revocations, users
from hubbub.storage.users import Account, account_by_id
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import ExpiredToken, InvalidCredentials, InvalidToken
from hubbub.wire.ids import new_id

MINUTE = 60_000
ACCESS_LIFETIME = 30 * MINUTE
REPEAT_WINDOW = 5 * MINUTE
# Clocks of two processes may differ by this much.
CLOCK_SKEW = 2 * MINUTE


class Revocation(msgspec.Struct, frozen=True):
    """A family whose tokens ended early; without one, every token of the user that was issued before `at`
    (ms).
    """

    id: str
    user_id: str
    family_id: str | None
    at: int


class Family(msgspec.Struct, frozen=True):
    """A sign-in as its user looks at it: `used_at` is its last exchange; times in milliseconds."""

    id: str
    device: str
    inserted_at: int
    used_at: int


class Exchange(msgspec.Struct, frozen=True):
    """A refresh that is granted: `at` (ms) is when, which for a repeat is the first time."""

    user_id: str
    family_id: str
    at: int


class Reused(msgspec.Struct, frozen=True):
    """A spent token came back: its family is ended."""

    revocation: Revocation


def begin_family(
    transaction: Transaction, account: Account, family_id: str, token_hash: str, lifetime: int, device: str
) -> int:
    """Store a new family with its first refresh token, good for `lifetime` seconds; returns when it began, in
    milliseconds. `device` is what its user will know it by.

    Raises `InvalidCredentials` when the password was changed, or the account shut, since `account` was read:
    otherwise a sign-in could slip past the revocation that goes with it.
    """
    if account_by_id(transaction.connection, account.id) != account:
        raise InvalidCredentials()
    now, user_id = transaction.now, account.id
    transaction.connection.execute(
        families.insert(),
        {"id": family_id, "user_id": user_id, "device": device, "inserted_at": now, "used_at": now},
    )
    _insert_token(transaction, user_id, family_id, token_hash, lifetime)
    return now


def _insert_token(transaction: Transaction, user_id: str, family_id: str, token_hash: str, lifetime: int) -> None:
    transaction.connection.execute(
        refresh_tokens.insert(),
        {
            "hash": token_hash,
            "family_id": family_id,
            "user_id": user_id,
            "expires_at": transaction.now + lifetime * 1000,
        },
    )


def living(connection: Connection, user_id: str, now: int) -> list[Family]:
    """The families of the user that can still be refreshed at `now` (milliseconds), the one used last first."""
    good = exists().where(
        refresh_tokens.c.family_id == families.c.id,
        refresh_tokens.c.spent_at.is_(None),
        refresh_tokens.c.expires_at > now,
    )
    rows = connection.execute(
        select(families.c.id, families.c.device, families.c.inserted_at, families.c.used_at)
        .where(families.c.user_id == user_id, families.c.revoked_at.is_(None), good)
        .order_by(families.c.used_at.desc(), families.c.id)
    )
    return [Family(*row) for row in rows]


def began_at(connection: Connection, family_id: str) -> int | None:
    """When the sign-in was made that this family stems from, in milliseconds; None: there is none, or it has ended."""
    query = select(families.c.inserted_at).where(families.c.id == family_id, families.c.revoked_at.is_(None))
    began: int | None = connection.execute(query).scalar()
    return began


# --- exchanging ---------------------------------------------------------------------------------------------


def owner_of_token(connection: Connection, token_hash: str) -> str | None:
    """The user whose refresh token this is; a first look that tells which user to lock."""
    owner: str | None = connection.execute(
        select(refresh_tokens.c.user_id).where(refresh_tokens.c.hash == token_hash)
    ).scalar()
    return owner


def exchange(
    transaction: Transaction, token_hash: str, op_id: str | None, successor_hash: str, lifetime: int
) -> Exchange | Reused:
    """Spend a refresh token and store its successor, good for `lifetime` seconds; the user must be locked.

    The same token with the same `op_id` within five minutes is granted again; any other use of a spent token
    ends the family, which is committed and so answered, not raised. Raises `InvalidToken` and `ExpiredToken`.
    """
    row = transaction.connection.execute(
        select(refresh_tokens, families.c.revoked_at, users.c.disabled)
        .join(families, families.c.id == refresh_tokens.c.family_id)
        .join(users, users.c.id == refresh_tokens.c.user_id)
        .where(refresh_tokens.c.hash == token_hash)
    ).one_or_none()
    if row is None or row.revoked_at is not None or row.disabled:
        raise InvalidToken()
    if row.expires_at <= transaction.now:
        raise ExpiredToken("The refresh token has expired; sign in again.")
    if row.spent_at is None:
        _spend(transaction, token_hash, op_id)
        _insert_token(transaction, row.user_id, row.family_id, successor_hash, lifetime)
        _touch(transaction, row.family_id)
        return Exchange(row.user_id, row.family_id, transaction.now)
    if op_id is not None and op_id == row.op_id and transaction.now - row.spent_at <= REPEAT_WINDOW:
        return Exchange(row.user_id, row.family_id, row.spent_at)
    return Reused(_revoke(transaction, row.user_id, row.family_id))


def _spend(transaction: Transaction, token_hash: str, op_id: str | None) -> None:
    transaction.connection.execute(
        update(refresh_tokens).where(refresh_tokens.c.hash == token_hash).values(spent_at=transaction.now, op_id=op_id)
    )


def _touch(transaction: Transaction, family_id: str) -> None:
    transaction.connection.execute(update(families).where(families.c.id == family_id).values(used_at=transaction.now))


# --- ending early -------------------------------------------------------------------------------------------


def revoke_all(transaction: Transaction, user_id: str, spared: str | None = None) -> list[Revocation]:
    """End every family of the user, who must be locked, but the one that is spared; the revocations of those that
    may have live access tokens.
    """
    ending = [families.c.user_id == user_id, families.c.revoked_at.is_(None)]
    if spared is not None:
        ending.append(families.c.id != spared)
    live = transaction.connection.execute(select(families.c.id, families.c.used_at).where(*ending)).all()
    recent = transaction.now - ACCESS_LIFETIME - CLOCK_SKEW
    transaction.connection.execute(update(families).where(*ending).values(revoked_at=transaction.now))
    return [announce(transaction, user_id, family.id) for family in live if family.used_at > recent]


def revoke_one(transaction: Transaction, user_id: str, family_id: str) -> list[Revocation]:
    """End one family of the user, who must be locked; nothing when it had ended before."""
    live = transaction.connection.execute(
        select(families.c.id).where(
            families.c.id == family_id, families.c.user_id == user_id, families.c.revoked_at.is_(None)
        )
    ).scalar()
    return [] if live is None else [_revoke(transaction, user_id, family_id)]


def _revoke(transaction: Transaction, user_id: str, family_id: str) -> Revocation:
    transaction.connection.execute(
        update(families).where(families.c.id == family_id).values(revoked_at=transaction.now)
    )
    return announce(transaction, user_id, family_id)


def announce(transaction: Transaction, user_id: str, family_id: str) -> Revocation:
    """Tell every process that a family, or an API token, has ended."""
    revocation = Revocation(new_id(), user_id, family_id, transaction.now)
    transaction.connection.execute(revocations.insert(), msgspec.structs.asdict(revocation))
    return revocation


def revocations_since(connection: Connection, since: int) -> list[Revocation]:
    """Revocations made at or after `since` (milliseconds), oldest first."""
    rows = connection.execute(select(revocations).where(revocations.c.at >= since).order_by(revocations.c.at))
    return [Revocation(row.id, row.user_id, row.family_id, row.at) for row in rows]
