"""/api: what a user does with their own account (seed 003) and keys."""

from __future__ import annotations

from litestar import HttpMethod, Response, Router, get, patch, post, route
from litestar.params import JSONBody

from hubbub.actions.accounts import Accounts
from hubbub.actions.user_keys import UserKeys
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.reading_routes import UserId
from hubbub.http.requests import HubbubRequest
from hubbub.wire.ids import require_id
from hubbub.wire.resources import ChangePassword, ChangeProfile, OwnKeys, Profile, PublicKeys, RegisterKeys


def account_routes(accounts: Accounts) -> Router:
    @post(
        "/signout_all",
        status_code=204,
        responses=errors(*SIGNED_IN, 507),
        summary="End every sign-in of the user, and their sockets",
    )
    async def signout_all(request: HubbubRequest) -> None:
        await accounts.sign_out_all(request.user.user_id)

    @patch(
        "/password",
        status_code=204,
        responses=errors(*SIGNED_IN, *WITH_BODY),
        summary="Set a new password, which ends every sign-in",
    )
    async def change_password(request: HubbubRequest, data: JSONBody[ChangePassword]) -> None:
        await accounts.change_password(request.user.user_id, data)

    @patch(
        "/profile",
        responses=errors(*SIGNED_IN, *WITH_BODY, 404, 409),
        summary="Change settings; what is left out stays",
    )
    async def change_profile(request: HubbubRequest, data: JSONBody[ChangeProfile]) -> Profile:
        return await accounts.update_profile(request.user.user_id, data)

    return Router("/", route_handlers=[signout_all, change_password, change_profile], tags=["account"])


def key_routes(keys: UserKeys) -> Router:
    @get("/", responses=errors(*SIGNED_IN), summary="One's own keys, with their wrapped private parts")
    async def own_keys(request: HubbubRequest) -> OwnKeys:
        return await keys.own(request.user.user_id)

    @post(
        "/",
        status_code=200,
        responses=errors(*SIGNED_IN, *WITH_BODY, 409, 422),
        summary="Register the next identity key, the next user key, or both",
    )
    async def register_keys(request: HubbubRequest, data: JSONBody[RegisterKeys]) -> OwnKeys:
        return await keys.register(request.user.user_id, data)

    # Litestar's own answer to OPTIONS knows only the first of two handlers on one path.
    @route("/", http_method=HttpMethod.OPTIONS, include_in_schema=False, status_code=204)
    async def methods() -> Response[None]:
        return Response(None, headers={"Allow": "GET, OPTIONS, POST"})

    @get("/{user_id:str}", responses=errors(*SIGNED_IN, 404), summary="What to encrypt to, and to check")
    async def public_keys(user_id: UserId) -> PublicKeys:
        return await keys.public(require_id(user_id, "user_id"))

    return Router("/keys", route_handlers=[methods, own_keys, register_keys, public_keys], tags=["keys"])
