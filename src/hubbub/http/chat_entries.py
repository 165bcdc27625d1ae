"""/chat: the last entries of a chat, and new ones (seed 001; Hubbub protocol, section 5)."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, post, put
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from hubbub.actions.chats import Chats
from hubbub.http.allowed import allows
from hubbub.http.bearer import GUESTS, actor_of, takes
from hubbub.http.documentation import OPEN, SIGNED_IN, WITH_BODY, errors
from hubbub.http.forms import body_of, either_form
from hubbub.http.reading_routes import LARGEST_PAGE, clamped
from hubbub.http.requests import HubbubRequest
from hubbub.wire.ids import require_id
from hubbub.wire.rest import Chat, ChatEntry, PutChat, StoredEntry

PATH = "/chat/{chat_id:str}"
ChatId = Annotated[str, Parameter(description="The UUID of the conversation.", schema_extra={"format": "uuid"})]
Limit = Annotated[int, Parameter(description=f"Wanted entries; at most {LARGEST_PAGE} come.")]


def chat_entries(chats: Chats) -> list[ControllerRouterHandler]:
    """A list of all chats is nobody's to see: `/chat` itself takes no method, and says so."""

    @get(
        PATH,
        opt=GUESTS | takes("read", "chat_id"),
        security=OPEN,
        responses=errors(*SIGNED_IN, 404),
        summary="The last entries as they are in the database, the newest first",
        description="For who may read them: members, or anyone where `reading` is `anyone`.",
    )
    async def get_chat(request: HubbubRequest, chat_id: ChatId, limit: Limit = 50) -> Chat:
        wanted = require_id(chat_id, "chat_id")
        return await chats.latest(actor_of(request), wanted, clamped(limit, LARGEST_PAGE))

    @post(
        PATH,
        opt=takes("write", "chat_id"),
        status_code=201,
        operation_class=either_form(ChatEntry),
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409, 422),
        summary="Publish an entry",
    )
    async def post_chat(request: HubbubRequest, chat_id: ChatId) -> StoredEntry:
        entry = await body_of(request, ChatEntry)
        return await chats.publish(request.user, require_id(chat_id, "chat_id"), entry)

    @put(
        PATH,
        opt=takes("write"),
        status_code=201,
        operation_class=either_form(PutChat),
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409, 422),
        summary="Publish an entry in a chat that begins with it",
        description="Where there is no chat of this id, it begins with the user who is the target. Without anything "
        "said, it only begins.",
    )
    async def put_chat(request: HubbubRequest, chat_id: ChatId) -> Response[Chat | StoredEntry]:
        entry, wanted = await body_of(request, PutChat), require_id(chat_id, "chat_id")
        begun = await chats.begin(request.user, wanted, entry)
        if entry.message is None and entry.encrypted_messages is None:
            return Response(await chats.latest(request.user, wanted, LARGEST_PAGE), status_code=201 if begun else 200)
        return Response(await chats.publish(request.user, wanted, entry), status_code=201)

    return [allows("/chat"), allows(PATH, "GET", "POST", "PUT"), get_chat, post_chat, put_chat]
