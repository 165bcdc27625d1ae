"""Challenges that were answered: each is good for one answer, whichever process is given it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from hubbub.storage.schema import spent_challenges
from hubbub.storage.unique import insert_unless_taken
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import StaleChallenge


class Answered(NamedTuple):
    """A challenge, as it is kept until it expires (milliseconds since 1970)."""

    hash: str
    expires_at: int


def is_spent(connection: Connection, answered: Answered) -> bool:
    """Whether it was answered before."""
    query = select(spent_challenges.c.hash).where(spent_challenges.c.hash == answered.hash)
    return connection.execute(query).first() is not None


def spend(transaction: Transaction, answered: Answered) -> None:
    """Keep that it was answered. Raises `StaleChallenge` when it was before."""
    if not insert_unless_taken(transaction.connection, spent_challenges, answered._asdict()):
        raise StaleChallenge()
