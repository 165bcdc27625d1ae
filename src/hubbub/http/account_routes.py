"""/api: what a user does with their own account (seed 003) and keys."""

from __future__ import annotations

from litestar import Router, get, patch, post
from litestar.params import JSONBody
from litestar.response import Stream

from hubbub.actions.accounts import Accounts
from hubbub.actions.departing import Departing
from hubbub.actions.exporting import Exporting
from hubbub.actions.user_keys import UserKeys
from hubbub.auth.limits import EXPORTS, PROVING, Limiter
from hubbub.http.allowed import allows
from hubbub.http.bearer import COOKIES, limited_by_user, takes
from hubbub.http.cookies import withdraw
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.reading_routes import UserId
from hubbub.http.requests import HubbubRequest
from hubbub.wire.ids import require_id
from hubbub.wire.resources import (
    ChangePassword,
    ChangeProfile,
    DeleteAccount,
    OwnKeys,
    Profile,
    PublicKeys,
    RegisterKeys,
)


def account_routes(accounts: Accounts, departing: Departing, exporting: Exporting, limiter: Limiter) -> Router:
    @post(
        "/logout",
        opt=COOKIES,
        status_code=204,
        responses=errors(*SIGNED_IN, 507),
        summary="End the sign-in that the token stems from, and its sockets",
    )
    async def logout(request: HubbubRequest) -> None:
        await accounts.sign_out(request.user)
        withdraw(request.scope)

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
        guards=[limited_by_user(limiter, PROVING)],
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 409),
        summary="Set a new password, which ends every sign-in",
        description="Without `slot` the password slot goes; without `kdf` the password is from now on sent as typed.",
    )
    async def change_password(request: HubbubRequest, data: JSONBody[ChangePassword]) -> None:
        await accounts.change_password(request.user, data)

    @patch(
        "/profile",
        opt=takes("write"),
        responses=errors(*SIGNED_IN, *WITH_BODY, 404, 409),
        summary="Change settings; what is left out stays",
    )
    async def change_profile(request: HubbubRequest, data: JSONBody[ChangeProfile]) -> Profile:
        return await accounts.update_profile(request.user.user_id, data)

    @post(
        "/account/delete",
        status_code=204,
        guards=[limited_by_user(limiter, PROVING)],
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 409),
        summary="Delete one's account, for good",
        description=(
            "At once nobody can sign in to it, and nobody reads its name; messages, memberships and the rest go within "
            "minutes. Sealed groups have to be left before, which takes a signed link."
        ),
    )
    async def delete_account(request: HubbubRequest, data: JSONBody[DeleteAccount]) -> None:
        await departing.delete(request.user, data)

    @get(
        "/account/export",
        media_type="application/x-ndjson",
        guards=[limited_by_user(limiter, EXPORTS)],
        responses=errors(*SIGNED_IN, 404),
        summary="Everything that the server has of oneself",
        description=(
            "JSON lines, `{kind, data}`, the last of kind `end`. `data` is what other routes show of such a thing; "
            "sealed messages come with one's own copy, for a client that has the keys."
        ),
    )
    async def export_account(request: HubbubRequest) -> Stream:
        lines = await exporting.lines(request.user)
        return Stream(lines, media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})

    handlers = [logout, signout_all, change_password, change_profile, delete_account, export_account]
    return Router("/", route_handlers=handlers, tags=["account"])


def key_routes(keys: UserKeys, limiter: Limiter) -> Router:
    @get("/", responses=errors(*SIGNED_IN), summary="One's own keys, with their wrapped private parts")
    async def own_keys(request: HubbubRequest) -> OwnKeys:
        return await keys.own(request.user.user_id)

    @post(
        "/",
        status_code=200,
        guards=[limited_by_user(limiter, PROVING)],
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409, 422),
        summary="Register the next identity key, the next user key, slots, or several of them",
        description="All or none. `slots` takes the current `password` as it is sent to sign in, or another `proof`.",
    )
    async def register_keys(request: HubbubRequest, data: JSONBody[RegisterKeys]) -> OwnKeys:
        return await keys.register(request.user, data)

    @get(
        "/{user_id:str}",
        opt=takes("read"),
        responses=errors(*SIGNED_IN, 404),
        summary="What to encrypt to, and to check",
    )
    async def public_keys(user_id: UserId) -> PublicKeys:
        return await keys.public(require_id(user_id, "user_id"))

    return Router(
        "/keys", route_handlers=[allows("/", "GET", "POST"), own_keys, register_keys, public_keys], tags=["keys"]
    )
