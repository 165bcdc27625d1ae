"""/api: pages of messages and users, private conversations, and sync (seed 003; Hubbub protocol, section 2)."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import Parameter, QueryParameter

from hubbub.actions.directory import Directory
from hubbub.http.bearer import COOKIES, GUESTS, actor_of, takes
from hubbub.http.documentation import OPEN, SIGNED_IN, errors
from hubbub.http.parts import Conversations, Messages, Sync
from hubbub.http.requests import HubbubRequest
from hubbub.wire.errors import BadInput
from hubbub.wire.events import Pulled
from hubbub.wire.ids import require_id
from hubbub.wire.livechat import ChatHistory
from hubbub.wire.pages import MessagePage
from hubbub.wire.resources import PrivateConversation, PublicUser, UserPage

LARGEST_PAGE = 100
DEFAULT_PAGE = 50
LARGEST_PULL = 500
# JavaScript's largest exact whole number: no cursor comes near it.
LARGEST_CURSOR = 2**53 - 1

PageToken = Annotated[
    str | None, Parameter(description="Of the page before; without it, the first page.", max_length=1024)
]
PageSize = Annotated[int, Parameter(description=f"Wanted items; at most {LARGEST_PAGE} come.")]
Search = Annotated[
    str | None,
    Parameter(description="Text in the handle or the display name, in any case.", max_length=128),
]
ConversationId = Annotated[str, Parameter(description="The UUID of the conversation.", schema_extra={"format": "uuid"})]
ConversationOrLobby = Annotated[
    str | None, Parameter(description="The UUID of the conversation.", schema_extra={"format": "uuid"})
]
LastTimestamp = Annotated[
    int | None,
    QueryParameter(
        name="lastTimestamp",
        description="Nanoseconds since 1970, rounded to the nearest multiple of 1,024: the lobby before it.",
        ge=0,
        le=2**63 - 1,
    ),
]
UserId = Annotated[str, Parameter(description="The UUID of the user.", schema_extra={"format": "uuid"})]
IdOrName = Annotated[str, Parameter(description="The UUID of the user, or their handle.", max_length=128)]
PulledConversation = Annotated[
    str | None, Parameter(description="The UUID of the conversation; without it, the user's own stream.")
]
Cursor = Annotated[int, Parameter(description="The last version applied.", ge=0, le=LARGEST_CURSOR)]
Limit = Annotated[int, Parameter(description=f"Wanted changes; at most about {LARGEST_PULL} come.")]
Epoch = Annotated[str | None, Parameter(description="The epoch that the cursor is of.", max_length=64)]


def message_routes(messages: Messages, conversations: Conversations) -> Router:
    @get(
        "/messages",
        opt={**GUESTS, **COOKIES, **takes("read", "conversation_id")},
        security=OPEN,
        responses=errors(*SIGNED_IN, 404),
        summary="A page of messages, latest first",
        description=(
            "Guests too, where anyone may read. With `lastTimestamp` in place of `conversation_id`: the 50 messages of "
            "the lobby before it, in seed 004's shape."
        ),
    )
    async def message_page(
        request: HubbubRequest,
        conversation_id: ConversationOrLobby = None,
        last_timestamp: LastTimestamp = None,
        page_token: PageToken = None,
        page_size: PageSize = DEFAULT_PAGE,
    ) -> MessagePage | ChatHistory:
        if conversation_id is None:
            if last_timestamp is None:
                raise BadInput("Missing required query parameter 'conversation_id', or 'lastTimestamp'.")
            return await messages.lobby_before(last_timestamp)
        wanted = require_id(conversation_id, "conversation_id")
        return await messages.page(actor_of(request), wanted, page_token or None, clamped(page_size, LARGEST_PAGE))

    @get(
        "/conversations/private/{user_id:str}",
        opt=takes("read"),
        responses=errors(*SIGNED_IN),
        summary="The private conversation with a user, if there is one",
    )
    async def private_conversation(request: HubbubRequest, user_id: UserId) -> PrivateConversation:
        found = await conversations.private_with(request.user, require_id(user_id, "user_id"))
        return PrivateConversation(conversation_id=found)

    return Router("/", route_handlers=[message_page, private_conversation], tags=["conversations"])


def user_routes(directory: Directory) -> Router:
    @get("/users", opt=takes("read"), responses=errors(*SIGNED_IN), summary="A page of users, oldest account first")
    async def user_page(
        request: HubbubRequest,
        page_token: PageToken = None,
        page_size: PageSize = DEFAULT_PAGE,
        q: Search = None,
    ) -> UserPage:
        size = clamped(page_size, LARGEST_PAGE)
        return await directory.page(request.user, page_token or None, size, q)

    @get(
        "/users/{user:str}",
        opt=takes("read"),
        responses=errors(*SIGNED_IN, 404),
        summary="One user, by id or by handle",
    )
    async def one_user(request: HubbubRequest, user: IdOrName) -> PublicUser:
        return await directory.find(request.user, user)

    return Router("/", route_handlers=[user_page, one_user], tags=["users"])


def sync_routes(sync: Sync) -> Router:
    @get(
        "/sync",
        opt=takes("read", "conversation_id"),
        responses=errors(*SIGNED_IN, 404, 410),
        summary="What changed since a version",
    )
    async def pull(
        request: HubbubRequest,
        conversation_id: PulledConversation = None,
        cursor: Cursor = 0,
        limit: Limit = 200,
        epoch: Epoch = None,
    ) -> Pulled:
        wanted = require_id(conversation_id, "conversation_id") if conversation_id else None
        return await sync.pull(request.user, wanted, cursor, clamped(limit, LARGEST_PULL), epoch)

    return Router("/", route_handlers=[pull], tags=["sync"])


def clamped(wanted: int, most: int) -> int:
    """`wanted` within 1 to `most`."""
    return max(1, min(most, wanted))
