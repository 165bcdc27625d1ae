"""What the routes need from the rest of the server: the part of each action or query that they call."""

from __future__ import annotations

from typing import Protocol

from hubbub.auth.actor import Actor
from hubbub.wire.events import Pulled
from hubbub.wire.livechat import ChatHistory
from hubbub.wire.pages import MessagePage


class Messages(Protocol):
    async def page(
        self, actor: Actor | None, conversation_id: str, page_token: str | None, page_size: int
    ) -> MessagePage:
        """A page of what the actor, or a guest, may read, from the latest back.

        Raises `NotMember`, `Unauthorized`, `InvalidPageToken`.
        """
        ...

    async def lobby_before(self, stamp: int) -> ChatHistory:
        """The last messages of the lobby whose stamp is below `stamp`."""
        ...


class Conversations(Protocol):
    async def private_with(self, actor: Actor, user_id: str) -> str | None:
        """The id of the private conversation of the two, if there is one."""
        ...


class Sync(Protocol):
    async def pull(
        self, actor: Actor, conversation_id: str | None, cursor: int, limit: int, epoch: str | None
    ) -> Pulled:
        """What changed after `cursor`; without a conversation, in the user's own stream (Hubbub protocol, section 2).

        Raises `NotMember`, `CursorExpired`.
        """
        ...
