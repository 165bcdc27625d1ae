"""A fresh proof that it is the owner who asks: who finds a device that is signed in must not take the account over."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection

from hubbub.actions.asserting import Asserting
from hubbub.auth.actor import Actor
from hubbub.auth.ceremonies import Ceremonies, For
from hubbub.auth.credentials import Credentials
from hubbub.storage import families, passkeys, users
from hubbub.storage.engine import Reader
from hubbub.storage.users import Account
from hubbub.storage.writer import Writer
from hubbub.wire.errors import FreshProofRequired, InvalidPasskey, NotFound
from hubbub.wire.passkeys import PasskeyRequest
from hubbub.wire.resources import Assertion, Proof

FRESH_SECONDS = 300


class Proving:
    """`clock` gives seconds since 1970."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        credentials: Credentials,
        ceremonies: Ceremonies,
        asserting: Asserting,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._credentials = credentials
        self._ceremonies = ceremonies
        self._asserting = asserting
        self._clock = clock

    async def ask(self, actor: Actor) -> PasskeyRequest:
        """What a browser asks the actor's passkeys for, so that one of them proves who is asking."""
        rows = await self._reader.run(passkeys.rows_of, actor.user_id)
        return PasskeyRequest(options=self._ceremonies.request(_of(actor), map(passkeys.passkey_of, rows)))

    async def account(self, actor: Actor, password: str | None, proof: Proof | None) -> Account:
        """The actor's account, once they proved anew who they are: by the password, by a passkey, or by having signed
        in less than five minutes ago.

        Raises `InvalidCredentials`, `FreshProofRequired`, `UnknownPasskey`, `InvalidPasskey`, `CopiedPasskey`,
        `StaleChallenge`, `Unavailable`.
        """
        proof = proof or Proof()
        known = password if password is not None else proof.password
        if known is not None:
            return await self._credentials.by_id(actor.user_id, known)
        if proof.passkey is not None:
            return await self._by_passkey(actor, proof.passkey)
        account, began_at = await self._reader.run(_sign_in, actor)
        if began_at is None or began_at < (self._clock() - FRESH_SECONDS) * 1000:
            raise FreshProofRequired()
        return account

    async def _by_passkey(self, actor: Actor, answer: Assertion) -> Account:
        checked = await self._asserting.check(_of(actor), answer)
        if checked.account.id != actor.user_id:
            raise InvalidPasskey()
        await self._writer.write(checked.use, users=[actor.user_id])
        return checked.account


def _of(actor: Actor) -> For:
    return For("proof", (actor.user_id,))


def _sign_in(connection: Connection, actor: Actor) -> tuple[Account, int | None]:
    account = users.account_by_id(connection, actor.user_id)
    if account is None:
        raise NotFound("There is no such user.")
    return account, families.began_at(connection, actor.family_id)
