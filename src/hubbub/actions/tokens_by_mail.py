"""Sending a token to an address: what proves later that whoever brings it reads the mail there."""

from __future__ import annotations

from collections.abc import Callable

from hubbub.actions.mailing import Mailing
from hubbub.auth.address_tokens import LIFETIMES, fresh, stored
from hubbub.mail.letters import Letter
from hubbub.storage import address_tokens
from hubbub.storage.address_tokens import Purpose
from hubbub.storage.writer import Transaction


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
    ) -> None:
        """Have `letter(token)` sent to the address `about`, of which the token says that it is read; older tokens of
        the user's for `purpose` end.

        `to`: another address, or `NOBODY`: what is done is the same.
        """
        token = fresh()
        address_tokens.issue(transaction, user_id, purpose, about, stored(token), LIFETIMES[purpose])
        self._mailing.queue(transaction, letter(token), about if to is None else to)
