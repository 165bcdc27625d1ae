"""Pictures of users and groups: taking one, taking it away, showing it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import Connection

from hubbub.domain.pictures import LARGE, squares
from hubbub.storage import conversations, users
from hubbub.storage.engine import Reader
from hubbub.storage.pictures import PictureStore
from hubbub.wire.errors import NotFound, Refusal, Unavailable

log = structlog.get_logger("hubbub.pictures")

MOST_WAITING = 16
_FILE = re.compile(r"(64|256)\.webp")
_NAME = re.compile(r"[0-9a-f]{64}")


# Gives something (a user, a group) this picture, or none, in one transaction; the answer is the one before.
Naming = Callable[[str | None], Awaitable[str | None]]


class Pictures:
    """A picture is on disk before anyone is told of it, and as long as some user or group has it.

    Whoever crashes between the two leaves a file that nobody asks for. Pictures are unpacked one at a time: that is
    what takes memory.
    """

    def __init__(self, *, reader: Reader, store: PictureStore) -> None:
        self._reader = reader
        self._store = store
        self._unpacking = asyncio.Semaphore(1)
        self._waiting = 0

    async def show(self, file: bytes, name_it: Naming) -> str:
        """Show this PNG, JPEG or WebP as the picture of what `name_it` names it for; the answer is its name, a hash.

        Raises `UnsupportedPicture`, `TooLarge`, `StorageFull`, `Unavailable`, and what `name_it` raises.
        """
        files = await self._squares(file)
        name = hashlib.sha256(files[LARGE]).hexdigest()
        await asyncio.to_thread(self._store.write, name, files)
        try:
            before = await name_it(name)
        except Refusal:
            await self._tidy(name)
            raise
        # Who gave up the same picture just now may have taken the files away before they could see this row.
        await asyncio.to_thread(self._store.write, name, files)
        if before not in (None, name):
            await self._tidy(before)
        return name

    async def hide(self, name_it: Naming) -> None:
        """Show no picture any more of what `name_it` names them for."""
        before = await name_it(None)
        if before is not None:
            await self._tidy(before)

    async def find(self, name: str, file: str) -> bytes:
        """The file `64.webp` or `256.webp` of a picture. Raises `NotFound`."""
        found = _FILE.fullmatch(file)
        if found is None or not _NAME.fullmatch(name):
            raise NotFound("There is no such picture.")
        content = await asyncio.to_thread(self._store.read, name, int(found[1]))
        if content is None:
            raise NotFound("There is no such picture.")
        return content

    async def _squares(self, file: bytes) -> dict[int, bytes]:
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Too many pictures are being taken in; try again in a moment.")
        self._waiting += 1
        try:
            async with self._unpacking:
                return await asyncio.to_thread(squares, file)
        finally:
            self._waiting -= 1

    async def _tidy(self, name: str) -> None:
        """Take a picture away that nobody has any more.

        Somebody may come to have it meanwhile. They look for the files after their commit, and this looks for their
        commit after the files are gone: one of the two puts the files back.
        """
        try:
            if await self._reader.run(pictured, name):
                return
            taken = await asyncio.to_thread(self._store.remove, name)
            if await self._reader.run(pictured, name):
                await asyncio.to_thread(self._store.write, name, taken)
        except Refusal as refusal:  # the user has what they asked for; a file too many harms nobody
            log.warning("picture_left", code=refusal.code)


def pictured(connection: Connection, picture: str) -> bool:
    """Whether somebody, or some conversation, shows this picture."""
    return users.has_picture(connection, picture) or conversations.has_picture(connection, picture)
