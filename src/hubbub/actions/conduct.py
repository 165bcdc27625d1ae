"""The code of conduct: a text of the operator's, to which each user agrees once, and again when it is another one."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from hubbub.actions.accounts import Accounts
from hubbub.auth.actor import Actor
from hubbub.storage import meta, users
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import Conflict, NotFound
from hubbub.wire.resources import ConductText, OwnUser


class Code(NamedTuple):
    """Markdown, and what tells it from any other text."""

    text: str
    version: str


def code_of(text: str) -> Code:
    return Code(text, hashlib.sha256(text.encode()).hexdigest())


class Conduct:
    """Shows the text and keeps who agreed to it; no `code`: this server asks for nothing."""

    def __init__(self, reader: Reader, writer: Writer, accounts: Accounts, code: Code | None) -> None:
        self._reader = reader
        self._writer = writer
        self._accounts = accounts
        self._code = code

    @property
    def version(self) -> str | None:
        """Which text holds; None: there is none."""
        return self._code.version if self._code is not None else None

    async def start(self) -> None:
        """Say in the database which text holds, so that every process shows a user alike."""
        if await self._reader.run(meta.conduct) != self.version:
            await self._writer.write(_set_version, self.version)

    async def show(self, actor: Actor) -> ConductText:
        """The text, and whether the actor agreed to it. Raises `NotFound` where there is none."""
        code = self._require()
        own = await self._reader.run(users.own_user, actor.user_id)
        accepted = own is not None and own.conduct == "accepted"
        return ConductText(text=code.text, version=code.version, accepted=accepted)

    async def accept(self, actor: Actor, version: str) -> OwnUser:
        """Agree to the text of this version. Raises `NotFound`, and `Conflict` when another text holds now."""
        if version != self._require().version:
            raise Conflict("The code of conduct is another one now; show that first.")
        return await self._accounts.agree_to(actor.user_id, version)

    def _require(self) -> Code:
        if self._code is None:
            raise NotFound("This server has no code of conduct.")
        return self._code


def _set_version(transaction: Transaction, version: str | None) -> None:
    meta.set_conduct(transaction.connection, version)
