"""Addresses of accounts: proving that one is read, and changing it (seed 003).

An address becomes an account's when whoever reads its mail says so: until then the account keeps the one that it has.
So nobody learns by asking for an address whether it is taken, a mistyped one locks nobody out, and nobody bears a
stranger's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from hubbub.actions.accounts import Accounts, SettingsDone, apply_settings
from hubbub.actions.admission import Admission
from hubbub.actions.mailing import Mailing
from hubbub.actions.proving import Proving
from hubbub.actions.tokens_by_mail import TokensByMail
from hubbub.auth.actor import Actor
from hubbub.auth.address_tokens import stored
from hubbub.auth.limits import NEW_ADDRESS, Addresses, Limiter
from hubbub.mail.letters import (
    AddressChanged,
    AddressTaken,
    ChangeAddress,
    ConfirmNewAddress,
    Letter,
)
from hubbub.storage import address_tokens, users
from hubbub.storage.address_tokens import Held
from hubbub.storage.engine import Reader
from hubbub.storage.operations import Request
from hubbub.storage.users import Account, Mailbox
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.addresses import ChangeEmail
from hubbub.wire.errors import BadInput, EmailTaken, InvalidToken


class _Confirmed(NamedTuple):
    values: dict[str, Any]
    done: SettingsDone


class EmailAddresses:
    """What its owner does about the address of an account."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        accounts: Accounts,
        admission: Admission,
        mailing: Mailing,
        tokens: TokensByMail,
        proving: Proving,
        limiter: Limiter,
        addresses: Addresses,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._accounts = accounts
        self._admission = admission
        self._mailing = mailing
        self._tokens = tokens
        self._proving = proving
        self._limiter = limiter
        self._addresses = addresses

    # --- proving ----------------------------------------------------------------------------------------------

    async def ask_to_confirm(self, user_id: str) -> None:
        """Send the token once more that proves the address; nothing where it is proven."""
        await self._writer.write(self._tokens.confirmation, user_id, users=[user_id])

    async def confirm(self, token: str) -> None:
        """The address that the token was sent to is read by the account's owner; it becomes the account's, where it is
        not.

        Raises `InvalidToken`, `ExpiredToken`, and `EmailTaken` when it became another account's meanwhile, which who
        brings the token may know: the address is theirs.
        """
        hashed = stored(token)
        owner = await self._reader.run(address_tokens.owner, "email_confirm", hashed)
        await self._writer.write(
            self._confirm, owner, hashed, users=[owner], tell=lambda confirmed: self._tell(owner, confirmed)
        )

    def _confirm(self, transaction: Transaction, user_id: str, hashed: str) -> _Confirmed:
        held = address_tokens.held(transaction.connection, "email_confirm", hashed, transaction.now)
        mailbox = users.mailbox(transaction.connection, user_id)
        if mailbox is None or mailbox.disabled:
            raise InvalidToken()
        values: dict[str, Any] = {"confirmed_at": transaction.now}
        if users.email_key(held.email) != users.email_key(mailbox.email):
            values |= self._move(transaction, held, mailbox)
        address_tokens.spend(transaction, hashed)
        return _Confirmed(values, apply_settings(transaction, Request(user_id, user_id, None, ""), values))

    def _move(self, transaction: Transaction, held: Held, mailbox: Mailbox) -> dict[str, Any]:
        """Give the account the address; who reads the old one is told. Returns the further settings to write."""
        if users.account_by_email(transaction.connection, held.email) is not None:
            raise EmailTaken()
        try:
            with transaction.connection.begin_nested():
                users.move(transaction, held.user_id, held.email)
        except IntegrityError as taken:  # by another process, just now
            raise EmailTaken() from taken
        address_tokens.revoke_all(transaction, held.user_id)  # what was sent to the old address
        self._mailing.queue(transaction, AddressChanged(), mailbox.email)
        bare = users.is_address(mailbox.display_name, mailbox.email)
        return {"display_name": held.email if bare else mailbox.display_name}

    def _tell(self, user_id: str, confirmed: _Confirmed) -> None:
        self._accounts.tell_settings(user_id, confirmed.values, confirmed.done)

    # --- changing ---------------------------------------------------------------------------------------------

    async def ask_to_change(self, user_id: str) -> None:
        """Send the token that allows to name another address to the one that the account has."""
        await self._writer.write(self._send_change, user_id, users=[user_id])

    def _send_change(self, transaction: Transaction, user_id: str) -> None:
        mailbox = users.mailbox(transaction.connection, user_id)
        if mailbox is not None:
            self._tokens.send(transaction, user_id, "email_change", ChangeAddress, about=mailbox.email)

    async def change(self, actor: Actor, asked: ChangeEmail) -> None:
        """Ask who reads the new address to confirm it. For one that has an account the same is done, but its owner is
        told that nothing was changed.

        Raises `InvalidToken`, `ExpiredToken`, `BadInput`, `AddressNotAllowed`, `TooFast`, and what the proof is refused
        with.
        """
        email = users.checked_email(asked.email)
        self._admission.require_allowed(email)
        account = await self._proving.account(actor, asked.password, asked.proof)
        await self._limiter.spend(NEW_ADDRESS, self._addresses.key(users.email_key(email)))
        await self._writer.write(self._change, account, stored(asked.token), email, users=[actor.user_id])

    def _change(self, transaction: Transaction, account: Account, hashed: str, email: str) -> None:
        users.require_unchanged(transaction.connection, account)
        held = address_tokens.held(transaction.connection, "email_change", hashed, transaction.now)
        if held.user_id != account.id:
            raise InvalidToken()
        owner = users.account_by_email(transaction.connection, email)
        if owner is not None and owner.id == account.id:
            raise BadInput("email: this is the address of your account already.")
        address_tokens.spend(transaction, hashed)

        def letter(token: str) -> Letter:
            return ConfirmNewAddress(token) if owner is None else AddressTaken()

        self._tokens.send(transaction, account.id, "email_confirm", letter, about=email)
