"""Sending, editing and deleting messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from hubbub.actions.announcing import (
    Announcer,
    ChangedMessage,
    as_seen,
    may_see,
    message_push,
    readers_of,
    require_conversation,
    require_message,
)
from hubbub.actions.composing import Composer, forms
from hubbub.actions.passing import Passing
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import message_change, message_row, raw
from hubbub.actions.sending import Said, Send, Sent, checked_roster, require_form, require_may_write
from hubbub.domain import rules
from hubbub.storage import conversations, memberships, messages, scores
from hubbub.storage.conversations import Conversation
from hubbub.storage.memberships import Member
from hubbub.storage.messages import Copy, Message, Seen
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.rosters import Rosters
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.authorship import check_authorship
from hubbub.wire.errors import Forbidden, NotFound, NotMember, NotOwner, Refusal, StaleRevision
from hubbub.wire.events import DeleteMessage, EditMessage, SendMessage
from hubbub.wire.ids import new_id, require_id

Answered = Callable[[msgspec.Raw | Refusal], None]


class Messages:
    """Every write to messages: check, commit, publish. What is off the record goes its own way."""

    def __init__(
        self,
        writer: Writer,
        publisher: Publisher,
        rosters: Rosters,
        mac: RequestMac,
        composer: Composer,
        passing: Passing,
    ) -> None:
        self._writer = writer
        self._publisher = publisher
        self._announcer = Announcer(publisher)
        self._rosters = rosters
        self._mac = mac
        self._composer = composer
        self._passing = passing

    # --- sending --------------------------------------------------------------------------------------------------

    def send(self, sender: str, conversation_id: str, request: SendMessage, done: Answered) -> None:
        """Store a message and tell everyone who may read it; `done` gets `{"message", "version"}` or the refusal.

        One off the record is told to who is there and not stored: then there is no version.
        Raises a `Refusal` at once for what needs no database to be refused.
        """
        composed = self._composer.message(sender, conversation_id, request)
        if request.off_the_record:  # told apart here, so that no way leads it into a transaction
            self._passing.say(composed, done)
            return
        send = Send(
            self._rosters,
            conversation_id,
            sender,
            composed.said,
            composed.mac,
            id=composed.id,
            device_id=composed.device_id,
            index=composed.index,
            position=composed.position,
            reply_to=composed.reply_to,
            expires_in=composed.expires_in,
        )
        self._writer.submit(send, partial(self._sent, done))

    def _sent(self, done: Answered, outcome: Sent | Refusal) -> None:
        if isinstance(outcome, Refusal):
            done(outcome)
            return
        message = outcome.message
        row = bytes(raw(message_row(as_seen(message, outcome.copies.get(message.owner_id)))))
        if message.version == message.created_version:
            self._tell_sent(outcome, row)
        done(msgspec.Raw(b'{"message":%b,"version":%d}' % (row, message.version)))

    def _tell_sent(self, outcome: Sent, row: bytes) -> None:
        """A repeat says nothing of a later version, of which the message may be a part alone, as with a removal."""
        conversation, message = outcome.conversation, outcome.message
        if conversation.encrypted:
            changed = ChangedMessage(conversation, message, message.version, outcome.copies, unseeing=outcome.unseeing)
            self._announcer.announce("new_message", changed)
        else:  # what everyone is told is what the sender is answered, so it is encoded once
            push = message_push(message, row, outcome.author)
            self._publisher.to_conversation(conversation.id, "new_message", push, conversation.departed_version)

    # --- editing --------------------------------------------------------------------------------------------------

    async def edit(self, editor: str, conversation_id: str, request: EditMessage) -> msgspec.Raw:
        """Replace the text of one's own message; the answer is `{"message", "version"}`.

        Raises `NotOwner`, `NotFound`, `NotMember`, `StaleRevision` and what `send` raises.
        """
        id = require_id(request.message_group_id, "message_group_id")
        said = self._composer.said(request)
        operation = Request(conversation_id, editor, request.op_id, self._mac("edit", id, *forms(request)))
        changed = await self._writer.write(
            self._apply_edit, operation, id, said, conversations=[conversation_id], tell=self._tell_edit
        )
        row = raw(message_row(as_seen(changed.message, changed.copies.get(editor))))
        return msgspec.Raw(b'{"message":%b,"version":%d}' % (bytes(row), changed.version))

    def _tell_edit(self, changed: ChangedMessage) -> None:
        if changed.message.version == changed.version and not changed.message.deleted:
            self._announcer.announce("edit_message", changed)

    def _apply_edit(self, transaction: Transaction, operation: Request, id: str, said: Said) -> ChangedMessage:
        connection = transaction.connection
        conversation = require_conversation(conversations.load_one(connection, operation.scope))
        unseeing: tuple[str, ...] = ()

        def do() -> tuple[str, int]:
            nonlocal unseeing
            message = self._own(transaction, conversation, operation.user_id, id)
            self._require_may_write(transaction, conversation, operation.user_id)
            if said.sealed is not None and message.sealed == said.sealed:
                return id, message.version
            try:
                unseeing = self._check_edit(transaction, conversation, message, said)
            except StaleRevision as stale:
                shown = self._shown(transaction, conversation, operation.user_id, message)
                raise StaleRevision(stale.detail, current=shown) from None
            self._rewrite(transaction, conversation, message, said)
            return id, conversation.head + 1

        answer = once(transaction, operation, do)
        message = require_message(messages.load(connection, conversation.id, id, transaction.now))
        if conversation.encrypted:
            copies = {} if message.deleted else messages.copies_of(connection, conversation.id, id)
            return ChangedMessage(conversation, message, answer.version, copies, unseeing=unseeing)
        readers, unseeing = readers_of(transaction, conversation, message)
        return ChangedMessage(conversation, message, answer.version, readers=readers, unseeing=unseeing)

    def _check_edit(
        self, transaction: Transaction, conversation: Conversation, message: Message, said: Said
    ) -> tuple[str, ...]:
        if not conversation.encrypted:
            require_form(said.content is not None, "content")
            return ()
        if said.envelope is not None:
            check_authorship(
                said.envelope,
                conversation=conversation.id,
                message=message.id,
                sender=message.owner_id,
                device=message.device_id,
                index=message.idx,
                position=message.position,
                sender_ik=said.envelope.header.ik,
            )
        roster = checked_roster(self._rosters, transaction.connection, conversation, said, rev=message.rev + 1)
        return tuple(roster.members.keys() - (said.copies or {}).keys())

    def _rewrite(self, transaction: Transaction, conversation: Conversation, message: Message, said: Said) -> None:
        connection, version = transaction.connection, conversation.head + 1
        before = messages.copies_of(connection, conversation.id, message.id) if conversation.encrypted else {}
        messages.save(
            connection,
            message._replace(
                rev=message.rev + 1,
                content=said.content,
                sealed=said.sealed,
                version=version,
                updated_at=transaction.now,
            ),
        )
        messages.drop_copies(connection, conversation.id, message.id)
        messages.add(
            connection,
            [],
            [
                Copy(conversation.id, message.id, user, before[user].id if user in before else new_id(), text)
                for user, text in (said.copies or {}).items()
            ],
        )
        conversations.save_ends(connection, [replace(conversation, head=version)])

    def _require_may_write(self, transaction: Transaction, conversation: Conversation, user: str) -> None:
        connection, now = transaction.connection, transaction.now
        member = self._member(connection, conversation, user)
        require_may_write(conversation, self._rosters.silent_until(connection, conversation, user, member, now), now)

    def _member(self, connection: Connection, conversation: Conversation, user: str) -> Member | None:
        return self._rosters.members(connection, [(conversation, user)]).get((conversation.id, user))

    def _own(self, transaction: Transaction, conversation: Conversation, user: str, id: str) -> Message:
        """The user's own message that still stands; who may not see the conversation learns nothing of it."""
        connection = transaction.connection
        member = self._member(connection, conversation, user)
        if not rules.takes_part(conversation.posting, member.role if member else None):
            raise NotMember()
        message = messages.load(connection, conversation.id, id, transaction.now)
        if message is None:
            raise NotFound("There is no such message in this conversation.")
        if message.owner_id != user:
            raise NotOwner(current=self._shown(transaction, conversation, user, message))
        if message.deleted:
            raise NotFound("The message is gone.")
        if message.removed_by is not None:
            shown = self._shown(transaction, conversation, user, message)
            raise Forbidden("A moderator removed the message.", current=shown)
        return message

    def _shown(self, transaction: Transaction, conversation: Conversation, user: str, message: Message) -> Any:
        """The row that a client shows instead of what it tried, as far as its user may see it."""
        connection = transaction.connection
        spans = rules.readable(conversation.reading, memberships.spans(connection, conversation.id, user))
        where = (conversation.id, message.id, user)
        seen = messages.see(connection, *where, encrypted=conversation.encrypted, now=transaction.now)
        if seen is None or message.deleted or not may_see(conversation, spans, seen):
            return None
        return message_row(seen)

    # --- deleting -------------------------------------------------------------------------------------------------

    async def delete(self, user: str, conversation_id: str, request: DeleteMessage) -> msgspec.Raw:
        """Delete one's own message, all but its place; the answer is `{"message_group_id", "version"}`."""
        id = require_id(request.message_group_id, "message_group_id")
        operation = Request(conversation_id, user, request.op_id, self._mac("delete", id))
        changed = await self._writer.write(
            self._apply_delete, operation, id, conversations=[conversation_id], tell=self._tell_deletion
        )
        return raw({"message_group_id": id, "version": changed.version})

    def _tell_deletion(self, changed: ChangedMessage) -> None:
        payload = {
            "message_group_id": changed.message.id,
            "conversation_id": changed.conversation.id,
            "version": changed.version,
            "changes": [message_change(Seen(changed.message, None, None))],
        }
        self._announcer.tell("delete_message", changed, payload)

    def _apply_delete(self, transaction: Transaction, operation: Request, id: str) -> ChangedMessage:
        connection = transaction.connection
        conversation = require_conversation(conversations.load_one(connection, operation.scope))

        def do() -> tuple[str, int]:
            message = self._own(transaction, conversation, operation.user_id, id)
            version = conversation.head + 1
            gone = messages.tombstone(message)._replace(version=version, updated_at=transaction.now)
            messages.save(connection, gone)
            messages.drop_copies(connection, conversation.id, id)
            scores.gone(connection, conversation, [message])
            conversations.save_ends(connection, [replace(conversation, head=version)])
            return id, version

        answer = once(transaction, operation, do)
        tombstone = require_message(messages.load(connection, conversation.id, id, transaction.now))
        return ChangedMessage(conversation, tombstone, answer.version)
