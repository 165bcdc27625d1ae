"""Messages whose time is over go, everywhere: what they said, their copies, and what was put to them (seed 001)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from hubbub.actions.announcing import Announcer, ChangedMessage, readers_of
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import message_change, reaction_change
from hubbub.storage import conversations, messages, scores
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.messages import Message, Reaction, Seen
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import Refusal

log = structlog.get_logger("hubbub.expiring")

LOOK = 2.0  # seconds: no message lasts for less than five, so each is known of before it is over
LEAST_PAUSE = 0.05  # seconds, when something should be over and is not yet
MOST_PUSHED = 500  # tombstones of reactions in one push; where there are more, clients pull
AT_ONCE = 200  # messages, so that nobody waits long for the writer


class _Expired(NamedTuple):
    """A tombstone, and those of the reactions that stood."""

    changed: ChangedMessage
    reactions: list[Reaction]


class Expiring:
    """Takes messages away when their time is over.

    Each that expires takes a version, so that devices that were away lose it too. Several processes may do this: the
    second finds nothing left under the lock. Until it is done, readers are shown the tombstone already
    (`storage.messages.standing`), so a late turn shows nothing that is over. `clock` gives seconds since 1970.
    """

    def __init__(
        self, reader: Reader, writer: Writer, publisher: Publisher, clock: Callable[[], float] = time.time
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher
        self._announcer = Announcer(publisher)
        self._clock = clock

    async def forever(self) -> None:
        """Sleep until the next message is over, and look now and then whether there is an earlier one."""
        while True:
            pause = LOOK
            try:
                await self.once()
                pause = self._pause(await self._reader.run(messages.next_end))
            except Refusal as refusal:
                log.warning("expiring_failed", code=refusal.code)
            await asyncio.sleep(pause)

    def _pause(self, next_end: int | None) -> float:
        if next_end is None:
            return LOOK
        return min(LOOK, max(LEAST_PAUSE, next_end / 1000 - self._clock()))

    async def once(self) -> int:
        """Take away all that is over now; how many messages it was."""
        now, total = int(self._clock() * 1000), 0
        while found := await self._reader.run(messages.over, now, AT_ONCE):
            by_conversation: dict[str, list[str]] = {}
            for conversation, id in found:
                by_conversation.setdefault(conversation, []).append(id)
            gone = sum(await asyncio.gather(*(self._expire(*some) for some in by_conversation.items())))
            if not gone:  # another process is at it
                break
            total += gone
        return total

    async def _expire(self, conversation_id: str, ids: list[str]) -> int:
        done: list[_Expired] = await self._writer.write(
            _apply, conversation_id, ids, conversations=[conversation_id], tell=self._tell
        )
        return len(done)

    def _tell(self, expired: list[_Expired]) -> None:
        for changed, reactions in expired:
            if len(reactions) > MOST_PUSHED:
                self._publisher.to_conversation(changed.conversation.id, "resync", {})
                continue
            tombstone = message_change(Seen(changed.message, None, None))
            payload = {
                "conversation_id": changed.conversation.id,
                "message_group_id": changed.message.id,
                "version": changed.version,
                "changes": [tombstone, *(reaction_change(reaction) for reaction in reactions)],
            }
            self._announcer.tell("message_expired", changed, payload)


def _apply(transaction: Transaction, conversation_id: str, ids: list[str]) -> list[_Expired]:
    """Take away what of these is still there, and over, in one conversation, which is locked."""
    connection = transaction.connection
    conversation = conversations.load_one(connection, conversation_id)
    due = messages.still_over(connection, conversation_id, ids, transaction.now)
    if conversation is None or not due:
        return []
    scores.gone(connection, conversation, due)
    expired = [_take_away(transaction, conversation, message, nth) for nth, message in enumerate(due, start=1)]
    conversations.save_ends(connection, [replace(conversation, head=conversation.head + len(due))])
    return expired


def _take_away(transaction: Transaction, conversation: Conversation, message: Message, nth: int) -> _Expired:
    """The nth message that expires in this transaction."""
    connection, version, now = transaction.connection, conversation.head + nth, transaction.now
    readers, unseeing = (None, ()) if conversation.encrypted else readers_of(transaction, conversation, message)
    gone = messages.tombstone(message)._replace(version=version, updated_at=now)
    messages.save(connection, gone)
    messages.drop_copies(connection, conversation.id, gone.id)
    reactions = messages.silence_reactions(connection, conversation.id, gone.id, version, now)
    return _Expired(ChangedMessage(conversation, gone, version, readers=readers, unseeing=unseeing), reactions)
