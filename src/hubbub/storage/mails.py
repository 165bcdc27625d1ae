"""The queue of letters: written with the change that causes them, claimed by one process at a time.

A row goes from waiting to sending to sent, and back to waiting when the letter was certainly not accepted. Whatever is
uncertain, refused or tried too often is dead: nothing but an operator brings it back. So no letter is sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from hubbub.storage.schema import mails
from hubbub.storage.writer import Transaction

SECOND = 1000
DAY = 86_400 * SECOND
LEASE = 600 * SECOND  # more than sending takes, and than clocks of processes differ
SENT_KEPT = DAY
DEAD_KEPT = 30 * DAY
INTERRUPTED = "interrupted"
TOO_MANY_TRIES = "too_many_tries"


class Claimed(NamedTuple):
    """A letter that this process alone is to send; `sealed` for the context `mail:<id>`."""

    id: str
    kind: str
    sealed: str
    tries: int  # with this one
    inserted_at: int


class Taken(NamedTuple):
    """What a process is to send now, and how many letters were given up because their process died."""

    claimed: list[Claimed]
    lost: int


class Waiting(NamedTuple):
    """How the queue stands: letters that are not sent yet, whether one of them is due, and dead ones."""

    undelivered: int
    due: bool
    dead: int


class Stuck(NamedTuple):
    """A letter that is not delivered yet, as an operator sees it; times in milliseconds."""

    id: str
    kind: str
    state: str
    tries: int
    due_at: int
    reason: str | None
    code: int | None
    inserted_at: int
    sealed: str


def context(mail_id: str) -> str:
    """What the vault seals a letter for."""
    return f"mail:{mail_id}"


def enqueue(transaction: Transaction, mail_id: str, kind: str, sealed: str) -> None:
    """Have the letter sent as soon as the transaction is committed."""
    row = {"id": mail_id, "kind": kind, "state": "waiting", "sealed": sealed, "tries": 0}
    transaction.connection.execute(insert(mails).values(**row, due_at=transaction.now, inserted_at=transaction.now))


def waiting(connection: Connection, now: int) -> Waiting:
    rows = connection.execute(
        select(mails.c.state, func.count(), func.min(mails.c.due_at))
        .where(mails.c.state.in_(("waiting", "sending", "dead")))
        .group_by(mails.c.state)
    )
    found = {state: (count, first) for state, count, first in rows}
    undelivered = [found[state] for state in ("waiting", "sending") if state in found]
    return Waiting(
        undelivered=sum(count for count, _ in undelivered),
        due=any(first <= now for _, first in undelivered),
        dead=found.get("dead", (0, 0))[0],
    )


# --- sending --------------------------------------------------------------------------------------------------


def claim(transaction: Transaction, most: int) -> Taken:
    """Take up to `most` letters that are due, oldest first; no other process gets them."""
    lost = bury_interrupted(transaction)
    columns = (mails.c.id, mails.c.kind, mails.c.sealed, mails.c.tries, mails.c.inserted_at)
    rows = transaction.connection.execute(
        select(*columns)
        .where(mails.c.state == "waiting", mails.c.due_at <= transaction.now)
        .order_by(mails.c.due_at, mails.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        transaction.connection.execute(
            update(mails)
            .where(mails.c.id.in_([row.id for row in rows]))
            .values(state="sending", tries=mails.c.tries + 1, due_at=transaction.now + LEASE)
        )
    claimed = [Claimed(row.id, row.kind, row.sealed, row.tries + 1, row.inserted_at) for row in rows]
    return Taken(claimed, lost)


def bury_interrupted(transaction: Transaction, everything: bool = False) -> int:
    """Give up what a process was sending when it died, for it may have arrived; how many.

    `everything`: also what was claimed just now, because no other process is there.
    """
    lost = update(mails).where(mails.c.state == "sending")
    if not everything:
        lost = lost.where(mails.c.due_at <= transaction.now)
    gone = transaction.connection.execute(lost.values(_dead(transaction, INTERRUPTED, None)).returning(mails.c.id))
    return len(gone.all())


def mark_sent(transaction: Transaction, mail: Claimed) -> None:
    """Forget what was in it."""
    _leave(transaction, mail, {"state": "sent", "sealed": None, "due_at": transaction.now + SENT_KEPT})


def put_back(transaction: Transaction, mail: Claimed, after: int, reason: str, code: int | None) -> None:
    """Try again in `after` milliseconds."""
    values = {"state": "waiting", "due_at": transaction.now + after, "reason": reason, "code": code}
    _leave(transaction, mail, values)


def bury(transaction: Transaction, mail: Claimed, reason: str, code: int | None) -> None:
    """Give it up; an operator sees it."""
    _leave(transaction, mail, _dead(transaction, reason, code))


def _dead(transaction: Transaction, reason: str, code: int | None) -> dict[str, Any]:
    return {"state": "dead", "due_at": transaction.now + DEAD_KEPT, "reason": reason, "code": code}


def _leave(transaction: Transaction, mail: Claimed, values: dict[str, Any]) -> None:
    """Only of a letter that this process still has: it may have counted as dead meanwhile."""
    transaction.connection.execute(
        update(mails)
        .where(mails.c.id == mail.id, mails.c.state == "sending", mails.c.tries == mail.tries)
        .values(**values)
    )


# --- what an operator does ------------------------------------------------------------------------------------


def undelivered(connection: Connection, most: int) -> Sequence[Stuck]:
    """Letters that are dead or not sent yet, dead ones first, then by age."""
    columns = [mails.c[name] for name in Stuck._fields]
    rows = connection.execute(
        select(*columns).where(mails.c.state != "sent").order_by(mails.c.state, mails.c.inserted_at).limit(most)
    )
    return [Stuck(*row) for row in rows]


def revive(transaction: Transaction, mail_ids: Sequence[str]) -> int:
    """Try these dead letters again, or all where none is named, as if for the first time; how many there were."""
    again = update(mails).where(_dead_ones(mail_ids)).values(state="waiting", tries=0, due_at=transaction.now)
    return len(transaction.connection.execute(again.returning(mails.c.id)).all())


def drop(transaction: Transaction, mail_ids: Sequence[str]) -> int:
    """Delete these dead letters, or all where none is named; how many there were."""
    return len(transaction.connection.execute(delete(mails).where(_dead_ones(mail_ids)).returning(mails.c.id)).all())


def _dead_ones(mail_ids: Sequence[str]) -> ColumnElement[bool]:
    dead = mails.c.state == "dead"
    return and_(dead, mails.c.id.in_(mail_ids)) if mail_ids else dead
