"""Setting a new password: whoever may, and however they proved it, this is what becomes of the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hubbub.actions.mailing import Mailing
from hubbub.actions.new_keys import seal_slots
from hubbub.auth.limits import NOTICES, Limiter
from hubbub.auth.passwords import Passwords
from hubbub.auth.revocations import Revocations
from hubbub.mail.letters import PasswordChanged
from hubbub.storage import address_tokens, api_tokens, families, key_slots, users
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import BadInput, TooFast
from hubbub.wire.keys import Kdf, Slot, SlotName
from hubbub.wire.resources import SetPassword


class NewPasswords:
    """Sets passwords, with what hangs on them."""

    def __init__(
        self,
        *,
        writer: Writer,
        passwords: Passwords,
        vault: Vault,
        mailing: Mailing,
        limiter: Limiter,
        revocations: Revocations,
    ) -> None:
        self._writer = writer
        self._passwords = passwords
        self._vault = vault
        self._mailing = mailing
        self._limiter = limiter
        self._revocations = revocations

    async def take(
        self, account: users.Account, asked: SetPassword, also: Callable[[Transaction], None] | None = None
    ) -> None:
        """Set what a client chose, as `set`. Raises `BadInput` when it was not typed alike twice."""
        if asked.new_password != asked.new_password_confirmation:
            raise BadInput("new_password_confirmation is not the same as new_password.")
        await self.set(account, asked.new_password, asked.kdf, asked.slot, also)

    async def set(
        self,
        account: users.Account,
        password: str,
        kdf: Kdf | None = None,
        slot: Slot | None = None,
        also: Callable[[Transaction], None] | None = None,
    ) -> str:
        """Set a password with its slot, or take the old slot away, and end every family and every token that was sent
        by mail; the owner is told. Returns the password's hash.

        `also` is done before it in the same transaction, and may refuse. Raises `InvalidCredentials` when the password
        was changed since `account` was read.
        """
        slots: dict[SlotName, Slot] = {} if slot is None else {"password": slot}
        sealed = seal_slots(self._vault, account.id, slots)
        new_hash, told = await self._passwords.hash(password), await self._is_told(account.id)

        def change(transaction: Transaction) -> list[families.Revocation]:
            users.require_unchanged(transaction.connection, account)
            if also is not None:
                also(transaction)
            return self._change(transaction, account, new_hash, kdf, sealed, told)

        await self._writer.write(change, users=[account.id], tell=self._revocations.apply)
        return new_hash

    async def _is_told(self, user_id: str) -> bool:
        """Not every time: an address that nobody proved to be theirs may be a stranger's."""
        try:
            await self._limiter.spend(NOTICES, user_id)
        except TooFast:
            return False
        return True

    def _change(
        self,
        transaction: Transaction,
        account: users.Account,
        new_hash: str,
        kdf: Kdf | None,
        slots: Mapping[SlotName, str],
        told: bool,
    ) -> list[families.Revocation]:
        users.change_password(transaction, account, new_hash, kdf)
        key_slots.drop_slot(transaction, account.id, "password")  # the new password does not open it
        key_slots.put_slots(transaction, account.id, slots)
        address_tokens.revoke_all(transaction, account.id)
        if told and (mailbox := users.mailbox(transaction.connection, account.id)):
            self._mailing.queue(transaction, PasswordChanged(), mailbox.email)
        return [*families.revoke_all(transaction, account.id), *api_tokens.revoke_all(transaction, account.id)]
