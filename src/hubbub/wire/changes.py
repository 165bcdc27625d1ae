"""The rows of the two kinds of streams, told apart by `kind` (Hubbub protocol, section 2).

`Changed` in `wire/events.py` is the form that the server writes them in; these say what `data` is for each kind.
A deleted row keeps its id and version, and its `data` is null.
"""

from __future__ import annotations

import msgspec

from hubbub.wire.events import (
    ChoiceRow,
    ConversationRow,
    KeyRow,
    LinkRow,
    ListingRow,
    MemberRow,
    MessageRow,
    PrivateKeysRow,
    ReactionRow,
    ReadMarkRow,
    RemovalRow,
)
from hubbub.wire.resources import OwnUser


class _Change(msgspec.Struct, kw_only=True, tag_field="kind"):
    id: str
    version: int
    deleted: bool


# --- of a conversation --------------------------------------------------------------------------------------------


class MessageChange(_Change, kw_only=True, tag="message"):
    """`id` is that of the message, seed 003's message group."""

    data: MessageRow | None


class ReactionChange(_Change, kw_only=True, tag="reaction"):
    data: ReactionRow | None


class RemovalChange(_Change, kw_only=True, tag="removal"):
    """`id` is that of the message."""

    data: RemovalRow


class ConversationRowChange(_Change, kw_only=True, tag="conversation"):
    data: ConversationRow


class MemberChange(_Change, kw_only=True, tag="member"):
    """`id` is that of the user; deleted: they left."""

    data: MemberRow | None


class KeyChange(_Change, kw_only=True, tag="key"):
    """`id` is user id, colon, generation."""

    data: KeyRow


class LinkChange(_Change, kw_only=True, tag="link"):
    """`id` is the link's place in the membership chain."""

    data: LinkRow


ConversationChange = (
    MessageChange | ReactionChange | RemovalChange | ConversationRowChange | MemberChange | KeyChange | LinkChange
)


# --- of a user's own stream ---------------------------------------------------------------------------------------


class ListingChange(_Change, kw_only=True, tag="conversation"):
    """A conversation that the user is in; deleted: they are no longer."""

    data: ListingRow | None


class SettingsChange(_Change, kw_only=True, tag="settings"):
    data: OwnUser


class ReadMarkChange(_Change, kw_only=True, tag="read_mark"):
    """`id` is that of the conversation."""

    data: ReadMarkRow


class PrivateKeysChange(_Change, kw_only=True, tag="private_keys"):
    """`id` is that of the conversation."""

    data: PrivateKeysRow


class ChoiceChange(_Change, kw_only=True, tag="choice"):
    """`id` is the kind of the choice, colon, whom or what it is about; deleted: it was taken back."""

    data: ChoiceRow | None


StreamChange = ListingChange | SettingsChange | ReadMarkChange | PrivateKeysChange | ChoiceChange
