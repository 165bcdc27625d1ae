"""How long the messages of a conversation last unless they say otherwise (seed 001)."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from hubbub.actions.announcing import require_conversation
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import conversation_change, conversation_row, raw
from hubbub.storage import conversations, memberships
from hubbub.storage.conversations import Conversation
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import NotMember, NotOwner
from hubbub.wire.events import ChangeExpiry


class Lifetimes:
    """What was said keeps the time that it was given when it was said."""

    def __init__(self, writer: Writer, publisher: Publisher, mac: RequestMac) -> None:
        self._writer = writer
        self._publisher = publisher
        self._mac = mac

    async def change(self, user: str, conversation_id: str, request: ChangeExpiry) -> msgspec.Raw:
        """Have messages last so long from now on: `{"conversation", "version"}`.

        Who may change what it is called may change this. Raises `NotOwner`, with the row as it is, and `NotMember`.
        """
        operation = Request(conversation_id, user, request.op_id, self._mac("expiry", request.expires_in))
        conversation, version = await self._writer.write(
            _apply, operation, request.expires_in, conversations=[conversation_id], tell=self._tell
        )
        return raw({"conversation": conversation_row(conversation), "version": version})

    def _tell(self, done: tuple[Conversation, int]) -> None:
        conversation, version = done
        changes = [conversation_change(conversation)] if conversation.version == version else []
        payload = {"conversation": conversation_row(conversation), "version": version, "changes": changes}
        self._publisher.to_conversation(conversation.id, "update_expiry", payload, conversation.departed_version)


def _apply(transaction: Transaction, operation: Request, expires_in: int | None) -> tuple[Conversation, int]:
    connection = transaction.connection

    def do() -> tuple[str, int]:
        conversation = _changeable(transaction, operation)
        version, now = conversation.head + 1, transaction.now
        changed = replace(conversation, expires_in=expires_in, head=version, version=version, updated_at=now)
        conversations.save(connection, changed)
        return conversation.id, version

    answer = once(transaction, operation, do)
    return require_conversation(conversations.load_one(connection, operation.scope)), answer.version


def _changeable(transaction: Transaction, operation: Request) -> Conversation:
    connection = transaction.connection
    conversation = require_conversation(conversations.load_one(connection, operation.scope))
    pair = (conversation.id, operation.user_id)
    if pair not in memberships.current_members(connection, [pair]):
        raise NotMember()
    if conversation.changing == "owner" and conversation.creator_id != operation.user_id:
        raise NotOwner(current=conversation_row(conversation))
    return conversation
