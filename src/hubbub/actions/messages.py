"""Sending, editing and deleting messages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

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
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import message_change, message_row, raw
from hubbub.actions.sending import Said, Send, Sent, checked_roster, require_form, require_may_write
from hubbub.domain import rules
from hubbub.domain.text import check_text
from hubbub.storage import conversations, memberships, messages, scores
from hubbub.storage.conversations import Conversation
from hubbub.storage.messages import Copy, Message, Seen
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.rosters import Rosters
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.authorship import check_authorship
from hubbub.wire.envelope import parse_copy, parse_envelope
from hubbub.wire.errors import BadInput, NotFound, NotMember, NotOwner, NotServed, Refusal, StaleRevision
from hubbub.wire.events import Body, DeleteMessage, EditMessage, SendMessage
from hubbub.wire.ids import new_id, require_id

LONGEST_COPY = 16_384
LONGEST_SUBJECT = 128

Answered = Callable[[msgspec.Raw | Refusal], None]


class Messages:
    """Every write to messages: check, commit, publish.

    `longest` is the limit of a plaintext message, in characters.
    """

    def __init__(
        self, writer: Writer, publisher: Publisher, rosters: Rosters, mac: RequestMac, longest: int = 4000
    ) -> None:
        self._writer = writer
        self._publisher = publisher
        self._announcer = Announcer(publisher)
        self._rosters = rosters
        self._mac = mac
        self._longest = longest

    # --- sending --------------------------------------------------------------------------------------------------

    def send(self, sender: str, conversation_id: str, request: SendMessage, done: Answered) -> None:
        """Store a message and tell everyone who may read it; `done` gets `{"message", "version"}` or the refusal.

        Raises a `Refusal` at once for what needs no database to be refused.
        """
        if request.off_the_record:
            raise NotServed("Messages off the record are not served yet.")
        id = require_id(request.id) if request.id is not None else None
        device = require_id(request.device_id, "device_id") if request.device_id is not None else None
        reply_to = require_id(request.reply_to, "reply_to") if request.reply_to is not None else None
        if request.index is None and request.position is not None:
            raise BadInput("position comes with an index.")
        said = self._said(request)
        if said.envelope is not None:
            _check_sealed(said, conversation_id, sender, request, id, device)
        send = Send(
            self._rosters,
            conversation_id,
            sender,
            said,
            self._mac(
                "send", id, device, request.index, request.position, reply_to, request.expires_in, *_forms(request)
            ),
            id=id,
            device_id=device,
            index=request.index,
            position=request.position,
            reply_to=reply_to,
            expires_in=request.expires_in,
        )
        self._writer.submit(send, partial(self._sent, done))

    def _said(self, request: Body) -> Said:
        """The text in the form that it came in, checked as far as that needs no conversation."""
        copies = request.encrypted_messages
        if request.content is not None and (copies is not None or request.sealed is not None):
            raise BadInput("A message has either content or encrypted_messages, never both.")
        if request.content is not None:
            return Said(content=check_text(request.content, "content", self._longest), subject=_subject(request))
        if _subject(request) is not None:
            raise BadInput("A subject comes with content; of encrypted messages it is inside them.")
        if copies is None:
            raise BadInput("A message has content, or encrypted_messages, with sealed where the conversation is.")
        recipients = {
            require_id(user, "encrypted_messages"): check_text(text, "encrypted_messages", LONGEST_COPY)
            for user, text in copies.items()
        }
        if request.sealed is None:
            return Said(copies=recipients)
        return Said(
            copies=recipients,
            sealed=request.sealed,
            envelope=parse_envelope(request.sealed),
            parsed_copies={user: parse_copy(text) for user, text in recipients.items()},
        )

    def _sent(self, done: Answered, outcome: Sent | Refusal) -> None:
        if isinstance(outcome, Refusal):
            done(outcome)
            return
        conversation, message = outcome.conversation, outcome.message
        mine = as_seen(message, outcome.copies.get(message.owner_id))
        row = bytes(raw(message_row(mine)))
        if conversation.encrypted:
            changed = ChangedMessage(conversation, message, message.version, outcome.copies, unseeing=outcome.unseeing)
            self._announcer.announce("new_message", changed)
        else:  # what everyone is told is what the sender is answered, so it is encoded once
            push = message_push(message, row, outcome.author)
            self._publisher.to_conversation(conversation.id, "new_message", push, conversation.departed_version)
        done(msgspec.Raw(b'{"message":%b,"version":%d}' % (row, message.version)))

    # --- editing --------------------------------------------------------------------------------------------------

    async def edit(self, editor: str, conversation_id: str, request: EditMessage) -> msgspec.Raw:
        """Replace the text of one's own message; the answer is `{"message", "version"}`.

        Raises `NotOwner`, `NotFound`, `NotMember`, `StaleRevision` and what `send` raises.
        """
        id = require_id(request.message_group_id, "message_group_id")
        said = self._said(request)
        operation = Request(conversation_id, editor, request.op_id, self._mac("edit", id, *_forms(request)))
        changed = await self._writer.write(
            self._apply_edit, operation, id, said, conversations=[conversation_id], tell=self._tell_edit
        )
        row = raw(message_row(as_seen(changed.message, changed.copies.get(editor))))
        return msgspec.Raw(b'{"message":%b,"version":%d}' % (bytes(row), changed.version))

    def _tell_edit(self, changed: ChangedMessage) -> None:
        if not changed.message.deleted:
            self._announcer.announce("edit_message", changed)

    def _apply_edit(self, transaction: Transaction, operation: Request, id: str, said: Said) -> ChangedMessage:
        connection = transaction.connection
        conversation = require_conversation(conversations.load_one(connection, operation.scope))
        unseeing: tuple[str, ...] = ()

        def do() -> tuple[str, int]:
            nonlocal unseeing
            message = self._own(transaction, conversation, operation.user_id, id)
            require_may_write(conversation)
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

    def _own(self, transaction: Transaction, conversation: Conversation, user: str, id: str) -> Message:
        """The user's own message that still stands; who may not see the conversation learns nothing of it."""
        connection = transaction.connection
        member = self._rosters.members(connection, [(conversation, user)]).get((conversation.id, user))
        if not rules.takes_part(conversation.posting, member.role if member else None):
            raise NotMember()
        message = messages.load(connection, conversation.id, id, transaction.now)
        if message is None:
            raise NotFound("There is no such message in this conversation.")
        if message.owner_id != user:
            raise NotOwner(current=self._shown(transaction, conversation, user, message))
        if message.deleted:
            raise NotFound("The message is gone.")
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


def _subject(request: Body) -> str | None:
    """The line above a new message; blank is none."""
    given = request.subject if isinstance(request, SendMessage) else None
    return check_text(given.strip(), "subject", LONGEST_SUBJECT) or None if given is not None else None


def _check_sealed(
    said: Said, conversation_id: str, sender: str, request: SendMessage, id: str | None, device: str | None
) -> None:
    """A sealed message names its own id, device and place, and they are signed."""
    if id is None or device is None or request.index is None or request.position is None:
        raise BadInput("A sealed message comes with id, device_id, index and position.")
    assert said.envelope is not None
    check_authorship(
        said.envelope,
        conversation=conversation_id,
        message=id,
        sender=sender,
        device=device,
        index=request.index,
        position=request.position,
        sender_ik=said.envelope.header.ik,
    )


def _forms(request: Body) -> tuple[Any, ...]:
    """What tells two requests apart; long text by its digest."""
    if request.sealed is not None:
        return (hashlib.sha256(request.sealed.encode()).hexdigest(),)
    subject = _subject(request)
    return (request.content, request.encrypted_messages, *([subject] if subject else []))
