"""Telling what became of a message: each reader what they may see, and the others its bare version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import message_change, message_row, raw
from hubbub.domain.visibility import Span, sees_message
from hubbub.storage import memberships, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.messages import Copy, Message, Reaction, Seen
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import NotFound, NotMember
from hubbub.wire.events import Author


class ChangedMessage(msgspec.Struct, frozen=True, gc=False):
    """What an edit, a deletion or a reaction left behind.

    `readers` are those who may see the message, where not all members may (None: all); `unseeing` the rest. `author`:
    who reacted or removed, where anyone may read.
    """

    conversation: Conversation
    message: Message
    version: int
    copies: dict[str, Copy] = {}
    reaction: Reaction | None = None
    readers: tuple[str, ...] | None = None
    unseeing: tuple[str, ...] = ()
    author: Author | None = None


class Announcer:
    """Puts changes of messages on the bus."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def announce(self, event: str, changed: ChangedMessage) -> None:
        """Tell the new state of a message: each their copy in an encrypted conversation, else the same to all."""
        if not changed.conversation.encrypted:
            self._tell(event, changed, push_of(as_seen(changed.message, None)))
            return
        for user, copy in changed.copies.items():
            if copy.shared_version is None:
                self._publisher.to_user(user, event, push_of(as_seen(changed.message, copy)))
            else:  # a repeat: what they see of it came later, with `copies_shared`
                told = {"conversation_id": changed.conversation.id, "version": changed.version}
                self._publisher.to_user(user, "version", told)
        self._tell_versions(changed)

    def tell(self, event: str, changed: ChangedMessage, payload: dict[str, Any]) -> None:
        """Tell something else about a message, with who did it where guests hear of it: they can ask nobody."""
        author = {} if changed.author is None else {"author": changed.author}
        self._tell(event, changed, payload | author)

    def _tell(self, event: str, changed: ChangedMessage, payload: Any) -> None:
        conversation = changed.conversation
        if changed.readers is None:
            self._publisher.to_conversation(conversation.id, event, payload, conversation.departed_version)
            return
        for user in changed.readers:
            self._publisher.to_user(user, event, payload)
        self._tell_versions(changed)

    def _tell_versions(self, changed: ChangedMessage) -> None:
        """Keep the cursors dense of those who may not see what happened; an edit takes from them what they held."""
        payload: dict[str, Any] = {"conversation_id": changed.conversation.id, "version": changed.version}
        if changed.conversation.encrypted and changed.message.rev:
            payload["changes"] = [message_change(Seen(changed.message, None, None), encrypted=True)]
        for user in changed.unseeing:
            self._publisher.to_user(user, "version", payload)


def readers_of(
    transaction: Transaction, conversation: Conversation, message: Message
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Who may see a change of an old message, and who may not; `(None, ())` when that is everyone."""
    connection = transaction.connection
    if conversation.history == "all" or conversation.reading == "anyone":
        return None, ()
    if memberships.latest_join(connection, conversation.id) < message.created_version:
        return None, ()
    seeing: list[str] = []
    unseeing: list[str] = []
    for member in memberships.members(connection, conversation.id):
        spans = memberships.spans(connection, conversation.id, member.user_id)
        sees = sees_message(spans, conversation.history, message.created_version, message.version)
        (seeing if sees else unseeing).append(member.user_id)
    return tuple(seeing), tuple(unseeing)


def public_author(connection: Connection, conversation: Conversation, user: str) -> Author | None:
    """The user as guests see them, where anyone may read."""
    return users.authors(connection, [user]).get(user) if conversation.reading == "anyone" else None


def may_see(conversation: Conversation, spans: Sequence[Span], seen: Seen) -> bool:
    """Whether someone with these spans, and perhaps a copy, sees the message."""
    if conversation.encrypted:
        return seen.copy_id is not None or seen.message.removed_by is not None
    return sees_message(spans, conversation.history, seen.message.created_version, seen.message.version)


def push_of(seen: Seen) -> bytes:
    return message_push(seen.message, bytes(raw(message_row(seen))))


def message_push(message: Message, row: bytes, author: Author | None = None) -> bytes:
    """The payload of `new_message` and `edit_message`; the encoded row stands in it twice."""
    push = (
        b'{"conversation_id":"%b","message":%b,"version":%d,"changes":'
        b'[{"kind":"message","id":"%b","version":%d,"deleted":%b,"data":%b}]}'
    ) % (
        message.conversation_id.encode(),
        row,
        message.version,
        message.id.encode(),
        message.version,
        b"true" if message.deleted else b"false",
        b"null" if message.deleted else row,
    )
    return push if author is None else b'%b,"author":%b}' % (push[:-1], bytes(raw(author)))


def as_seen(message: Message, copy: Copy | None) -> Seen:
    return Seen(message, *copy[3:]) if copy is not None else Seen(message, None, None)


def require_conversation(conversation: Conversation | None) -> Conversation:
    if conversation is None:
        raise NotMember()
    return conversation


def require_message(message: Message | None) -> Message:
    if message is None:
        raise NotFound("The message is gone.")
    return message
