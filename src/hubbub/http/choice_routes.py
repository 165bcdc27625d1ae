"""/api/choices: whom one blocks and watches, and which conversations one mutes, on every device at once."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import Router, delete, get, put
from litestar.params import Parameter

from hubbub.actions.choices import Choices
from hubbub.http.allowed import allows
from hubbub.http.bearer import takes
from hubbub.http.documentation import SIGNED_IN, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.events import ChoiceRow
from hubbub.wire.ids import require_id
from hubbub.wire.resources import ChoiceList

Kind = Annotated[
    Literal["block", "watch", "mute"], Parameter(description="Of users: block, watch; of conversations: mute.")
]
AboutId = Annotated[
    str, Parameter(description="The UUID of the user or the conversation.", schema_extra={"format": "uuid"})
]


def choice_routes(choices: Choices) -> Router:
    @get("/", opt=takes("read"), responses=errors(*SIGNED_IN), summary="All of one's own choices")
    async def all_choices(request: HubbubRequest) -> ChoiceList:
        return await choices.all(request.user)

    @put(
        "/{kind:str}/{about_id:str}",
        opt=takes("write"),
        status_code=200,
        responses=errors(*SIGNED_IN, 404, 409, 507),
        summary="Block or watch a user, or mute a conversation",
        description="Again changes nothing. Nobody is told, but a private conversation with a blocked user is closed.",
    )
    async def choose(request: HubbubRequest, kind: Kind, about_id: AboutId) -> ChoiceRow:
        return await choices.choose(request.user, _choice(kind, about_id))

    @delete(
        "/{kind:str}/{about_id:str}",
        opt=takes("write"),
        responses=errors(*SIGNED_IN, 507),
        summary="Block, watch or mute no longer",
    )
    async def take_back(request: HubbubRequest, kind: Kind, about_id: AboutId) -> None:
        await choices.take_back(request.user, _choice(kind, about_id))

    one = "/{kind:str}/{about_id:str}"
    return Router(
        "/choices",
        route_handlers=[allows("/", "GET"), all_choices, allows(one, "DELETE", "PUT"), choose, take_back],
        tags=["choices"],
    )


def _choice(kind: Literal["block", "watch", "mute"], about_id: str) -> ChoiceRow:
    return ChoiceRow(kind=kind, about_id=require_id(about_id, "about_id"))
