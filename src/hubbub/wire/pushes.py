"""What the server says on the socket without being asked: every push of every kind of topic (seed 003; protocol, 1 and 2).

A push of a change carries its `version` and that version's rows as `changes`, so that a client whose cursor is the
version before needs no pull. As in `wire/answers.py`, the types say what the actions put together piece by piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from hubbub.wire.changes import (
    ConversationChange,
    ListingChange,
    MessageChange,
    PrivateKeysChange,
    ReactionChange,
    ReadMarkChange,
    SettingsChange,
)
from hubbub.wire.documents import JsonObject
from hubbub.wire.events import ConversationRow, MessageRow


class Resync(msgspec.Struct):
    """An empty object."""


# --- system:general -----------------------------------------------------------------------------------------------


class PresenceMeta(msgspec.Struct, kw_only=True):
    """One socket of a user; `phx_ref` tells it from their others."""

    phx_ref: str
    online_at: str
    status: Literal["online", "idle"]


class PresenceEntry(msgspec.Struct, kw_only=True):
    metas: list[PresenceMeta]


class PresenceDiff(msgspec.Struct, kw_only=True):
    """Sockets that came and went, by user id, in Phoenix's shape."""

    joins: dict[str, PresenceEntry]
    leaves: dict[str, PresenceEntry]


class UpdateDisplayName(msgspec.Struct, kw_only=True):
    user_id: str
    display_name: str


class Hidden(msgspec.Struct, kw_only=True):
    hidden: bool


# --- user:{id} ----------------------------------------------------------------------------------------------------


class NewConversation(msgspec.Struct, kw_only=True):
    """To who is new in it: `user_version`, and `changes` of their own stream. To the others, who were told of new
    members: `version`, and `changes` of the conversation.
    """

    conversation: ConversationRow
    user_ids: list[str]
    changes: list[ListingChange] | list[ConversationChange]
    user_version: int | msgspec.UnsetType = msgspec.UNSET
    version: int | msgspec.UnsetType = msgspec.UNSET


class ConversationRemoved(msgspec.Struct, kw_only=True):
    conversation_id: str
    user_version: int
    changes: list[ListingChange]


class BareVersion(msgspec.Struct, kw_only=True):
    conversation_id: str
    version: int


class Settings(msgspec.Struct, kw_only=True):
    user_version: int
    changes: list[SettingsChange]


class ReadMark(msgspec.Struct, kw_only=True):
    conversation_id: str
    user_version: int
    changes: list[ReadMarkChange]


class PrivateKeys(msgspec.Struct, kw_only=True):
    user_version: int
    changes: list[PrivateKeysChange]


# --- conversation:{id}, and user:{id} where not all members may see the same --------------------------------------


class NewMessage(msgspec.Struct, kw_only=True):
    """`message` as the receiver sees it: with their own copy, where the conversation is encrypted."""

    conversation_id: str
    message: MessageRow
    version: int
    changes: list[MessageChange]


class DeleteMessage(msgspec.Struct, kw_only=True):
    message_group_id: str
    conversation_id: str
    version: int
    changes: list[MessageChange]


class React(msgspec.Struct, kw_only=True):
    conversation_id: str
    message_group_id: str
    user_id: str
    emoji: str
    version: int
    changes: list[ReactionChange]


class Typing(msgspec.Struct, kw_only=True):
    user_id: str


class ReadConversation(msgspec.Struct, kw_only=True):
    user_id: str
    conversation_id: str
    read_at: str


class UpdateAlias(msgspec.Struct, kw_only=True):
    conversation: ConversationRow
    version: int
    changes: list[ConversationChange]


class LeaveConversation(msgspec.Struct, kw_only=True):
    user_id: str
    conversation_id: str
    version: int
    changes: list[ConversationChange]


class SetEncryptionKeys(msgspec.Struct, kw_only=True):
    user_id: str
    public_key: JsonObject
    conversation_id: str
    version: int
    changes: list[ConversationChange]


# --- which topic says what ----------------------------------------------------------------------------------------


class Push(NamedTuple):
    payload: Any  # a type that msgspec knows
    when: str


_RESYNC = Push(Resync, "The server may have missed something: send `sync`.")
_OLD_MESSAGE = "in an open group with `history` joined, to those who may see the message."

PUSHES: Mapping[str, Mapping[str, Push]] = {
    "system": {
        "presence_state": Push(dict[str, PresenceEntry], "After the join: who of one's contacts is online."),
        "presence_diff": Push(PresenceDiff, "A contact came or went."),
        "update_display_name": Push(UpdateDisplayName, "A contact, or oneself, has another name."),
        "set_hidden": Push(Hidden, "One was hidden or shown, perhaps from another device."),
    },
    "user": {
        "new_conversation": Push(NewConversation, "One is in a new conversation, or one's group has new members."),
        "conversation_removed": Push(ConversationRemoved, "One is no longer in a conversation."),
        "new_message": Push(NewMessage, "A message in an encrypted conversation, with one's own copy."),
        "edit_message": Push(NewMessage, f"Another text in an encrypted conversation; or {_OLD_MESSAGE}"),
        "react": Push(React, f"A reaction {_OLD_MESSAGE}"),
        "unreact": Push(React, f"A reaction was taken off {_OLD_MESSAGE}"),
        "version": Push(BareVersion, "Something happened that one may not see: only the version moves."),
        "settings": Push(Settings, "One's own settings changed."),
        "read_mark": Push(ReadMark, "One read a conversation, perhaps on another device."),
        "private_keys": Push(PrivateKeys, "One set keys for a conversation, perhaps on another device."),
        "resync": _RESYNC,
    },
    "conversation": {
        "new_message": Push(NewMessage, "A message in a plaintext conversation."),
        "edit_message": Push(NewMessage, "Another text in a plaintext conversation."),
        "delete_message": Push(DeleteMessage, "A message is gone, all but its place."),
        "react": Push(React, "A reaction, in a plaintext conversation."),
        "unreact": Push(React, "A reaction was taken off, in a plaintext conversation."),
        "start_typing": Push(Typing, "A member began to type."),
        "finish_typing": Push(Typing, "A member stopped typing, left, or went away."),
        "read_conversation": Push(ReadConversation, "A member read; at most one a second and member."),
        "update_alias": Push(UpdateAlias, "The group has another alias."),
        "leave_conversation": Push(LeaveConversation, "A member left."),
        "set_encryption_keys": Push(SetEncryptionKeys, "A member has a new public key."),
        "resync": _RESYNC,
    },
}
