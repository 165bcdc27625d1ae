"""What the server answers on the socket: the response of each join and of each event (Hubbub protocol, 1 to 3).

The server writes most of these piece by piece, encoded once and put together. The types say what comes out: for the
reference of the socket, which tests hold against what is really answered, and for clients that want to decode it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from hubbub.wire.changes import ConversationChange, StreamChange
from hubbub.wire.documents import JsonObject
from hubbub.wire.events import Author, ConversationRow, MessageRow, PrivateKeyRow, ReactionRow
from hubbub.wire.pages import MessagePage
from hubbub.wire.resources import Participant, PublicUser


class Done(msgspec.Struct):
    """An empty object: it was done, and there is nothing to say."""


# --- joining ------------------------------------------------------------------------------------------------------


class Heads(msgspec.Struct, kw_only=True):
    """Where everything stands: the version of each of one's conversations, and `cursor`, that of one's own stream."""

    heads: dict[str, int]
    cursor: int
    epoch: str


class Document(msgspec.Struct, kw_only=True):
    """A conversation as a member sees it: the latest page of messages, and `cursor`, the version that it shows.

    `read_times`, `public_keys`: by user id. `private_keys`: every generation of one's own, oldest first;
    `private_key` is the newest. `links`: the membership chain, in encrypted conversations. In an open group of more
    than 256 members, `users` are oneself and the authors of the page, and `read_times` is empty. Where anyone may read,
    `authors` are those of the page, by user id; guests are told of nobody else.
    """

    conversation: ConversationRow
    messages: MessagePage
    read_times: dict[str, str]
    users: list[PublicUser]
    public_keys: dict[str, JsonObject]
    private_key: JsonObject | None
    private_keys: list[PrivateKeyRow]
    cursor: int
    epoch: str
    links: list[JsonObject] | msgspec.UnsetType = msgspec.UNSET
    authors: dict[str, Author] | msgspec.UnsetType = msgspec.UNSET


class ResumedDocument(Document, kw_only=True):
    """The answer to a join with a cursor: `changes` since then, in place of the page, which is empty."""

    changes: list[ConversationChange]
    more: bool


class RoomDocument(msgspec.Struct, kw_only=True):
    """A room as a participant sees it. `messages` are the latest 50, the last first; its `page_token` is the id of the
    oldest of them, for `before` of `GET /api/rooms/{id}/messages`. `participants` are those who are there now,
    `authors` those who wrote what is shown, by id.
    """

    conversation: ConversationRow
    messages: MessagePage
    participants: list[Participant]
    authors: dict[str, Participant]
    cursor: int
    epoch: str


# --- sync ---------------------------------------------------------------------------------------------------------


class ConversationPulled(msgspec.Struct, kw_only=True):
    """The latest state of each row that changed after the cursor, by version.

    `cursor` is the version that the page reaches; while `more`, pull again from there. The last page has the
    `read_times` too, by user id. Where anyone may read, `authors` are those whom the rows name.
    """

    epoch: str
    changes: list[ConversationChange]
    cursor: int
    more: bool
    read_times: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    authors: dict[str, Author] | msgspec.UnsetType = msgspec.UNSET


class StreamPulled(msgspec.Struct, kw_only=True):
    """As `ConversationPulled`, of the user's own stream; and `heads`, the version of each of their conversations."""

    epoch: str
    changes: list[StreamChange]
    cursor: int
    more: bool
    heads: dict[str, int]


# --- system:general -----------------------------------------------------------------------------------------------


class MessageSent(msgspec.Struct, kw_only=True):
    """What seed 003 answers to `set_hidden`."""

    status: Literal["message_sent"]


class StatusSet(msgspec.Struct, kw_only=True):
    status: Literal["online", "idle"]


class Renamed(msgspec.Struct, kw_only=True):
    user_id: str
    display_name: str


class Begun(msgspec.Struct, kw_only=True):
    """The conversation that was begun, or the private one that the two had already."""

    conversation_id: str


# --- conversation:{id} --------------------------------------------------------------------------------------------


class MessageWritten(msgspec.Struct, kw_only=True):
    """The message as its author sees it, and the version at which it was written."""

    message: MessageRow
    version: int


class MessageSpoken(msgspec.Struct, kw_only=True):
    """The message as its author sees it, told to who is there and not kept: so it has no version."""

    message: MessageRow


class MessageDeleted(msgspec.Struct, kw_only=True):
    message_group_id: str
    version: int


class Reacted(msgspec.Struct, kw_only=True):
    """`reaction` is null when it is taken off."""

    reaction: ReactionRow | None
    version: int


class CopiesShared(msgspec.Struct, kw_only=True):
    """`shared`: how many copies were added; those of who could read already are not."""

    version: int
    shared: int


class Read(msgspec.Struct, kw_only=True):
    read_at: str


class AliasChanged(msgspec.Struct, kw_only=True):
    conversation: ConversationRow
    version: int


class ExpiryChanged(msgspec.Struct, kw_only=True):
    conversation: ConversationRow
    version: int


class Modified(msgspec.Struct, kw_only=True):
    """`user_ids`: everyone who is a member now."""

    conversation: ConversationRow
    user_ids: list[str]
    version: int


class Left(msgspec.Struct, kw_only=True):
    user_id: str
    version: int


class MemberRemoved(msgspec.Struct, kw_only=True):
    user_id: str
    version: int


class KeysSet(msgspec.Struct, kw_only=True):
    """`gen`: the generation that the keys were stored as."""

    gen: int
    version: int
