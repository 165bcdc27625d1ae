"""The payload of every socket event, and the rows that pushes, joins and pulls show (seed 003; protocol, 1 to 3).

Unknown keys are ignored, so that clients may be newer than the server. Every payload may carry `token`, which renews
the socket, and every write but sending may carry `op_id`, which makes repeating it safe.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hubbub.wire.documents import JsonObject, check_document

OperationId = Annotated[str, Meta(min_length=1, max_length=64)]
# Seconds that a message lasts: from 5 to 28 days (seed 001, "or that has a certain duration").
Lifetime = Annotated[int, Meta(ge=5, le=28 * 86_400)]
Version = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Payload(msgspec.Struct):
    token: str | None = None


class Write(Payload):
    op_id: OperationId | None = None

    def __post_init__(self) -> None:
        if self.op_id is not None:
            check_document(self.op_id, "op_id")


class WriteOfDocuments(Write):
    """A write with JSON objects that are kept as they come."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("public_key", "private_key", "links"):
            check_document(getattr(self, name, None), name)


# --- client to server ---------------------------------------------------------------------------------------------


class JoinParams(Payload):
    """`cursor` and `epoch` together ask for what changed since, instead of the latest page; `ticket` is a room's."""

    cursor: int | None = None
    epoch: str | None = None
    ticket: str | None = None


class Nothing(Payload):
    """An event without a payload of its own."""


class SetHidden(Write, kw_only=True):
    hidden: bool


class SetStatus(Payload, kw_only=True):
    """Of this socket; the user is online as long as one of theirs is."""

    status: Annotated[str, Meta(pattern=r"^(online|idle)$(?!\n)")]


class SetDisplayName(Write, kw_only=True):
    display_name: str


class StartGroupConversation(WriteOfDocuments, kw_only=True):
    """`open` begins a plaintext group that anyone may join; then keys are not needed.

    `listed`: others find it by searching. `approvals`: how many members a newcomer needs, 0 for all of them.
    """

    user_ids: list[str] = []
    id: str | None = None
    public_key: JsonObject | None = None
    private_key: JsonObject | None = None
    alias: str | None = None
    open: bool = False
    history: str = "all"
    approvals: int = 1
    expires_in: Lifetime | None = None
    listed: bool = False
    about: str = ""
    links: list[JsonObject] | None = None


class StartPrivateConversation(WriteOfDocuments, kw_only=True):
    other_user_id: str
    id: str | None = None
    public_key: JsonObject | None = None
    private_key: JsonObject | None = None
    expires_in: Lifetime | None = None
    links: list[JsonObject] | None = None


class Body(Write):
    """What is said, in one of the forms that the conversation asks for."""

    content: str | None = None
    encrypted_messages: dict[str, str] | None = None
    sealed: str | None = None


class SendMessage(Body):
    id: str | None = None
    index: int | None = None
    position: int | None = None
    device_id: str | None = None
    reply_to: str | None = None
    subject: str | None = None
    expires_in: Lifetime | None = None
    off_the_record: bool = False


class SendSigned(Payload, kw_only=True):
    """`id` is a fresh UUID. `signature`: of the participant, over room, `id`, their unique name and `content`.

    `off_the_record` is refused: who asks for that must not find it kept.
    """

    id: str
    content: str
    signature: str = ""
    off_the_record: bool = False


class EditMessage(Body, kw_only=True):
    message_group_id: str


class DeleteMessage(Write, kw_only=True):
    message_group_id: str


class React(Write, kw_only=True):
    message_group_id: str
    emoji: str


class ShareCopies(Write, kw_only=True):
    """`copies`: by message group, then by user id. What changed after the version `cursor` is left out."""

    copies: dict[str, dict[str, str]]
    cursor: Version | None = None


class ChangeAlias(Write, kw_only=True):
    alias: str | None


class ChangeExpiry(Write, kw_only=True):
    """How long messages last from now on unless they say otherwise, in seconds; null: for good."""

    expires_in: Lifetime | None


class LeaveConversation(WriteOfDocuments):
    links: list[JsonObject] | None = None


class ModifyConversation(WriteOfDocuments):
    new_members: list[str] = []
    alias: str | msgspec.UnsetType | None = msgspec.UNSET
    links: list[JsonObject] | None = None


class RemoveMember(WriteOfDocuments, kw_only=True):
    """`links`: in a sealed group, the actor's own signed link that removes the user."""

    user_id: str
    links: list[JsonObject] | None = None


class SetEncryptionKeys(WriteOfDocuments, kw_only=True):
    public_key: JsonObject
    private_key: JsonObject | None = None


class Sync(Payload):
    cursor: int = 0
    limit: int = 200
    epoch: str | None = None


# --- what rows look like ------------------------------------------------------------------------------------------


class ConversationRow(msgspec.Struct, kw_only=True):
    """Seed 003's conversation, and what it is beyond that."""

    id: str
    private: bool
    alias: str | None
    inserted_at: str
    updated_at: str
    kind: str
    encrypted: bool
    sealed: bool
    history: str
    approvals: int
    joining: str
    changing: str
    reading: str
    posting: str
    placing: str
    signed: bool
    expires_in: int | None
    name: str | None
    about: str
    picture: str | None


class MessageRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Seed 003's message as one reader sees it: `id` is that of their copy, `message_group` that of the message.

    `ts`: nanoseconds, rising, a multiple of 1,024; where the server places the messages (seed 004).
    `removed_by` is the moderator who removed it, `removed_because` why, in their words, perhaps none: then its text is
    null for everyone.
    """

    id: str
    sender: str
    content: str | None
    inserted_at: str
    updated_at: str
    message_group: str
    index: int
    position: int
    device_id: str
    rev: int
    reply_to: str | None = None
    sealed: str | None = None
    deleted: bool = False
    subject: str | None = None
    ts: int | None = None
    expires_at: str | None = None
    signature: str | None = None
    off_the_record: bool = False
    removed_by: str | None = None
    removed_because: str | None = None


class Author(msgspec.Struct, kw_only=True):
    """Who wrote something, as anyone may see them, guests too. `picture`: as `PublicUser` has it."""

    id: str
    name: str
    display_name: str
    picture: str | None
    bot: bool


class RemovalRow(msgspec.Struct, kw_only=True):
    """A moderator's own row: that they removed the message `message_group`, and why."""

    message_group: str
    moderator_id: str
    reason: str
    inserted_at: str


class ReactionRow(msgspec.Struct, kw_only=True):
    id: str
    message_group: str
    user_id: str
    emoji: str


class MemberRow(msgspec.Struct, kw_only=True):
    """`muted`: a moderator decided that they may not write, until `muted_until` (null: until it is lifted)."""

    user_id: str
    role: str
    joined_version: int
    left_version: int | None
    muted: bool = False
    muted_until: str | None = None


class KeyRow(msgspec.Struct, kw_only=True):
    """A member's public key; `gen` only rises."""

    user_id: str
    gen: int
    public_key: msgspec.Raw


class LinkRow(msgspec.Struct, kw_only=True):
    seq: int
    link: msgspec.Raw


class ListingRow(msgspec.Struct, kw_only=True):
    """A conversation in a user's own stream."""

    conversation: ConversationRow
    role: str
    joined_version: int


class ReadMarkRow(msgspec.Struct, kw_only=True):
    """When the user read a conversation last, in their own stream."""

    conversation_id: str
    read_at: str


class ChoiceRow(msgspec.Struct, kw_only=True):
    """What a user set for themselves: to block or watch the user `about_id`, or to mute the conversation of that id."""

    kind: Literal["block", "watch", "mute"]
    about_id: str


class PrivateKeyRow(msgspec.Struct, kw_only=True):
    """One generation of one's own key for a conversation, the private part as the client wrapped it."""

    gen: int
    public_key: msgspec.Raw
    private_key: msgspec.Raw | None


class PrivateKeysRow(msgspec.Struct, kw_only=True):
    """All generations of one's own keys for a conversation, oldest first, in the user's own stream."""

    conversation_id: str
    private_keys: list[PrivateKeyRow]


class Changed(msgspec.Struct, kw_only=True):
    """The latest state of one row: `data` is null when it is deleted."""

    kind: str
    id: str
    version: int
    deleted: bool
    data: Any


class Pulled(msgspec.Struct, kw_only=True):
    """A page of changes (Hubbub protocol, section 2); `heads` only on the user's own stream.

    `read_times`, by user id, only on the last page of a conversation that one is a member of. `authors`: whom the rows
    name, by user id, where anyone may read: guests can ask nobody.
    """

    epoch: str
    changes: list[Changed]
    cursor: int
    more: bool
    heads: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    read_times: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    authors: dict[str, Author] | msgspec.UnsetType = msgspec.UNSET
