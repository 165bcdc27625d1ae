"""/api/sessions: where one is signed in."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get
from litestar.params import Parameter

from hubbub.actions.sessions import Sessions
from hubbub.http.allowed import allows
from hubbub.http.documentation import SIGNED_IN, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.ids import require_id
from hubbub.wire.sessions import SessionList

SessionId = Annotated[str, Parameter(description="The id of the sign-in.", schema_extra={"format": "uuid"})]


def session_routes(sessions: Sessions) -> Router:
    @get("/", responses=errors(*SIGNED_IN), summary="Where one is signed in, and since when")
    async def all_sessions(request: HubbubRequest) -> SessionList:
        return await sessions.all(request.user)

    @delete("/", responses=errors(*SIGNED_IN, 507), summary="End every sign-in but the one that asks")
    async def end_others(request: HubbubRequest) -> None:
        await sessions.end_others(request.user)

    @delete(
        "/{session_id:str}",
        responses=errors(*SIGNED_IN, 404, 507),
        summary="End one sign-in, with its tokens and sockets",
    )
    async def end_session(request: HubbubRequest, session_id: SessionId) -> None:
        await sessions.end(request.user, require_id(session_id, "session_id"))

    return Router(
        "/sessions",
        route_handlers=[
            allows("/", "GET", "DELETE"),
            all_sessions,
            end_others,
            end_session,
        ],
        tags=["account"],
    )
