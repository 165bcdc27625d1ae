"""/api/conduct: the code of conduct, and agreeing to it."""

from __future__ import annotations

from litestar import Router, get, put
from litestar.params import JSONBody

from hubbub.actions.conduct import Conduct
from hubbub.http.allowed import allows
from hubbub.http.bearer import takes
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.resources import AcceptConduct, ConductText, OwnUser


def conduct_routes(conduct: Conduct) -> Router:
    @get(
        "/",
        opt=takes("read"),
        responses=errors(*SIGNED_IN, 404),
        summary="The code of conduct, and whether one agreed to it",
    )
    async def show_conduct(request: HubbubRequest) -> ConductText:
        return await conduct.show(request.user)

    @put(
        "/",
        responses=errors(*SIGNED_IN, *WITH_BODY, 404, 409),
        summary="Agree to the code of conduct of this version",
    )
    async def accept_conduct(request: HubbubRequest, data: JSONBody[AcceptConduct]) -> OwnUser:
        return await conduct.accept(request.user, data.version)

    return Router(
        "/conduct", route_handlers=[allows("/", "GET", "PUT"), show_conduct, accept_conduct], tags=["account"]
    )
