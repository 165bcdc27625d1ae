"""Closing a channel for good: at once for everybody; what is left of it goes in the background, bit by bit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

import structlog

from hubbub.actions.channels import require_channel
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import conversation_row
from hubbub.storage import audit, closing, user_stream, users
from hubbub.storage.audit import Deed
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.schema import operations
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import NotOwner, Refusal, WrongKind
from hubbub.wire.events import Changed
from hubbub.wire.ids import NIL_ID

log = structlog.get_logger("hubbub.closing")

# Nobody hears it: gateways look who may listen before they deliver it, and put all out.
CLOSED = "conversation_closed"
LAST_VERSION = 2**53 - 1  # above every version: whoever listens is looked at again


class Closing:
    """`close` answers when nobody has the channel any more; `forever` finishes what a process that ended began."""

    def __init__(self, reader: Reader, writer: Writer, publisher: Publisher) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher
        self._finishing: dict[str, asyncio.Task[None]] = {}

    async def close(self, user: str, channel_id: str) -> None:
        """Close a channel of one's own, or as an admin any. Raises `NotFound`, `NotOwner`, `WrongKind`."""
        await self._writer.write(_close, channel_id, user, conversations=[channel_id], tell=self._closed)

    def _closed(self, closed: Conversation) -> None:
        self._publisher.to_conversation(closed.id, CLOSED, {}, LAST_VERSION)
        self._finish_later(closed.id)

    async def forever(self, every: float = 60) -> None:
        """Finish what is unfinished, now and every so many seconds."""
        while True:
            try:
                for conversation in await self._reader.run(closing.unfinished):
                    self._finish_later(conversation)
            except Refusal as refusal:
                log.warning("closing_failed", code=refusal.code)
            await asyncio.sleep(every)

    async def stop(self) -> None:
        """Leave the rest to the next start."""
        for task in self._finishing.values():
            task.cancel()
        await asyncio.gather(*self._finishing.values(), return_exceptions=True)

    # --- bit by bit -----------------------------------------------------------------------------------------------

    def _finish_later(self, conversation_id: str) -> None:
        if conversation_id not in self._finishing:
            task = asyncio.get_running_loop().create_task(self._finish(conversation_id), name="closing")
            self._finishing[conversation_id] = task
            task.add_done_callback(lambda _: self._finishing.pop(conversation_id))

    async def _finish(self, conversation_id: str) -> None:
        """Each transaction is small, and the next one waits its turn behind what others write."""
        try:
            while members := await self._reader.run(closing.some_members, conversation_id):
                await self._put_out(conversation_id, members)
            for table in (*closing.OF_CONVERSATIONS, operations):
                while await self._writer.write(closing.drop_some, conversation_id, table):
                    pass
            await self._writer.write(closing.emptied, conversation_id)
        except Refusal as refusal:  # the next turn of `forever` goes on
            log.warning("closing_failed", code=refusal.code)

    async def _put_out(self, conversation_id: str, members: list[str]) -> None:
        tell = partial(self._tell_members, conversation_id)
        await self._writer.write(closing.put_out, conversation_id, members, users=members, tell=tell)

    def _tell_members(self, conversation_id: str, heads: Mapping[str, int]) -> None:
        for user, head in heads.items():
            change = Changed(kind=user_stream.CONVERSATION, id=conversation_id, version=head, deleted=True, data=None)
            removed = {"conversation_id": conversation_id, "user_version": head, "changes": [change]}
            self._publisher.to_user(user, "conversation_removed", removed)


def _close(transaction: Transaction, channel_id: str, user: str) -> Conversation:
    connection = transaction.connection
    conversation = require_channel(connection, channel_id)
    if conversation.creator_id == NIL_ID:
        raise WrongKind("This channel is the server's own.")
    if user != conversation.creator_id and not users.is_admin(connection, user):
        raise NotOwner(current=conversation_row(conversation))
    if user != conversation.creator_id:  # its name, because nothing else will tell which one it was
        deed = Deed(user, "close", conversation.id, conversation.creator_id, detail=conversation.name or "")
        audit.note(transaction, deed)
    closing.close(transaction, conversation)
    return conversation
