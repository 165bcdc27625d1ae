"""/auth/link: signing in by a link in a letter, without a password."""

from __future__ import annotations

from litestar import Router, post
from litestar.params import JSONBody

from hubbub.actions.links import Links
from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.auth.limits import FORGETTING, MAIL_TOKENS, REGISTER, Addresses, Limiter
from hubbub.http.bearer import limited, origin_of
from hubbub.http.devices import device_of
from hubbub.http.documentation import WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.addresses import AskLink, LinkOwner, RegisterByLink, SignInByLink, WhoseLink
from hubbub.wire.resources import SignedIn


def link_routes(links: Links, work: ProofOfWork, limiter: Limiter, addresses: Addresses) -> Router:
    """The routes that need no token; how often they may be used is counted by network address."""
    trying = limited(limiter, addresses, MAIL_TOKENS)

    @post(
        "/register",
        status_code=200,
        guards=[limited(limiter, addresses, REGISTER)],
        responses=errors(*WITH_BODY, 403, 409, 422, 428),
        summary="Make an account without a password and sign in",
        description="When the answer is lost, a repeat is refused with `email_taken`: ask for a link.",
    )
    async def register_by_link(request: HubbubRequest, data: JSONBody[RegisterByLink]) -> SignedIn:
        async with work.guarded("register", origin_of(request, addresses), data.email, data.captcha):
            return await links.register(data, device_of(request, data.device_name))

    @post(
        "/request",
        status_code=204,
        guards=[limited(limiter, addresses, FORGETTING)],
        responses=errors(*WITH_BODY, 428),
        summary="Have a link sent that signs in",
        description="The answer is the same whether or not the address has an account.",
    )
    async def ask_link(request: HubbubRequest, data: JSONBody[AskLink]) -> None:
        async with work.guarded("login", origin_of(request, addresses), data.email, data.captcha):
            await links.ask(data)

    @post(
        "/owner",
        status_code=200,
        guards=[trying],
        responses=errors(*WITH_BODY, 401),
        summary="Whom a link signs in, and whether this browser asked for it; it stays good",
    )
    async def link_owner(data: JSONBody[WhoseLink]) -> LinkOwner:
        return await links.owner(data)

    @post(
        "/",
        status_code=200,
        guards=[trying],
        responses=errors(*WITH_BODY, 401, 403),
        summary="Sign in by a link",
        description=(
            "Only where it was asked for, which `secret` shows, or with `anyway`, when the person has said that they "
            "want to be signed in here."
        ),
    )
    async def sign_in_by_link(request: HubbubRequest, data: JSONBody[SignInByLink]) -> SignedIn:
        return await links.sign_in(data, device_of(request, data.device_name))

    handlers = [register_by_link, ask_link, link_owner, sign_in_by_link]
    return Router("/auth/link", route_handlers=handlers, tags=["sign in"])
