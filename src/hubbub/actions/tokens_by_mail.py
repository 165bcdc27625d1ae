"""Sending a token to an address: what proves later that whoever brings it reads the mail there."""

from __future__ import annotations

from collections.abc import Callable

from hubbub.actions.mailing import Mailing
from hubbub.auth.address_tokens import LIFETIMES, fresh, stored
from hubbub.mail.letters import ConfirmAddress, Letter
from hubbub.storage import address_tokens, users
from hubbub.storage.address_tokens import Purpose
from hubbub.storage.writer import Transaction

# Seconds between two letters that nobody asked for by name.
REMINDED_AGAIN = 600


class TokensByMail:
    """Makes tokens that are known to their letter alone."""

    def __init__(self, mailing: Mailing) -> None:
        self._mailing = mailing

    def send(
        self,
        transaction: Transaction,
        user_id: str,
        purpose: Purpose,
        letter: Callable[[str], Letter],
        *,
        about: str,
        to: str | None = None,
        browser: str | None = None,
    ) -> None:
        """Have `letter(token)` sent to the address `about`, of which the token says that it is read; older tokens of
        the user's for `purpose` end.

        `to`: another address, or `NOBODY`: what is done is the same. `browser`: the hash of what the browser that asked
        keeps.
        """
        token = fresh()
        address_tokens.issue(transaction, user_id, purpose, about, stored(token), LIFETIMES[purpose], browser)
        self._mailing.queue(transaction, letter(token), about if to is None else to)

    def confirmation(self, transaction: Transaction, user_id: str) -> None:
        """Have the token sent that proves the address of an account; nothing where it is proven."""
        mailbox = users.mailbox(transaction.connection, user_id)
        if mailbox is not None and not mailbox.confirmed:
            self.send(transaction, user_id, "email_confirm", ConfirmAddress, about=mailbox.email)

    def remind(self, transaction: Transaction, user_id: str) -> None:
        """As `confirmation`, unless such a letter was sent just now."""
        since = LIFETIMES["email_confirm"] - REMINDED_AGAIN
        if not address_tokens.is_good(transaction, user_id, "email_confirm", since):
            self.confirmation(transaction, user_id)
