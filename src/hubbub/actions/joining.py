"""Coming into a conversation by oneself: channels, open groups (seeds 000 and 001)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import conversation_row, listing_change, member_change
from hubbub.domain.visibility import Span
from hubbub.storage import conversations, join_requests, memberships, sanctions, user_stream
from hubbub.storage.conversations import Conversation
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import Banned, NotFound, TooMany


class Joined(msgspec.Struct, frozen=True, gc=False):
    """Who came in where, and since when; `user_versions` is empty when nothing changed."""

    conversation: Conversation
    user_id: str
    span: Span
    user_versions: Mapping[str, int]


class Joining:
    """Lets people in where nobody has to be asked. `most` is how many members such a conversation has."""

    def __init__(self, writer: Writer, publisher: Publisher, most: int = 10_000) -> None:
        self._writer = writer
        self._publisher = publisher
        self._most = most

    async def join(self, user: str, conversation_id: str) -> None:
        """Come in, on every device at once; again changes nothing. Raises `NotFound`, `Banned`, `TooMany`."""
        await self._writer.write(
            _join,
            conversation_id,
            user,
            self._most,
            conversations=[conversation_id],
            users=[user],
            tell=self.tell,
        )

    def tell(self, done: Joined) -> None:
        """The newcomer has another conversation, and those who are in it another member."""
        if not done.user_versions:
            return
        conversation, user = done.conversation, done.user_id
        head = done.user_versions[user]
        listing = {
            "conversation": conversation_row(conversation),
            "user_ids": [user],
            "user_version": head,
            "changes": [listing_change(conversation, done.span, head)],
        }
        self._publisher.to_user(user, "new_conversation", listing)
        told = {
            "user_id": user,
            "conversation_id": conversation.id,
            "version": done.span.joined,
            "changes": [member_change(user, done.span)],
        }
        self._publisher.to_conversation(conversation.id, "member_joined", told, conversation.departed_version)


def _join(transaction: Transaction, conversation_id: str, user: str, most: int) -> Joined:
    connection = transaction.connection
    conversation = conversations.load_one(connection, conversation_id)
    if conversation is None or conversation.joining == "members":
        raise NotFound("There is nothing that one joins by oneself.")
    pair = (conversation_id, user)
    present = memberships.current_members(connection, [pair]).get(pair)
    if present is not None:
        return Joined(conversation, user, Span(present.joined_version, None, role=present.role), {})
    if sanctions.is_banned(connection, conversation_id, user, transaction.now):
        raise Banned()
    if memberships.count_members(connection, conversation_id) >= most:
        raise TooMany(f"At most {most} can be in it.")
    return _come_in(transaction, conversation, user)


def _come_in(transaction: Transaction, conversation: Conversation, user: str) -> Joined:
    connection, version = transaction.connection, conversation.head + 1
    # What is an owner's alone stays theirs while they are away; elsewhere it went to somebody else.
    returns = conversation.changing == "owner" and user == conversation.creator_id
    role = "owner" if returns else "member"
    memberships.add_members(connection, conversation, {user: role}, version, transaction.now)
    conversations.save_members_version(connection, conversation.id, version)
    join_requests.remove(connection, conversation.id, [user])
    heads = user_stream.advance(transaction, {user: [(user_stream.CONVERSATION, conversation.id, False)]})
    joined = replace(conversation, head=version, members_version=version)
    return Joined(joined, user, memberships.spans(connection, conversation.id, user)[-1], heads)
