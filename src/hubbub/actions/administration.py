"""What an operator does to accounts from the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, or_, select

from hubbub.storage import api_tokens, departures
from hubbub.storage.departures import Departure
from hubbub.storage.engine import Reader
from hubbub.storage.families import revoke_all
from hubbub.storage.schema import users
from hubbub.storage.users import set_admin, set_disabled
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import NotFound, WrongKind

MOST_LISTED = 1000


class Listed(msgspec.Struct, frozen=True):
    """One account as the operator sees it; `inserted_at` is in milliseconds since 1970."""

    id: str
    name: str
    display_name: str
    email: str
    admin: bool
    disabled: bool
    inserted_at: int


class Administration:
    """Looks accounts up and changes what their owners cannot. `who` is a handle, an e-mail address or an id."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def accounts(self, search: str = "") -> list[Listed]:
        """Accounts in order of registration whose handle, display name or address contains `search`."""
        return await self._reader.run(_listed, search)

    async def set_admin(self, who: str, admin: bool) -> Listed:
        """Give or take the right to administer. Raises `NotFound`, and `WrongKind` for a bot."""
        if admin and await self._reader.run(_is_bot, (await self._reader.run(_account, who)).id):
            raise WrongKind("A bot administers nothing; it is its owner's.")
        return await self._change(who, set_admin, admin)

    async def set_disabled(self, who: str, disabled: bool) -> Listed:
        """Shut an account out, ending everything that it is signed in to, or let it in again. Raises `NotFound`."""
        return await self._change(who, _shut_out if disabled else set_disabled, disabled)

    async def delete(self, who: str, departure: Departure) -> Listed:
        """Delete an account for good, as its owner could; a running server finishes it within minutes. The answer is
        what it was. Raises `NotFound`.
        """
        account = await self._reader.run(_account, who)
        await self._writer.write(_delete, account.id, departure, users=[account.id])
        return account

    async def _change(self, who: str, change: Callable[..., Any], value: bool) -> Listed:
        account = await self._reader.run(_account, who)
        await self._writer.write(change, account.id, value, users=[account.id])
        return await self._reader.run(_account, account.id)


def _shut_out(transaction: Transaction, user_id: str, disabled: bool) -> None:
    set_disabled(transaction, user_id, disabled)
    api_tokens.revoke_all(transaction, user_id)
    revoke_all(transaction, user_id)  # processes read it from the database within a second


def _delete(transaction: Transaction, user_id: str, departure: Departure) -> None:
    api_tokens.revoke_all(transaction, user_id)
    revoke_all(transaction, user_id)
    departures.depart(transaction, user_id, departure)


def _is_bot(connection: Connection, user_id: str) -> bool:
    return connection.execute(select(users.c.owner_id).where(users.c.id == user_id)).scalar() is not None


_COLUMNS = [users.c[name] for name in Listed.__struct_fields__]


def _listed(connection: Connection, search: str) -> list[Listed]:
    wanted = search.casefold()
    query = select(*_COLUMNS).order_by(users.c.inserted_at, users.c.id).limit(MOST_LISTED)
    if wanted:
        query = query.where(
            or_(
                users.c.search_text.contains(wanted, autoescape=True),
                users.c.email_key.contains(wanted, autoescape=True),
            )
        )
    return [Listed(*row) for row in connection.execute(query)]


def _account(connection: Connection, who: str) -> Listed:
    key = who.strip().casefold()
    row = connection.execute(
        select(*_COLUMNS).where(or_(users.c.id == key, users.c.name == key, users.c.email_key == key))
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no account {who!r}; `hubbub users list` shows them.")
    return Listed(*row)
