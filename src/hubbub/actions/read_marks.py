"""Who has read how far (seed 003, `read_conversation`; Hubbub protocol, section 1)."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec

from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import raw, read_mark_change
from hubbub.storage import conversations, memberships, user_stream
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import NotMember
from hubbub.wire.ids import rfc3339

INTERVAL = 1.0  # seconds between two pushes of one member's mark to the others


class _Mark(NamedTuple):
    """`shown`: the others may hear of it, as no two who are alone there blocked each other."""

    user_id: str
    conversation_id: str
    read_at: int
    user_version: int
    shown: bool


class ReadMarks:
    """Keeps when a member last read. A mark takes no version of the conversation; it is in the member's own stream."""

    def __init__(self, writer: Writer, publisher: Publisher) -> None:
        self._writer = writer
        self._publisher = publisher
        self._told: dict[tuple[str, str], float] = {}
        self._waiting: dict[tuple[str, str], int] = {}

    async def read(self, user: str, conversation_id: str) -> msgspec.Raw:
        """Mark the conversation as read now: `{"read_at"}`. Raises `NotMember`."""
        mark = await self._writer.write(self._apply, user, conversation_id, users=[user], tell=self._tell)
        return raw({"read_at": rfc3339(mark.read_at)})

    def _tell(self, mark: _Mark) -> None:
        change = read_mark_change(mark.conversation_id, mark.read_at, mark.user_version)
        own = {"conversation_id": mark.conversation_id, "user_version": mark.user_version, "changes": [change]}
        self._publisher.to_user(mark.user_id, "read_mark", own)
        if mark.shown:
            self._tell_others(mark.user_id, mark.conversation_id, mark.read_at)

    def _apply(self, transaction: Transaction, user: str, conversation_id: str) -> _Mark:
        connection = transaction.connection
        if not memberships.current_members(connection, [(conversation_id, user)]):
            raise NotMember()
        conversations.set_read_time(connection, conversation_id, user, transaction.now)
        heads = user_stream.advance(transaction, {user: [(user_stream.READ_MARK, conversation_id, False)]})
        conversation = conversations.load_one(connection, conversation_id)
        shown = conversation is not None and not conversation.apart
        return _Mark(user, conversation_id, transaction.now, heads[user], shown)

    def _tell_others(self, user: str, conversation_id: str, read_at: int) -> None:
        """At most one push per member and second, and never without the last state."""
        key = (conversation_id, user)
        loop = asyncio.get_running_loop()
        if key in self._waiting:
            self._waiting[key] = read_at
            return
        since = loop.time() - self._told.get(key, -INTERVAL)
        if since >= INTERVAL:
            self._push(key, read_at)
            return
        self._waiting[key] = read_at
        loop.call_later(INTERVAL - since, self._push_waiting, key)

    def _push_waiting(self, key: tuple[str, str]) -> None:
        self._push(key, self._waiting.pop(key))

    def _push(self, key: tuple[str, str], read_at: int) -> None:
        loop = asyncio.get_running_loop()
        self._told[key] = loop.time()
        loop.call_later(INTERVAL, self._forget, key)
        conversation_id, user = key
        payload = {"user_id": user, "conversation_id": conversation_id, "read_at": rfc3339(read_at)}
        self._publisher.to_conversation(conversation_id, "read_conversation", payload)

    def _forget(self, key: tuple[str, str]) -> None:
        """Drop what would not delay anything any more."""
        if asyncio.get_running_loop().time() - self._told.get(key, 0) >= INTERVAL:
            self._told.pop(key, None)
