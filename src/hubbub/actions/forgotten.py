"""Forgotten passwords: a token by mail sets a new one (seed 003).

Whether an address has an account is told to nobody: for one that has none everything is done that is done for the
others, with the same statements, up to a letter that is queued and sent nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hubbub.actions.claiming import claim_by_password
from hubbub.actions.mailing import NOBODY
from hubbub.actions.new_passwords import NewPasswords
from hubbub.actions.tokens_by_mail import TokensByMail
from hubbub.auth.address_tokens import stored
from hubbub.auth.credentials import Credentials
from hubbub.auth.limits import FORGOTTEN, Addresses, Limiter
from hubbub.mail.letters import ResetPassword
from hubbub.storage import address_tokens, users
from hubbub.storage.address_tokens import Held
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.addresses import ForgottenPassword, ResetBody, TokenHolder, TokenOwner
from hubbub.wire.errors import InvalidToken
from hubbub.wire.ids import new_id


class Forgotten:
    """Asking for a token, looking whose it is, using it."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        tokens: TokensByMail,
        new_passwords: NewPasswords,
        credentials: Credentials,
        limiter: Limiter,
        addresses: Addresses,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._tokens = tokens
        self._new_passwords = new_passwords
        self._credentials = credentials
        self._limiter = limiter
        self._addresses = addresses
        self._clock = clock

    async def ask(self, asked: ForgottenPassword) -> None:
        """Have a token sent to this address, if it has an account. Raises `TooFast` for any address alike."""
        await self._limiter.spend(FORGOTTEN, self._addresses.key(users.email_key(asked.email)))
        account = await self._reader.run(users.account_by_email, asked.email)
        user_id = account.id if account else new_id()
        await self._writer.write(self._send, user_id, asked.email.strip(), users=[user_id])

    def _send(self, transaction: Transaction, user_id: str, email: str) -> None:
        mailbox = users.mailbox(transaction.connection, user_id)
        to = NOBODY if mailbox is None or mailbox.disabled else mailbox.email
        self._tokens.send(transaction, user_id, "password_reset", ResetPassword, about=email, to=to)

    async def owner(self, token: str) -> TokenOwner:
        """Whose token this is. Raises `InvalidToken`, `ExpiredToken`."""
        held = await self._held(token)
        user = await self._reader.run(users.own_user, held.user_id)
        if user is None:
            raise InvalidToken()
        return TokenOwner(user=TokenHolder(id=user.id, email=user.email, display_name=user.display_name))

    async def reset(self, asked: ResetBody) -> None:
        """Set a new password: every sign-in and every other token ends, and the address is proven.

        Raises `InvalidToken`, `ExpiredToken`, `BadInput`, and `InvalidCredentials` for a `password` that is wrong.
        """
        held = await self._held(asked.token)
        account = await self._reader.run(users.account_by_id, held.user_id)
        if account is None or account.disabled:
            raise InvalidToken()
        if asked.password is not None:
            account = await self._credentials.by_id(account.id, asked.password)

        def use(transaction: Transaction) -> None:
            hashed = stored(asked.token)
            address_tokens.held(transaction.connection, "password_reset", hashed, transaction.now)
            address_tokens.spend(transaction, hashed)
            claim_by_password(transaction, held.user_id)

        await self._new_passwords.take(account, asked, use)

    async def _held(self, token: str) -> Held:
        return await self._reader.run(address_tokens.held, "password_reset", stored(token), int(self._clock() * 1000))
