"""A moderator's removal of somebody else's message: a row of the moderator's own that refers to it (seed 000)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from hubbub.actions.announcing import Announcer, ChangedMessage, as_seen, public_author, readers_of
from hubbub.actions.membership import load
from hubbub.actions.publishing import Publisher
from hubbub.actions.ranks import rank_of, rank_to_act
from hubbub.actions.rows import message_change, reaction_change, removal_change, removal_row
from hubbub.domain.authority import may_act
from hubbub.storage import audit, conversations, messages, removals, scores
from hubbub.storage.audit import Deed
from hubbub.storage.conversations import Conversation
from hubbub.storage.messages import Message, Reaction
from hubbub.storage.removals import Removal
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import Forbidden, NotFound
from hubbub.wire.events import RemovalRow
from hubbub.wire.resources import NewRemoval

MOST_PUSHED = 500  # rows; a larger version is pulled


class _Removed(msgspec.Struct, frozen=True, gc=False):
    """`reactions` are those that went with the message; `repeated`: it was removed before."""

    changed: ChangedMessage
    removal: Removal
    reactions: list[Reaction]
    repeated: bool


class Removals:
    """Takes messages out of sight, for everyone: check, commit, publish."""

    def __init__(self, writer: Writer, publisher: Publisher) -> None:
        self._writer = writer
        self._publisher = publisher
        self._announcer = Announcer(publisher)

    async def remove(self, actor: str, conversation_id: str, message_id: str, asked: NewRemoval) -> RemovalRow:
        """Take the text of a message away, with its copies and reactions; its place and author stay. Again changes
        nothing.

        Raises `Forbidden`, `NotMember`, `NotFound`.
        """
        done = await self._writer.write(
            _apply,
            actor,
            conversation_id,
            message_id,
            asked.reason.strip(),
            conversations=[conversation_id],
            tell=self._tell,
        )
        return removal_row(done.removal)

    def _tell(self, done: _Removed) -> None:
        if done.repeated:
            return
        if len(done.reactions) > MOST_PUSHED:
            self._publisher.to_conversation(done.changed.conversation.id, "resync", {})
            return
        removal, changed = done.removal, done.changed
        payload = {
            "conversation_id": changed.conversation.id,
            "message_group_id": changed.message.id,
            "moderator_id": removal.owner_id,
            "reason": removal.reason,
            "version": changed.version,
            "changes": _rows(done),
        }
        self._announcer.tell("message_removed", changed, payload)


def _rows(done: _Removed) -> list[Any]:
    seen = as_seen(done.changed.message, None)
    reactions = [reaction_change(one) for one in done.reactions]
    return [message_change(seen), removal_change(done.removal), *reactions]


# --- in the transaction -------------------------------------------------------------------------------------------


def _apply(transaction: Transaction, actor: str, conversation_id: str, message_id: str, reason: str) -> _Removed:
    connection = transaction.connection
    conversation = load(transaction, conversation_id)
    message = _removable(transaction, conversation, actor, message_id)
    before = removals.of(connection, conversation_id, message_id)
    if before is not None:
        return _Removed(ChangedMessage(conversation, message, before.version), before, [], repeated=True)
    version = conversation.head + 1
    removal = Removal(conversation_id, message_id, actor, reason, version, transaction.now)
    removals.add(connection, removal)
    emptied, taken_off = _empty(transaction, conversation, message, removal)
    conversations.save_ends(connection, [replace(conversation, head=version)])
    audit.note(transaction, Deed(actor, "remove", conversation_id, message.owner_id, message_id, reason))
    readers, unseeing = readers_of(transaction, conversation, emptied)
    author = public_author(connection, conversation, actor)
    changed = ChangedMessage(conversation, emptied, version, readers=readers, unseeing=unseeing, author=author)
    return _Removed(changed, removal, taken_off, repeated=False)


def _removable(transaction: Transaction, conversation: Conversation, actor: str, message_id: str) -> Message:
    """The message, when the actor may act on what its author wrote."""
    connection = transaction.connection
    own = rank_to_act(connection, conversation, actor)
    message = messages.load(connection, conversation.id, message_id, transaction.now)
    if message is None or message.deleted:
        raise NotFound("There is no such message in this conversation.")
    if message.owner_id == actor or not may_act(own, rank_of(connection, conversation, message.owner_id)):
        raise Forbidden()
    return message


def _empty(
    transaction: Transaction, conversation: Conversation, message: Message, removal: Removal
) -> tuple[Message, list[Reaction]]:
    """Leave of the message what says whose it was and where it stood; with it the reactions that went."""
    connection = transaction.connection
    emptied = message._replace(
        content=None,
        sealed=None,
        subject=None,
        signature=None,
        removed_by=removal.owner_id,
        removed_because=removal.reason,
        version=removal.version,
        updated_at=transaction.now,
    )
    scores.gone(connection, conversation, [message])
    messages.save(connection, emptied)
    messages.drop_copies(connection, conversation.id, message.id)
    taken_off = messages.take_off_reactions(connection, conversation.id, message.id, removal.version, transaction.now)
    return emptied, taken_off
