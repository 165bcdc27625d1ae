"""Key slots: the account key of a user, wrapped by their clients. Sealed under the vault before they come here."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from hubbub.storage.schema import key_slots
from hubbub.storage.writer import Transaction
from hubbub.wire.keys import SlotName


def slots_of(connection: Connection, user_id: str) -> dict[SlotName, str]:
    """The user's slots by name, each as it was sealed."""
    query = select(key_slots.c.name, key_slots.c.slot).where(key_slots.c.user_id == user_id).order_by(key_slots.c.name)
    return {row.name: row.slot for row in connection.execute(query)}


def put_slots(transaction: Transaction, user_id: str, sealed: Mapping[SlotName, str]) -> None:
    """Store these in place of those with the same names; the user must be locked, or be made here."""
    for name, slot in sealed.items():
        drop_slot(transaction, user_id, name)
        row = {"user_id": user_id, "name": name, "slot": slot, "updated_at": transaction.now}
        transaction.connection.execute(insert(key_slots), row)


def drop_slots(transaction: Transaction, user_id: str) -> None:
    """All of them: what opened the account key before opens nothing any more."""
    transaction.connection.execute(delete(key_slots).where(key_slots.c.user_id == user_id))


def drop_slot(transaction: Transaction, user_id: str, name: SlotName) -> None:
    transaction.connection.execute(delete(key_slots).where(key_slots.c.user_id == user_id, key_slots.c.name == name))
