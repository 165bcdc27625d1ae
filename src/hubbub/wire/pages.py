"""A page of messages, with the reactions to them."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.wire.changes import ReactionChange
from hubbub.wire.events import Author, MessageRow


class MessagePage(msgspec.Struct, kw_only=True):
    """Messages as one reader sees them, latest first; `page_token` is null on the last page.

    `reactions`: those to them, where they are rows of their own, the first one first, and at most 1,000; absent: there
    are none. `authors`: whom these rows name, by user id, where anyone may read.
    """

    items: list[MessageRow]
    page_token: str | None
    reactions: list[ReactionChange] | UnsetType = UNSET
    authors: dict[str, Author] | UnsetType = UNSET
