"""Reacting to messages."""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec.structs import replace

from hubbub.actions.announcing import (
    Announcer,
    ChangedMessage,
    may_see,
    public_author,
    readers_of,
    require_conversation,
    require_message,
)
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import raw, reaction_change
from hubbub.actions.sending import require_may_write
from hubbub.domain import rules
from hubbub.domain.text import check_text
from hubbub.storage import conversations, memberships, messages, sanctions, scores
from hubbub.storage.conversations import Conversation
from hubbub.storage.messages import Message, Reaction, Seen
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import NotFound, NotMember, WrongKind
from hubbub.wire.events import React
from hubbub.wire.ids import new_id, require_id

LONGEST_EMOJI = 32


class Reactions:
    """Reactions in plaintext conversations; each belongs to who put it there (seed 000)."""

    def __init__(self, writer: Writer, publisher: Publisher, mac: RequestMac) -> None:
        self._writer = writer
        self._announcer = Announcer(publisher)
        self._mac = mac

    async def react(self, user: str, conversation_id: str, request: React, on: bool) -> msgspec.Raw:
        """Put an emoji on a message, or take one's own off again; encrypted conversations carry reactions in envelopes.

        The answer is `{"reaction": {...} or null, "version"}`. Raises `WrongKind`, `NotFound`, `NotMember`.
        """
        id = require_id(request.message_group_id, "message_group_id")
        emoji = check_text(request.emoji, "emoji", LONGEST_EMOJI, shortest=1)
        operation = Request(conversation_id, user, request.op_id, self._mac("react", id, emoji, on))
        changed = await self._writer.write(
            self._apply_reaction,
            operation,
            id,
            emoji,
            on,
            conversations=[conversation_id],
            tell=partial(self._tell_reaction, "react" if on else "unreact"),
        )
        assert changed.reaction is not None
        return raw({"reaction": reaction_change(changed.reaction).data, "version": changed.version})

    def _tell_reaction(self, event: str, changed: ChangedMessage) -> None:
        assert changed.reaction is not None
        change = reaction_change(changed.reaction)
        if change.version != changed.version:
            return  # a repeat: what took the reaction off since was told as a whole
        payload = {
            "conversation_id": changed.conversation.id,
            "message_group_id": changed.message.id,
            "user_id": changed.reaction.owner_id,
            "emoji": changed.reaction.emoji,
            "version": change.version,
            "changes": [change],
        }
        self._announcer.tell(event, changed, payload)

    def _apply_reaction(
        self, transaction: Transaction, operation: Request, id: str, emoji: str, on: bool
    ) -> ChangedMessage:
        connection, user = transaction.connection, operation.user_id
        conversation = require_conversation(conversations.load_one(connection, operation.scope))

        def do() -> tuple[str, int]:
            message = self._visible(transaction, conversation, user, id)
            if on:
                self._require_may_react(transaction, conversation, user)
            before = messages.reaction(connection, conversation.id, id, user, emoji)
            if before is None and not on:
                raise NotFound("There is no such reaction of yours.")
            if before is not None and bool(before.deleted) != on:
                return before.id, before.version
            version, now = conversation.head + 1, transaction.now
            row = before.id if before else new_id()
            after = Reaction(conversation.id, id, user, emoji, row, version, int(not on), now)
            messages.save_reaction(connection, after)
            scores.reacted(connection, conversation, message, before, after)
            conversations.save_ends(connection, [replace(conversation, head=version)])
            return row, version

        answer = once(transaction, operation, do)
        message = require_message(messages.load(connection, conversation.id, id, transaction.now))
        reaction = messages.reaction(connection, conversation.id, id, user, emoji)
        if reaction is None:  # a repeat, after the message expired and took with it what was put there
            raise NotFound("The message is gone.")
        readers, unseeing = readers_of(transaction, conversation, message)
        return ChangedMessage(
            conversation,
            message,
            answer.version,
            reaction=reaction,
            readers=readers,
            unseeing=unseeing,
            author=public_author(connection, conversation, user),
        )

    def _require_may_react(self, transaction: Transaction, conversation: Conversation, user: str) -> None:
        silences = sanctions.silences(transaction.connection, conversation.id, transaction.now)
        require_may_write(conversation, silences.get(user, 0), transaction.now)

    def _visible(self, transaction: Transaction, conversation: Conversation, user: str, id: str) -> Message:
        """The message that the user may react to."""
        spans = memberships.spans(transaction.connection, conversation.id, user)
        seen_spans = rules.readable(conversation.reading, spans)
        role = next((span.role for span in spans if span.current), None)
        if not rules.takes_part(conversation.posting, role):
            raise NotMember()
        if conversation.encrypted:
            raise WrongKind("Reactions of encrypted conversations travel inside envelopes.")
        message = messages.load(transaction.connection, conversation.id, id, transaction.now)
        gone = message is None or message.deleted or message.removed_by is not None
        if message is None or gone or not may_see(conversation, seen_spans, Seen(message, None, None)):
            raise NotFound("There is no such message in this conversation.")
        return message
