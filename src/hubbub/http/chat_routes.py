"""/api: accounts in seed 004's words: a short access token in a header, a refresh token in a cookie."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from hubbub.actions.accounts import Accounts
from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.actions.signing_in import SigningIn
from hubbub.auth.limits import LOGIN, PROVING, REFRESH, REGISTER, Addresses, Limiter
from hubbub.auth.terms import COOKIE_TERMS
from hubbub.http.bearer import COOKIES, Connection, Renew, limited, limited_by_user, origin_of
from hubbub.http.cookies import DEVICE_COOKIE, grant, refresh_cookie, repeat_id, require_own_page
from hubbub.http.devices import device_of
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.resources import (
    ChatAccount,
    ChatLogin,
    ChatRegister,
    Login,
    NewChatPassword,
    Refresh,
    Register,
    SignedIn,
)

CREDENTIALS = (
    "The access token comes in the header `Authorization`, good for 15 minutes; the refresh token as a cookie."
)


def renewing(signing_in: SigningIn, limiter: Limiter, addresses: Addresses, origins: frozenset[str]) -> Renew:
    """What makes new credentials of a request's cookie; its answer carries them, whatever it is."""

    async def renew(connection: Connection) -> str | None:
        token = refresh_cookie(connection, origins)
        if token is None:
            return None
        await limiter.spend(REFRESH, origin_of(connection, addresses))
        signed_in = await signing_in.refresh(Refresh(token=token, op_id=repeat_id(connection)), COOKIE_TERMS)
        grant(connection.scope, signed_in)
        return signed_in.auth_token

    return renew


def chat_sign_in(
    accounts: Accounts, work: ProofOfWork, limiter: Limiter, addresses: Addresses, origins: frozenset[str]
) -> Router:
    """The routes that need no token; what they set is for pages of our own alone."""

    async def own_page(connection: Connection, _handler: BaseRouteHandler) -> None:
        require_own_page(connection, origins)

    @post(
        "/register",
        status_code=200,
        guards=[limited(limiter, addresses, REGISTER)],
        responses=errors(*WITH_BODY, 403, 422, 428),
        summary="Make an account and sign in (seed 004)",
        description=CREDENTIALS,
    )
    async def chat_register(request: HubbubRequest, data: JSONBody[ChatRegister]) -> ChatAccount:
        asked = Register(email=data.email, password=data.password, display_name=data.name, invitation=data.invitation)
        async with work.guarded("register", origin_of(request, addresses), data.email, data.captcha):
            return _granted(request, await accounts.register(asked, COOKIE_TERMS, device=device_of(request)))

    @post(
        "/login",
        status_code=200,
        guards=[limited(limiter, addresses, LOGIN)],
        responses=errors(*WITH_BODY, 401, 403, 428),
        summary="Sign in (seed 004)",
        description=CREDENTIALS,
    )
    async def chat_login(request: HubbubRequest, data: JSONBody[ChatLogin]) -> ChatAccount:
        asked = Login(email=data.email, password=data.password, device_proof=request.cookies.get(DEVICE_COOKIE))
        async with work.guarded("login", origin_of(request, addresses), data.email, data.captcha):
            return _granted(request, await accounts.login(asked, COOKIE_TERMS, device_of(request)))

    return Router("/api", route_handlers=[chat_register, chat_login], guards=[own_page], tags=["sign in"])


def chat_account_routes(accounts: Accounts, limiter: Limiter) -> Router:
    @get(
        "/refresh_credentials",
        opt=COOKIES,
        status_code=204,
        responses=errors(*SIGNED_IN, 403, 507),
        summary="New credentials for the cookie, where the access token has expired (seed 004)",
        description="While the access token lives, nothing is spent and nothing new comes.",
    )
    async def refresh_credentials() -> None:
        """The guard has done what is to be done."""

    @post(
        "/change_password",
        opt=COOKIES,
        status_code=200,
        guards=[limited_by_user(limiter, PROVING)],
        responses=errors(*SIGNED_IN, *WITH_BODY, 403),
        summary="Set a new password, which ends every other sign-in (seed 004)",
        description=CREDENTIALS,
    )
    async def chat_change_password(request: HubbubRequest, data: JSONBody[NewChatPassword]) -> ChatAccount:
        device = device_of(request)
        done = await accounts.replace_password(request.user, data.password, data.current_password, device)
        return _granted(request, done)

    return Router("/", route_handlers=[refresh_credentials, chat_change_password], tags=["account"])


def _granted(request: HubbubRequest, signed_in: SignedIn) -> ChatAccount:
    grant(request.scope, signed_in)
    user = signed_in.user
    return ChatAccount(id=user.id, email=user.email, name=user.display_name)
