"""Queueing letters: with the change that causes them, or not at all."""

from __future__ import annotations

from collections.abc import Callable

from hubbub.mail.letters import Letter, encode
from hubbub.storage import mails
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction
from hubbub.wire.ids import new_id

NOBODY = ""


class Mailing:
    """Puts letters into the queue of the database, sealed under the vault key."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._queued: Callable[[], None] = lambda: None

    def on_queued(self, callback: Callable[[], None]) -> None:
        """Call `callback`, on the writer's thread and before the commit, whenever a letter is queued."""
        self._queued = callback

    def queue(self, transaction: Transaction, letter: Letter, to: str) -> None:
        """Have `letter` sent to the address `to` once the transaction is committed.

        A letter to `NOBODY` is queued and taken out again like any other and sent nowhere: so what is done for an
        address that has no account is what is done for one that has.
        """
        mail_id = new_id()
        sealed = self._vault.seal(encode(letter, to), mails.context(mail_id))
        mails.enqueue(transaction, mail_id, letter.kind, sealed)
        self._queued()
