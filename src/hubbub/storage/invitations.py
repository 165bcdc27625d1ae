"""Invitations: made by users or by the operator, good for some accounts and some time."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, or_, select, update

from hubbub.storage.schema import invitations, users
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import EmailTaken, InvalidInvitation


class Invitation(NamedTuple):
    """A row without its hash; times in milliseconds. `user_id`: who made it, None: the operator."""

    id: str
    user_id: str | None
    note: str
    uses: int
    used: int
    inserted_at: int
    expires_at: int


_COLUMNS = [invitations.c[name] for name in Invitation._fields]


def add(connection: Connection, invitation: Invitation, code_hash: str) -> None:
    connection.execute(insert(invitations).values(**invitation._asdict(), code_hash=code_hash))


def load(connection: Connection, invitation_id: str) -> Invitation | None:
    row = connection.execute(select(*_COLUMNS).where(invitations.c.id == invitation_id)).one_or_none()
    return None if row is None else Invitation(*row)


def withdraw(connection: Connection, invitation_id: str) -> None:
    connection.execute(delete(invitations).where(invitations.c.id == invitation_id))


def _open(now: int) -> ColumnElement[bool]:
    return and_(invitations.c.used < invitations.c.uses, invitations.c.expires_at > now)


def open_ones(connection: Connection, user_id: str | None, now: int, most: int) -> list[Invitation]:
    """At most `most` that still let somebody in, the newest first; without a user, everybody's."""
    query = select(*_COLUMNS).where(_open(now)).order_by(invitations.c.inserted_at.desc(), invitations.c.id.desc())
    if user_id is not None:
        query = query.where(invitations.c.user_id == user_id)
    return [Invitation(*row) for row in connection.execute(query.limit(most))]


def count_open(connection: Connection, user_id: str, now: int) -> int:
    query = select(func.count()).select_from(invitations).where(_open(now), invitations.c.user_id == user_id)
    return connection.execute(query).scalar_one()


# --- coming in with one -------------------------------------------------------------------------------------


def require_good(
    connection: Connection, code_hash: str, email_key: str, now: int, *, of_anyone: bool, lock: bool = False
) -> str:
    """The id of the invitation. With `lock` its row stays locked: another process that wants to use it waits.

    It has to be open, and its maker to be let in still and, unless `of_anyone`, to be an admin. Raises
    `InvalidInvitation`; and `EmailTaken` for one that was used up by somebody with this address: whoever lost the
    answer to their registration sends it again, and is to hear that they have an account.
    """
    good = _good(code_hash, now, of_anyone)
    found = connection.execute(good.with_for_update(of=invitations) if lock else good).scalar()
    if found is not None:
        return str(found)
    was_one = exists().where(invitations.c.code_hash == code_hash)
    if connection.execute(select(users.c.id).where(users.c.email_key == email_key, was_one)).first():
        raise EmailTaken()
    raise InvalidInvitation()


def _good(code_hash: str, now: int, of_anyone: bool) -> Select[tuple[str]]:
    maker = exists().where(users.c.id == invitations.c.user_id, ~users.c.disabled)
    if not of_anyone:
        maker = maker.where(users.c.admin)
    return select(invitations.c.id).where(
        invitations.c.code_hash == code_hash, _open(now), or_(invitations.c.user_id.is_(None), maker)
    )


def use(transaction: Transaction, invitation_id: str) -> None:
    """Count an account that was made with an invitation, which is locked and open."""
    transaction.connection.execute(
        update(invitations).where(invitations.c.id == invitation_id).values(used=invitations.c.used + 1)
    )
