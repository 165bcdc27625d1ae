"""Who is asking, and how often: guards that run before anything of a request is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from hubbub.auth.actor import Actor, Scope
from hubbub.auth.api_tokens import ApiTokens, is_api_token
from hubbub.auth.limits import API, Addresses, Limiter, Rule
from hubbub.auth.revocations import Revocations
from hubbub.auth.tokens import Tokens
from hubbub.wire.errors import ExpiredToken, InvalidToken, Unauthorized

Connection = ASGIConnection[Any, Any, Any, Any]


# The `opt` of a route that answers guests too, and of one that also takes seed 004's cookie.
GUESTS: Final[dict[str, Any]] = {"guests": True}
COOKIES: Final[dict[str, Any]] = {"cookies": True}


def takes(scope: Scope, conversation: str | None = None) -> dict[str, Any]:
    """The `opt` of a route that API tokens reach: those of this scope. No other route is reached by any.

    `conversation` names the parameter that says which conversation it is about: tokens that are limited to some reach
    it for those, and no route that is about none.
    """
    return {"scope": scope, "conversation": conversation}


Renew = Callable[[Connection], Awaitable[str | None]]  # an access token for the cookie of a request, if it has one


async def without_cookies(_connection: Connection) -> str | None:
    """Where a cookie counts for nothing."""
    return None


def signed_in(
    tokens: Tokens,
    api_tokens: ApiTokens,
    revocations: Revocations,
    limiter: Limiter,
    addresses: Addresses,
    renew: Renew,
) -> Guard:
    """Lets through who brings a living access token (RFC 6750, 2.1), as often as the rule `API` says; or an API token,
    where the route `takes` it.

    The route finds them as `request.user`. To a route with the `opt` GUESTS it lets who brings none, too, as often by
    network address; there `actor_of` tells who it is. On a route with the `opt` COOKIES an access token that has
    expired, or is not there, is made anew by the cookie. Refuses with `Unauthorized`, `InvalidToken`, `ExpiredToken`,
    `TooFast`, `ForeignPage`, `OutOfScope`.
    """

    async def living(connection: Connection, handler: BaseRouteHandler) -> str:
        try:
            token = _bearer_token(connection)
            tokens.verify(token)
        except Unauthorized as stale:
            worth_renewing = isinstance(stale, ExpiredToken) or not isinstance(stale, InvalidToken)
            renewed = await renew(connection) if worth_renewing and handler.opt.get("cookies") else None
            if renewed is None:
                raise
            return renewed
        return token

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if handler.opt.get("guests") and "authorization" not in connection.headers:
            await limiter.spend(API, origin_of(connection, addresses))
            return
        token = api_token(connection)
        if token is None:
            actor = revocations.require_live(tokens.verify(await living(connection, handler)))
        else:
            actor = await api_tokens.verify(token)
        await limiter.spend(API, actor.user_id)
        actor.require(handler.opt.get("scope"), _conversation_of(connection, handler))
        connection.scope["user"] = actor

    return guard


def actor_of(connection: Connection) -> Actor | None:
    """Who asks, behind a guard of this module; None: a guest."""
    actor: Actor | None = connection.scope.get("user")
    return actor


def origin_of(connection: Connection, addresses: Addresses) -> str:
    """The key of the network address that a request comes from."""
    return addresses.key(connection.client.host if connection.client else None)


def limited_by_user(limiter: Limiter, rule: Rule) -> Guard:
    """Lets through what one user does as often as `rule` says, inside `signed_in`; refuses with `TooFast`."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        await limiter.spend(rule, connection.scope["user"].user_id)

    return guard


def api_token(connection: Connection) -> str | None:
    """The API token of a request, if it brings one."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and is_api_token(token.strip()) else None


def _conversation_of(connection: Connection, handler: BaseRouteHandler) -> str | None:
    """The conversation that a route is asked about; None where it is about none, or where several are named."""
    name = handler.opt.get("conversation")
    if name is None:
        return None
    told = {str(connection.path_params[name])} if name in connection.path_params else set()
    told |= set(connection.query_params.getall(name, []))
    return told.pop().lower() if len(told) == 1 else None


def _bearer_token(connection: Connection) -> str:
    header = connection.headers.get("authorization")
    if header is None:
        raise Unauthorized("Send the auth token in the header Authorization: Bearer <token>.")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("The Authorization header is not of the form Bearer <token>.")
    return token.strip()


def limited(limiter: Limiter, addresses: Addresses, rule: Rule) -> Guard:
    """Lets through what comes from one network address as often as `rule` says; refuses with `TooFast`."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        await limiter.spend(rule, origin_of(connection, addresses))

    return guard
