"""How rows of the database look to a reader: shared by pushes, joins, pages and pulls, so that all four agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from hubbub.domain.visibility import Span
from hubbub.storage.conversation_keys import KeyRecord
from hubbub.storage.conversations import Conversation
from hubbub.storage.messages import Reaction, Seen
from hubbub.storage.removals import Removal
from hubbub.storage.sanctions import FOR_GOOD
from hubbub.storage.user_stream import CONVERSATION, PRIVATE_KEYS, READ_MARK
from hubbub.storage.vault import Vault
from hubbub.wire.events import (
    Changed,
    ChoiceRow,
    ConversationRow,
    KeyRow,
    LinkRow,
    ListingRow,
    MemberRow,
    MessageRow,
    PrivateKeyRow,
    PrivateKeysRow,
    ReactionRow,
    ReadMarkRow,
    RemovalRow,
)
from hubbub.wire.ids import rfc3339


def message_row(seen: Seen) -> MessageRow:
    """A message as one reader sees it; a tombstone keeps its place and loses its text."""
    message = seen.message
    return MessageRow(
        id=seen.copy_id or message.id,
        sender=message.owner_id,
        content=seen.copy if seen.copy_id is not None and not message.deleted else message.content,
        inserted_at=rfc3339(message.inserted_at),
        updated_at=rfc3339(message.updated_at),
        message_group=message.id,
        index=message.idx,
        position=message.position,
        device_id=message.device_id,
        rev=message.rev,
        reply_to=message.reply_to,
        sealed=message.sealed,
        deleted=bool(message.deleted),
        subject=message.subject,
        ts=message.stamp,
        expires_at=None if message.expires_at is None else rfc3339(message.expires_at),
        signature=message.signature,
        removed_by=message.removed_by,
        removed_because=message.removed_because,
    )


def message_change(seen: Seen, encrypted: bool = False) -> Changed:
    """A message as one reader sees it.

    An encrypted one without a copy for the reader is gone for them, like a deleted one: an edit left them out.
    """
    message = seen.message
    gone = bool(message.deleted) or (encrypted and seen.copy_id is None and message.removed_by is None)
    data = None if gone else message_row(seen)
    return Changed(kind="message", id=message.id, version=seen.version, deleted=gone, data=data)


def reaction_row(reaction: Reaction) -> ReactionRow:
    return ReactionRow(
        id=reaction.id, message_group=reaction.message_id, user_id=reaction.owner_id, emoji=reaction.emoji
    )


def reaction_change(reaction: Reaction) -> Changed:
    data = None if reaction.deleted else reaction_row(reaction)
    return Changed(kind="reaction", id=reaction.id, version=reaction.version, deleted=bool(reaction.deleted), data=data)


def removal_row(removal: Removal) -> RemovalRow:
    return RemovalRow(
        message_group=removal.message_id,
        moderator_id=removal.owner_id,
        reason=removal.reason,
        inserted_at=rfc3339(removal.inserted_at),
    )


def removal_change(removal: Removal) -> Changed:
    row = removal_row(removal)
    return Changed(kind="removal", id=removal.message_id, version=removal.version, deleted=False, data=row)


def named(rows: Iterable[Any]) -> set[str]:
    """Who wrote, reacted or removed, as far as these rows say."""
    users: set[str] = set()
    for row in rows:
        if isinstance(row, MessageRow):
            users |= {row.sender} if row.removed_by is None else {row.sender, row.removed_by}
        elif isinstance(row, ReactionRow):
            users.add(row.user_id)
    return users


def conversation_row(conversation: Conversation) -> ConversationRow:
    return ConversationRow(
        id=conversation.id,
        private=conversation.private,
        alias=conversation.alias,
        inserted_at=rfc3339(conversation.inserted_at),
        updated_at=rfc3339(conversation.updated_at),
        kind=conversation.kind,
        encrypted=conversation.encrypted,
        sealed=conversation.sealed,
        history=conversation.history,
        approvals=conversation.approvals,
        joining=conversation.joining,
        changing=conversation.changing,
        reading=conversation.reading,
        posting=conversation.posting,
        placing=conversation.placing,
        signed=conversation.signed,
        expires_in=conversation.expires_in,
        name=conversation.name,
        about=conversation.about,
        picture=conversation.picture,
    )


def conversation_change(conversation: Conversation) -> Changed:
    return Changed(
        kind="conversation",
        id=conversation.id,
        version=conversation.version,
        deleted=False,
        data=conversation_row(conversation),
    )


def member_change(user_id: str, span: Span) -> Changed:
    """A membership; one that ended is a tombstone that says when."""
    for_good = span.silent_until == FOR_GOOD
    row = MemberRow(
        user_id=user_id,
        role=span.role,
        joined_version=span.joined,
        left_version=span.left,
        muted=bool(span.silent_until),
        muted_until=rfc3339(span.silent_until) if span.silent_until and not for_good else None,
    )
    return Changed(
        kind="member",
        id=user_id,
        version=span.changed,
        deleted=span.left is not None,
        data=row if span.left is None else None,
    )


def key_change(key: KeyRecord) -> Changed:
    """A member's public key; the private part is in its own user's stream."""
    row = KeyRow(user_id=key.user_id, gen=key.gen, public_key=msgspec.Raw(key.public_key.encode()))
    return Changed(kind="key", id=f"{key.user_id}:{key.gen}", version=key.version, deleted=False, data=row)


def link_change(seq: int, link: str, version: int) -> Changed:
    row = LinkRow(seq=seq, link=msgspec.Raw(link.encode()))
    return Changed(kind="link", id=str(seq), version=version, deleted=False, data=row)


def key_context(conversation_id: str, user_id: str, gen: int) -> str:
    """What binds a sealed private key to its row."""
    return f"conversation-key:{conversation_id}:{user_id}:{gen}"


def open_private_key(vault: Vault, conversation_id: str, key: KeyRecord) -> str | None:
    """The private part as its client sent it, JSON text."""
    if key.private_key is None:
        return None
    return vault.open(key.private_key, key_context(conversation_id, key.user_id, key.gen))


def private_keys(vault: Vault, conversation_id: str, keys: list[KeyRecord]) -> list[PrivateKeyRow]:
    """Every generation of one user's keys with its private part."""
    opened = [(key, open_private_key(vault, conversation_id, key)) for key in keys]
    return [
        PrivateKeyRow(
            gen=key.gen,
            public_key=msgspec.Raw(key.public_key.encode()),
            private_key=msgspec.Raw(private.encode()) if private is not None else None,
        )
        for key, private in opened
    ]


def listing_change(conversation: Conversation, span: Span, user_version: int) -> Changed:
    """A conversation in the stream of a user with this span; one that ended is a tombstone."""
    row = ListingRow(conversation=conversation_row(conversation), role=span.role, joined_version=span.joined)
    return Changed(
        kind=CONVERSATION,
        id=conversation.id,
        version=user_version,
        deleted=not span.current,
        data=row if span.current else None,
    )


def read_mark_change(conversation_id: str, read_at: int, user_version: int) -> Changed:
    row = ReadMarkRow(conversation_id=conversation_id, read_at=rfc3339(read_at))
    return Changed(kind=READ_MARK, id=conversation_id, version=user_version, deleted=False, data=row)


def private_keys_change(vault: Vault, conversation_id: str, keys: list[KeyRecord], user_version: int) -> Changed:
    row = PrivateKeysRow(conversation_id=conversation_id, private_keys=private_keys(vault, conversation_id, keys))
    return Changed(kind=PRIVATE_KEYS, id=conversation_id, version=user_version, deleted=False, data=row)


def choice_change(kind: str, about_id: str, user_version: int, *, taken_back: bool) -> Changed:
    data = None if taken_back else ChoiceRow(kind=kind, about_id=about_id)  # type: ignore[arg-type]
    return Changed(kind="choice", id=f"{kind}:{about_id}", version=user_version, deleted=taken_back, data=data)


def raw(value: Any) -> msgspec.Raw:
    """JSON text of `value`, encoded once to stand in several places."""
    return msgspec.Raw(msgspec.json.encode(value))
