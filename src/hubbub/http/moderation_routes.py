"""/api/conversations/{id}: what owners and moderators do about members and messages."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import Router, delete, get, put
from litestar.params import JSONBody, Parameter

from hubbub.actions.moderation import Moderation
from hubbub.actions.removals import Removals
from hubbub.http.allowed import allows
from hubbub.http.bearer import takes
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.reading_routes import ConversationId, UserId
from hubbub.http.requests import HubbubRequest
from hubbub.wire.events import RemovalRow, RemoveMember
from hubbub.wire.ids import require_id
from hubbub.wire.resources import ChangeRole, NewRemoval, NewSanction, SanctionList, SanctionRow

MessageId = Annotated[str, Parameter(description="The UUID of the message group.", schema_extra={"format": "uuid"})]
SanctionKind = Annotated[
    Literal["mute", "ban"], Parameter(description="`mute`: they may not write; `ban`: they may not come in.")
]
MEMBER = "/{conversation_id:str}/members/{user_id:str}"
SANCTIONS = "/{conversation_id:str}/sanctions"
SANCTION = f"{SANCTIONS}/{{user_id:str}}/{{kind:str}}"
REMOVAL = "/{conversation_id:str}/messages/{message_id:str}/removal"


def moderation_routes(moderation: Moderation, removals: Removals) -> Router:
    @put(
        MEMBER,
        opt=takes("write", "conversation_id"),
        status_code=204,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409),
        summary="Give a member another role, as the owner",
    )
    async def set_role(
        request: HubbubRequest, conversation_id: ConversationId, user_id: UserId, data: JSONBody[ChangeRole]
    ) -> None:
        await moderation.set_role(request.user.user_id, *_pair(conversation_id, user_id), data)

    @delete(
        MEMBER,
        opt=takes("write", "conversation_id"),
        responses=errors(*SIGNED_IN, 403, 404, 409, 422, 507),
        summary="Remove a member",
        description="From a sealed group, which takes a signed link, by the socket's event `remove_member`.",
    )
    async def remove_member(request: HubbubRequest, conversation_id: ConversationId, user_id: UserId) -> None:
        conversation, user = _pair(conversation_id, user_id)
        await moderation.remove_member(request.user.user_id, conversation, RemoveMember(user_id=user))

    @get(
        SANCTIONS,
        opt=takes("read", "conversation_id"),
        responses=errors(*SIGNED_IN, 403, 404),
        summary="Who may not write or come in",
    )
    async def all_sanctions(request: HubbubRequest, conversation_id: ConversationId) -> SanctionList:
        return await moderation.sanctions(request.user.user_id, require_id(conversation_id, "conversation_id"))

    @put(
        SANCTION,
        opt=takes("write", "conversation_id"),
        status_code=200,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409, 422),
        summary="Mute or ban somebody, in place of what held before",
        description="A ban removes a member; from a sealed group by `links`.",
    )
    async def sanction(
        request: HubbubRequest,
        conversation_id: ConversationId,
        user_id: UserId,
        kind: SanctionKind,
        data: JSONBody[NewSanction],
    ) -> SanctionRow:
        return await moderation.sanction(request.user.user_id, *_pair(conversation_id, user_id), kind, data)

    @delete(
        SANCTION,
        opt=takes("write", "conversation_id"),
        responses=errors(*SIGNED_IN, 403, 404, 409, 507),
        summary="Let somebody write, or come in, again",
    )
    async def lift(
        request: HubbubRequest, conversation_id: ConversationId, user_id: UserId, kind: SanctionKind
    ) -> None:
        await moderation.lift(request.user.user_id, *_pair(conversation_id, user_id), kind)

    @put(
        REMOVAL,
        opt=takes("write", "conversation_id"),
        status_code=200,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404),
        summary="Remove somebody else's message: its text goes, its place stays",
    )
    async def remove_message(
        request: HubbubRequest, conversation_id: ConversationId, message_id: MessageId, data: JSONBody[NewRemoval]
    ) -> RemovalRow:
        conversation, message = require_id(conversation_id, "conversation_id"), require_id(message_id, "message_id")
        return await removals.remove(request.user.user_id, conversation, message, data)

    handlers = [
        *(allows(MEMBER, "DELETE", "PUT"), set_role, remove_member),
        *(all_sanctions, remove_message),
        *(allows(SANCTION, "DELETE", "PUT"), sanction, lift),
    ]
    return Router("/conversations", route_handlers=handlers, tags=["moderation"])


def _pair(conversation_id: str, user_id: str) -> tuple[str, str]:
    return require_id(conversation_id, "conversation_id"), require_id(user_id, "user_id")
