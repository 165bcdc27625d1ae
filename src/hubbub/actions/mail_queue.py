"""What an operator sees of the queue of letters, and does about dead ones."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hubbub.actions.mailing import NOBODY
from hubbub.mail.letters import decode
from hubbub.storage import mails
from hubbub.storage.engine import Reader
from hubbub.storage.mails import Stuck
from hubbub.storage.vault import Vault, WrongVaultKey
from hubbub.storage.writer import Writer
from hubbub.wire.errors import NotFound

MOST_LISTED = 1000


class QueuedMail(msgspec.Struct, frozen=True):
    """A letter that is not delivered. `state`: waiting, sending or dead; `reason` and `code` (the mail server's
    reply): why it was not delivered the last time; `to` is null where it does not open under the vault key.
    """

    id: str
    kind: str
    state: str
    to: str | None
    tries: int
    reason: str | None
    code: int | None
    inserted_at: int


class MailQueue:
    """Looks into the queue."""

    def __init__(self, reader: Reader, writer: Writer, vault: Vault) -> None:
        self._reader = reader
        self._writer = writer
        self._vault = vault

    async def undelivered(self) -> list[QueuedMail]:
        """Dead letters first, then those that are still to be sent; at most 1,000."""
        rows = await self._reader.run(mails.undelivered, MOST_LISTED)
        return [shown for shown in map(self._shown, rows) if shown.to != NOBODY]

    async def retry(self, mail_ids: list[str]) -> int:
        """Send dead letters again, or all of them when no id is given; how many. Raises `NotFound` when none is dead.

        Of one that is `uncertain` or `interrupted` this may be the second copy.
        """
        return await self._change(mails.revive, mail_ids)

    async def drop(self, mail_ids: list[str]) -> int:
        """Delete dead letters, or all of them when no id is given; how many. Raises `NotFound`."""
        return await self._change(mails.drop, mail_ids)

    async def _change(self, change: Callable[..., int], mail_ids: list[str]) -> int:
        changed = await self._writer.write(change, mail_ids)
        if not changed:
            raise NotFound("There is no such dead letter; `hubbub mail list` shows them.")
        return changed

    def _shown(self, row: Stuck) -> QueuedMail:
        try:
            to: str | None = decode(self._vault.open(row.sealed, mails.context(row.id))).to
        except (WrongVaultKey, msgspec.ValidationError):
            to = None
        return QueuedMail(row.id, row.kind, row.state, to, row.tries, row.reason, row.code, row.inserted_at)
