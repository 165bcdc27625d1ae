"""Who knows the password of an account, and how clients stretch it before they send it."""

from __future__ import annotations

import hmac

from hubbub.auth.passwords import Passwords
from hubbub.auth.tokens import derive_key
from hubbub.storage import users
from hubbub.storage.engine import Reader
from hubbub.storage.users import Account, email_key
from hubbub.wire.errors import InvalidCredentials
from hubbub.wire.keys import Kdf
from hubbub.wire.signing import b64u

SALT_BYTES = 16


class Credentials:
    """Checks passwords of accounts; `secret` is the server's secret key."""

    def __init__(self, reader: Reader, passwords: Passwords, secret: bytes) -> None:
        self._reader = reader
        self._passwords = passwords
        self._key = derive_key(secret, "prelogin")

    async def stretching(self, email: str) -> Kdf:
        """How the password of this address is stretched.

        Where there is no such account, and where its password is sent as it is typed, an answer is made up that stays
        the same for the address, so that nobody learns from it which addresses have accounts.
        """
        made_up = self._made_up(email)  # in any case: an answer takes the same time whichever it is
        return await self._reader.run(users.kdf_by_email, email) or made_up

    def _made_up(self, email: str) -> Kdf:
        salt = hmac.digest(self._key, email_key(email).encode(), "sha256")[:SALT_BYTES]
        return Kdf(salt=b64u(salt), m=65_536, t=3, p=4)

    async def by_email(self, email: str, password: str) -> Account:
        """The account with this address and password.

        Raises `InvalidCredentials`, in the same time whether or not the address is known; `Unavailable`.
        """
        account = await self._reader.run(users.account_by_email, email)
        stored = account.password_hash if account else None
        if not await self._passwords.verify(stored, password) or account is None or account.disabled:
            raise InvalidCredentials()
        return account

    async def by_id(self, user_id: str, password: str) -> Account:
        """The user's account, once they proved that they know its password too. Raises as `by_email`."""
        account = await self._reader.run(users.account_by_id, user_id)
        if account is None or not await self._passwords.verify(account.password_hash, password):
            raise InvalidCredentials("The current password is wrong.")
        return account
