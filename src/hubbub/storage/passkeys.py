"""Passkeys: the public keys with which accounts are signed in to without a password (WebAuthn)."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update

from hubbub.storage import key_slots, users
from hubbub.storage.schema import passkeys
from hubbub.storage.unique import insert_unless_taken
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import CopiedPasskey, LastWayIn, NotFound, PasskeyTaken, TooMany, UnknownPasskey
from hubbub.wire.keys import passkey_slot

MOST_PASSKEYS = 20


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """`credential_id` and `public_key` (a COSE key) are b64u, `sign_count` is the authenticator's counter."""

    user_id: str
    id: str
    credential_id: str
    public_key: str
    sign_count: int
    transports: list[str]


def by_credential(connection: Connection, credential_id: str) -> Passkey | None:
    row = connection.execute(select(passkeys).where(passkeys.c.credential_id == credential_id)).one_or_none()
    return None if row is None else passkey_of(row)


def passkey_of(row: Row[Any]) -> Passkey:
    return Passkey(
        user_id=row.user_id,
        id=row.id,
        credential_id=row.credential_id,
        public_key=row.public_key,
        sign_count=row.sign_count,
        transports=msgspec.json.decode(row.transports, type=list[str]),
    )


def rows_of(connection: Connection, user_id: str) -> list[Row[Any]]:
    """The user's passkeys, in the order in which they came."""
    query = select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.inserted_at, passkeys.c.id)
    return list(connection.execute(query))


def row_of(connection: Connection, user_id: str, passkey_id: str) -> Row[Any]:
    """Raises `NotFound`."""
    row = connection.execute(select(passkeys).where(*_is(user_id, passkey_id))).one_or_none()
    if row is None:
        raise NotFound("There is no such passkey.")
    return row


def add(transaction: Transaction, passkey: Passkey, name: str) -> None:
    """Store it; the user must be locked, or be made here. Raises `TooMany`, `PasskeyTaken`."""
    if len(rows_of(transaction.connection, passkey.user_id)) >= MOST_PASSKEYS:
        raise TooMany(f"An account has {MOST_PASSKEYS} passkeys at most; remove one first.")
    transports = msgspec.json.encode(passkey.transports).decode()
    row = {**msgspec.structs.asdict(passkey), "transports": transports}
    row |= {"name": name, "inserted_at": transaction.now}
    if not insert_unless_taken(transaction.connection, passkeys, row):
        raise PasskeyTaken()


def has_risen(before: int, count: int) -> bool:
    """Whether an authenticator that answered with `before` may answer with `count` now: 0 is that of one that does not
    count (WebAuthn level 3, 7.2, step 22).
    """
    return count > before or count == before == 0


def use(transaction: Transaction, read: Passkey, count: int) -> None:
    """Keep that the passkey answered, with this count; the user must be locked.

    `read` is what its answer was checked against. Raises `UnknownPasskey` when it is gone since, `CopiedPasskey` when
    the counter did not rise.
    """
    connection = transaction.connection
    stored = connection.execute(select(passkeys).where(*_is(read.user_id, read.id))).one_or_none()
    if stored is None or stored.public_key != read.public_key:
        raise UnknownPasskey()
    if not has_risen(stored.sign_count, count):
        raise CopiedPasskey()
    values = {"sign_count": count, "used_at": transaction.now}
    connection.execute(update(passkeys).where(*_is(read.user_id, read.id)).values(values))


def mark_copied(transaction: Transaction, read: Passkey) -> None:
    """Keep for its owner that there may be a copy of it."""
    transaction.connection.execute(
        update(passkeys).where(*_is(read.user_id, read.id)).values(copied_at=transaction.now)
    )


def rename(transaction: Transaction, user_id: str, passkey_id: str, name: str) -> None:
    """Raises `NotFound`."""
    row_of(transaction.connection, user_id, passkey_id)
    transaction.connection.execute(update(passkeys).where(*_is(user_id, passkey_id)).values(name=name))


def remove(transaction: Transaction, user_id: str, passkey_id: str) -> None:
    """With the slot that it opens; the user must be locked. Raises `NotFound`, and `LastWayIn` where there is neither a
    password nor another passkey, nor a proven address that links can be sent to.
    """
    connection = transaction.connection
    row_of(connection, user_id, passkey_id)
    count = connection.execute(select(func.count()).where(passkeys.c.user_id == user_id)).scalar_one()
    account, mailbox = users.account_by_id(connection, user_id), users.mailbox(connection, user_id)
    by_link = mailbox is not None and mailbox.confirmed
    if count == 1 and not by_link and (account is None or account.password_hash is None):
        raise LastWayIn()
    connection.execute(delete(passkeys).where(*_is(user_id, passkey_id)))
    key_slots.drop_slot(transaction, user_id, passkey_slot(passkey_id))


def remove_all(transaction: Transaction, user_id: str) -> None:
    """With the slots that they open; the user must be locked."""
    for row in rows_of(transaction.connection, user_id):
        key_slots.drop_slot(transaction, user_id, passkey_slot(row.id))
    transaction.connection.execute(delete(passkeys).where(passkeys.c.user_id == user_id))


def _is(user_id: str, passkey_id: str) -> tuple[Any, Any]:
    return passkeys.c.user_id == user_id, passkeys.c.id == passkey_id
