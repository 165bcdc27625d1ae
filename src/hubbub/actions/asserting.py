"""What a passkey answered: checked against its public key, then, where its row is locked, against its counter."""

from __future__ import annotations

from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from hubbub.auth.ceremonies import Ceremonies, For
from hubbub.storage import challenges, passkeys, users
from hubbub.storage.engine import Reader
from hubbub.storage.passkeys import Passkey
from hubbub.storage.users import Account
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import CopiedPasskey, StaleChallenge, UnknownPasskey
from hubbub.wire.resources import Assertion

log = structlog.get_logger("hubbub.passkeys")


class Checked(NamedTuple):
    """An answer that holds, of a passkey of this account, until `use` has looked at its counter."""

    account: Account
    passkey: Passkey
    sign_count: int
    answered: challenges.Answered

    def use(self, transaction: Transaction) -> None:
        """Take the answer: it is good once; the user must be locked.

        Raises `StaleChallenge`, `UnknownPasskey`, `CopiedPasskey`.
        """
        with transaction.connection.begin_nested():  # of what is refused nothing is left
            challenges.spend(transaction, self.answered)
            passkeys.use(transaction, self.passkey, self.sign_count)


class Asserting:
    def __init__(self, reader: Reader, writer: Writer, ceremonies: Ceremonies) -> None:
        self._reader = reader
        self._writer = writer
        self._ceremonies = ceremonies

    async def check(self, wanted: For, answer: Assertion) -> Checked:
        """Raises `UnknownPasskey`, `InvalidPasskey`, `StaleChallenge`, `CopiedPasskey`."""
        account, passkey = await self._reader.run(_found, answer.id)
        count, answered = self._ceremonies.answered(wanted, passkey, answer)
        if account.disabled:
            raise UnknownPasskey()
        if not passkeys.has_risen(passkey.sign_count, count):
            if await self._reader.run(challenges.is_spent, answered):
                raise StaleChallenge()  # the same answer once more: no sign of a copy
            await self._writer.write(passkeys.mark_copied, passkey, users=[account.id])
            log.warning("passkey_copied", user=account.id)
            raise CopiedPasskey()
        return Checked(account, passkey, count, answered)


def _found(connection: Connection, credential_id: str) -> tuple[Account, Passkey]:
    passkey = passkeys.by_credential(connection, credential_id)
    account = None if passkey is None else users.account_by_id(connection, passkey.user_id)
    if passkey is None or account is None:
        raise UnknownPasskey()
    return account, passkey
