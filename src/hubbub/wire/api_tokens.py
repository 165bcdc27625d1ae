"""API tokens and bots, as they cross the network."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hubbub.wire.resources import Body, DisplayName, Id, NewIdentityKey, NewUserKey, PublicUser

DAY = 24 * 60 * 60
MOST_CONVERSATIONS = 100

TokenName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S", description="What its owner knows it by.")]
Handle = Annotated[str, Meta(min_length=2, max_length=32, description="Lower-case letters, digits, single dashes.")]
Scopes = Annotated[list[Literal["read", "write"]], Meta(min_length=1, max_length=2, description="`write` reads, too.")]
Conversations = Annotated[
    list[Id], Meta(min_length=1, max_length=MOST_CONVERSATIONS, description="Nothing but these is reached.")
]
ExpiresIn = Annotated[int, Meta(ge=60, le=3660 * DAY, description="Seconds; without it the token does not end.")]


class NewToken(Body, kw_only=True):
    """`bot_id`: the token acts for this bot of the user's, not for the user."""

    name: TokenName
    scopes: Scopes
    conversations: Conversations | None = None
    expires_in: ExpiresIn | None = None
    bot_id: Id | None = None


class TokenRow(msgspec.Struct, kw_only=True):
    """An API token as its owner sees it: `user_id` is in whose name it acts, theirs or that of a bot.

    Times are RFC 3339. `used_at` is to ten minutes; null: it was never used.
    """

    id: str
    user_id: str
    name: str
    scopes: list[Literal["read", "write"]]
    conversations: list[str] | None
    made_at: str
    expires_at: str | None
    used_at: str | None


class MadeToken(TokenRow, kw_only=True):
    """`token` is told here, once."""

    token: str


class TokenList(msgspec.Struct, kw_only=True):
    items: list[TokenRow]


class NewBot(Body, kw_only=True):
    """`name` is its handle. The keys are for a bot that talks in encrypted conversations, made for an `id` of the
    client's: they are set here alone, because no API token reaches keys.
    """

    name: Handle
    display_name: DisplayName
    id: Annotated[str, Meta(min_length=36, max_length=36, description="A fresh UUID.")] | None = None
    identity: NewIdentityKey | None = None
    user_key: NewUserKey | None = None


class BotList(msgspec.Struct, kw_only=True):
    items: list[PublicUser]
