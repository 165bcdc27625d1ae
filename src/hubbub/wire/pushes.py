"""What the server says on the socket without being asked: every push of every kind of topic (seed 003).

A push of a change carries its `version` and that version's rows as `changes`, so that a client whose cursor is the
version before needs no pull. As in `wire/answers.py`, the types say what the actions put together piece by piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from hubbub.wire.changes import (
    ChoiceChange,
    ConversationChange,
    ListingChange,
    MessageChange,
    PrivateKeysChange,
    ReactionChange,
    ReadMarkChange,
    SettingsChange,
)
from hubbub.wire.documents import JsonObject
from hubbub.wire.events import Author, ConversationRow, MessageRow
from hubbub.wire.resources import Participant, PublicUser


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


class UpdateProfile(msgspec.Struct, kw_only=True):
    """`user` as their contacts see them."""

    user: PublicUser


class Hidden(msgspec.Struct, kw_only=True):
    hidden: bool


# --- user:{id} ----------------------------------------------------------------------------------------------------


class NewConversation(msgspec.Struct, kw_only=True):
    """To who is new in it. `user_ids`: all its members; `changes` are of one's own stream."""

    conversation: ConversationRow
    user_ids: list[str]
    user_version: int
    changes: list[ListingChange | PrivateKeysChange]


class ModifiedConversation(msgspec.Struct, kw_only=True):
    """To who was in it before. `changes` are of the conversation."""

    conversation: ConversationRow
    user_ids: list[str]
    version: int
    changes: list[ConversationChange]


class ConversationRemoved(msgspec.Struct, kw_only=True):
    """`moderator_id` and `reason`: who removed one, and why, when one did not leave by oneself."""

    conversation_id: str
    user_version: int
    changes: list[ListingChange]
    moderator_id: str | msgspec.UnsetType = msgspec.UNSET
    reason: str | msgspec.UnsetType = msgspec.UNSET


class BareVersion(msgspec.Struct, kw_only=True):
    """`changes` only where an edit of an encrypted message left one out: what one held of it is withdrawn."""

    conversation_id: str
    version: int
    changes: list[MessageChange] | msgspec.UnsetType = msgspec.UNSET


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


class ChoicePush(msgspec.Struct, kw_only=True):
    user_version: int
    changes: list[ChoiceChange]


# --- conversation:{id}, and user:{id} where not all members may see the same --------------------------------------


class NewMessage(msgspec.Struct, kw_only=True):
    """`message` as the receiver sees it: with their own copy, where the conversation is encrypted.

    `author`, of a new message, where anyone may read: guests can ask nobody. So it is below, of a reaction and of a
    removal.
    """

    conversation_id: str
    message: MessageRow
    version: int
    changes: list[MessageChange]
    author: Author | msgspec.UnsetType = msgspec.UNSET


class PassingMessage(msgspec.Struct, kw_only=True):
    """`message` is `off_the_record`: its place is where it was composed to stand, and it is in no version."""

    conversation_id: str
    message: MessageRow
    author: Author | msgspec.UnsetType = msgspec.UNSET


class SharedCopies(msgspec.Struct, kw_only=True):
    """`changes` are the messages as the receiver sees them now, at the version of the sharing."""

    conversation_id: str
    version: int
    changes: list[MessageChange]


class DeletedMessage(msgspec.Struct, kw_only=True):
    message_group_id: str
    conversation_id: str
    version: int
    changes: list[MessageChange]


class ExpiredMessage(msgspec.Struct, kw_only=True):
    """`changes` are the tombstones of the message and of the reactions to it."""

    conversation_id: str
    message_group_id: str
    version: int
    changes: list[MessageChange | ReactionChange]


class ReactionPush(msgspec.Struct, kw_only=True):
    conversation_id: str
    message_group_id: str
    user_id: str
    emoji: str
    version: int
    changes: list[ReactionChange]
    author: Author | msgspec.UnsetType = msgspec.UNSET


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


class UpdateExpiry(msgspec.Struct, kw_only=True):
    conversation: ConversationRow
    version: int
    changes: list[ConversationChange]


class MemberJoined(msgspec.Struct, kw_only=True):
    """Somebody came in by themselves."""

    user_id: str
    conversation_id: str
    version: int
    changes: list[ConversationChange]


class JoinRequested(msgspec.Struct, kw_only=True):
    """`user` asks to be let in; what they say is read from the group's requests."""

    conversation_id: str
    user: PublicUser


class JoinApproved(msgspec.Struct, kw_only=True):
    """`user_id` has so many `approvals` of the `needed` ones now; with the last one they are in."""

    conversation_id: str
    user_id: str
    approvals: int
    needed: int


class LeftConversation(msgspec.Struct, kw_only=True):
    """`moderator_id`: who removed them, when they did not leave by themselves."""

    user_id: str
    conversation_id: str
    version: int
    changes: list[ConversationChange]
    moderator_id: str | msgspec.UnsetType = msgspec.UNSET


class MessageRemoved(msgspec.Struct, kw_only=True):
    """`changes`: the message without its text, the moderator's row, and the reactions that went with it."""

    conversation_id: str
    message_group_id: str
    moderator_id: str
    reason: str
    version: int
    changes: list[ConversationChange]
    author: Author | msgspec.UnsetType = msgspec.UNSET


class MemberChanged(msgspec.Struct, kw_only=True):
    """`changes` is empty where what was decided is about somebody who is no member."""

    user_id: str
    conversation_id: str
    version: int
    changes: list[ConversationChange]


class NewEncryptionKeys(msgspec.Struct, kw_only=True):
    user_id: str
    public_key: JsonObject
    conversation_id: str
    version: int
    changes: list[ConversationChange]


class UserCount(msgspec.Struct, kw_only=True):
    """`authorized`: accounts, each once; `anonymous`: guests, by sockets; over all processes and both sockets."""

    authorized: int
    anonymous: int


# --- conversation:{id} of a room ----------------------------------------------------------------------------------


class RoomMessage(msgspec.Struct, kw_only=True):
    """As `NewMessage`, with the participant who wrote it: some see them for the first time."""

    conversation_id: str
    message: MessageRow
    version: int
    changes: list[MessageChange]
    author: Participant


class Participants(msgspec.Struct, kw_only=True):
    """Everyone who is there now."""

    participants: list[Participant]


class RoomEnded(msgspec.Struct, kw_only=True):
    """`idle`: nobody wrote or joined; `age`: it lasted as long as rooms may; `closed`: by its owner."""

    reason: Literal["idle", "age", "closed"]


class PutOut(msgspec.Struct, kw_only=True):
    """By whom: `owner`, who began the room, or `admin`. An account goes with all the participants that it is there."""

    participants: list[str]
    reason: Literal["owner", "admin"]


# --- which topic says what ----------------------------------------------------------------------------------------


class Push(NamedTuple):
    """When it is sent, and the types that its payload may have."""

    when: str
    payloads: tuple[Any, ...]


def _push(when: str, *payloads: Any) -> Push:
    return Push(when, payloads)


_RESYNC = _push("The server may have missed something: send `sync`.", Resync)
_OLD_MESSAGE = "in an open group with `history` joined, to those who may see the message."

PUSHES: Mapping[str, Mapping[str, Push]] = {
    "system": {
        "presence_state": _push(
            "After the join: who is online of one's contacts and of whom one watches.", dict[str, PresenceEntry]
        ),
        "presence_diff": _push("A contact, or whom one watches, came, went, or has another status.", PresenceDiff),
        "update_display_name": _push("A contact, or oneself, has another name.", UpdateDisplayName),
        "update_profile": _push("A contact, or oneself, has another name, picture or `about`.", UpdateProfile),
        "set_hidden": _push("One's own `hidden` was set, perhaps on another device.", Hidden),
    },
    "user": {
        "new_conversation": _push(
            "One is in a new conversation, or one's group has new members.", NewConversation, ModifiedConversation
        ),
        "join_requested": _push("Somebody asks to be let into one's group.", JoinRequested),
        "join_approved": _push("A member approved of somebody who wants in, perhaps of oneself.", JoinApproved),
        "conversation_removed": _push("One is no longer in a conversation.", ConversationRemoved),
        "new_message": _push(
            "A message in an encrypted conversation, with one's own copy.", NewMessage, PassingMessage
        ),
        "edit_message": _push(f"Another text in an encrypted conversation; or {_OLD_MESSAGE}", NewMessage),
        "copies_shared": _push("A member gave one copies of messages that one could not read.", SharedCopies),
        "message_expired": _push(f"The time of a message is over {_OLD_MESSAGE}", ExpiredMessage),
        "react": _push(f"A reaction {_OLD_MESSAGE}", ReactionPush),
        "unreact": _push(f"A reaction was taken off {_OLD_MESSAGE}", ReactionPush),
        "message_removed": _push(f"A moderator removed a message {_OLD_MESSAGE}", MessageRemoved),
        "version": _push("Something happened that one may not see: only the version moves.", BareVersion),
        "settings": _push("One's own settings changed.", Settings),
        "read_mark": _push("One read a conversation, perhaps on another device.", ReadMark),
        "choice": _push("One blocked, watches or muted, or no longer, perhaps on another device.", ChoicePush),
        "private_keys": _push("One set keys for a conversation, perhaps on another device.", PrivateKeys),
        "resync": _RESYNC,
    },
    "conversation": {
        "new_message": _push("A message in a plaintext conversation.", NewMessage, PassingMessage),
        "edit_message": _push("Another text in a plaintext conversation.", NewMessage),
        "delete_message": _push("A message is gone, all but its place.", DeletedMessage),
        "message_expired": _push("The time of a message is over: it is gone, all but its place.", ExpiredMessage),
        "react": _push("A reaction, in a plaintext conversation.", ReactionPush),
        "unreact": _push("A reaction was taken off, in a plaintext conversation.", ReactionPush),
        "start_typing": _push("A member began to type.", Typing),
        "finish_typing": _push("A member stopped typing, left, or went away.", Typing),
        "read_conversation": _push("A member read; at most one a second and member.", ReadConversation),
        "version": _push("To guests: something happened that they are not told; only the version moves.", BareVersion),
        "member_joined": _push("Somebody came in by themselves; guests are not told.", MemberJoined),
        "leave_conversation": _push("A member left, or was removed; guests are not told.", LeftConversation),
        "update_expiry": _push("Messages last for another time from now on.", UpdateExpiry),
        "member_changed": _push(
            "A member has another role, was muted, or something like it; guests are not told.", MemberChanged
        ),
        "message_removed": _push("A moderator removed a message: its text is gone, its place stays.", MessageRemoved),
        "update_alias": _push("It has another alias, picture, description, or time that messages last.", UpdateAlias),
        "set_encryption_keys": _push("A member has a new public key.", NewEncryptionKeys),
        "user_count": _push("In the lobby, after the join and when it changed: how many are connected.", UserCount),
        "resync": _RESYNC,
    },
    "room": {
        "new_message": _push("A message.", RoomMessage),
        "participants": _push("Somebody came or went: everyone who is there now.", Participants),
        "start_typing": _push("A participant began to type.", Typing),
        "finish_typing": _push("A participant stopped typing, left, or went away.", Typing),
        "put_out": _push("Participants may not be in it any more; to those `phx_close` follows.", PutOut),
        "room_ended": _push("The room is gone, with all that was in it; `phx_close` follows.", RoomEnded),
        "resync": _push("The server may have missed something: ask for the messages after the last.", Resync),
    },
}
