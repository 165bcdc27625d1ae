"""/auth: registering, signing in, refreshing (seed 003)."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import JSONBody

from hubbub.actions.accounts import Accounts
from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.actions.signing_in import SigningIn
from hubbub.auth.limits import LOGIN, PRELOGIN, REFRESH, REGISTER, Addresses, Limiter
from hubbub.http.bearer import limited, origin_of
from hubbub.http.captcha_routes import captcha_route
from hubbub.http.devices import device_of
from hubbub.http.documentation import WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.resources import Login, Prelogin, Refresh, Register, SignedIn, Stretching


def auth_routes(
    accounts: Accounts, signing_in: SigningIn, work: ProofOfWork, limiter: Limiter, addresses: Addresses
) -> Router:
    """The routes that need no token; how often they may be used is counted by network address."""

    @post(
        "/register",
        status_code=200,
        guards=[limited(limiter, addresses, REGISTER)],
        responses=errors(*WITH_BODY, 403, 409, 422, 428),
        summary="Make an account and sign in",
        description=(
            "`id`, `kdf`, `slots`, `identity` and `user_key` are for clients that encrypt: with the account all of "
            "them are stored, or nothing is. When the answer is lost, a repeat is refused with `email_taken`: sign in."
        ),
    )
    async def register(request: HubbubRequest, data: JSONBody[Register]) -> SignedIn:
        async with work.guarded("register", origin_of(request, addresses), data.email, data.captcha):
            return await accounts.register(data, device=device_of(request, data.device_name))

    @post(
        "/prelogin",
        status_code=200,
        guards=[limited(limiter, addresses, PRELOGIN)],
        responses=errors(*WITH_BODY),
        summary="How the password of an address is stretched before it is sent",
        description=(
            "For an address without account, and for one whose password is sent as it is typed, the answer is made up "
            "and stays the same."
        ),
    )
    async def prelogin(data: JSONBody[Prelogin]) -> Stretching:
        return await accounts.prelogin(data)

    @post(
        "/login",
        status_code=200,
        guards=[limited(limiter, addresses, LOGIN)],
        responses=errors(*WITH_BODY, 401, 403, 428),
        summary="Sign in with address and password",
    )
    async def login(request: HubbubRequest, data: JSONBody[Login]) -> SignedIn:
        async with work.guarded("login", origin_of(request, addresses), data.email, data.captcha):
            return await accounts.login(data, device=device_of(request, data.device_name))

    @post(
        "/refresh",
        status_code=200,
        guards=[limited(limiter, addresses, REFRESH)],
        responses=errors(*WITH_BODY, 401, 403),
        summary="Exchange a refresh token for new tokens",
        description=(
            "A refresh token is good for one exchange. Using a spent one ends the sign-in that it stems from, except "
            "with the same `op_id` within five minutes: that repeats the answer."
        ),
    )
    async def refresh(data: JSONBody[Refresh]) -> SignedIn:
        return await signing_in.refresh(data)

    captcha = captcha_route(work, limiter, addresses)
    return Router("/auth", route_handlers=[captcha, register, prelogin, login, refresh], tags=["sign in"])
