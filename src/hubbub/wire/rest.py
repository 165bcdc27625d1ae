"""The bodies of seed 001's REST: users, groups and chats at `/user`, `/group`, `/chat` (Hubbub protocol, section 5)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hubbub.wire.documents import JsonObject
from hubbub.wire.events import Lifetime, MessageRow
from hubbub.wire.resources import About, Body, CaptchaSolution, Email, InvitationCode, NewDisplayName, NewPassword

Title = Annotated[str, Meta(max_length=128)]
Sort = Literal["name", "-name", "inserted_at", "-inserted_at"]


class PutUser(Body, kw_only=True):
    """Creates an account with this `email` and raw `password`; of one's own account, changes the rest."""

    email: Email | None = None
    password: NewPassword | None = None
    display_name: NewDisplayName | UnsetType = UNSET
    about: About | UnsetType = UNSET
    invitation: InvitationCode | None = None
    captcha: CaptchaSolution | None = None


class PostUser(Body, kw_only=True):
    """What is left out stays as it is."""

    display_name: NewDisplayName | UnsetType = UNSET
    about: About | UnsetType = UNSET


class PutGroup(Body, kw_only=True):
    """Creates a group: secure unless `open`, with its creator's X25519 key as `public_key`; `members` by id or name.

    Members' consent to later newcomers is proven by the socket's signed `links` alone, so that there are none here.
    """

    name: Title | None = None
    open: bool = False
    listed: bool = True
    about: About = ""
    members: list[str] = msgspec.field(default_factory=list)
    public_key: JsonObject | None = None
    private_key: JsonObject | None = None


class PostGroup(Body, kw_only=True):
    """What is left out stays as it is."""

    name: Title | UnsetType | None = UNSET
    about: About | UnsetType = UNSET
    listed: bool | UnsetType = UNSET
    public_key: JsonObject | UnsetType | None = UNSET


class ChatEntry(Body, kw_only=True):
    """`sender` is oneself, `target` the group, or the other user, by id or name.

    What is said is `message` in a plaintext conversation; in an encrypted one `encrypted_messages`, a copy for every
    member, with `sealed` where it is sealed. `id` makes a repeat safe.
    """

    sender: str
    target: str
    message: str | None = None
    encrypted_messages: dict[str, str] | None = None
    sealed: str | None = None
    id: str | None = None
    index: int | None = None
    position: int | None = None
    device_id: str | None = None
    reply_to: str | None = None
    expires_in: Lifetime | None = None
    off_the_record: bool = False


class PutChat(ChatEntry, kw_only=True):
    """Where there is no chat of this id yet, it begins with the user who is the `target`, under one's `public_key`."""

    public_key: JsonObject | None = None
    private_key: JsonObject | None = None
    links: list[JsonObject] | None = None


class ListedUser(msgspec.Struct, kw_only=True):
    """A user as anyone may see them; never with an address. `public_key` is a JWK, to encrypt to."""

    id: str
    name: str
    display_name: str
    about: str
    picture: str | None
    public_key: JsonObject | None


class ListedGroup(msgspec.Struct, kw_only=True):
    """A group as anyone may see it. `public_key` is a JWK: requests to be let in are sealed to it."""

    id: str
    name: str | None
    about: str
    picture: str | None
    encrypted: bool
    joining: str
    approvals: int
    members: int
    public_key: JsonObject | None


class UserListing(msgspec.Struct, kw_only=True):
    """`after` gives the next page; null on the last one."""

    items: list[ListedUser]
    after: str | None


class GroupListing(msgspec.Struct, kw_only=True):
    """`after` gives the next page; null on the last one."""

    items: list[ListedGroup]
    after: str | None


class StoredEntry(MessageRow, kw_only=True):
    """A message as it is in the database: an encrypted one as `sealed` and one's own copy of its key as `content`."""

    target: str


class Chat(msgspec.Struct, kw_only=True):
    """The last entries, the newest first."""

    id: str
    items: list[StoredEntry]
