"""/api/tokens and /api/bots: what lets programs in. No API token reaches these."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.params import JSONBody, Parameter

from hubbub.actions.api_tokens import TokenMaking
from hubbub.actions.bots import Bots
from hubbub.http.allowed import allows
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.api_tokens import BotList, MadeToken, NewBot, NewToken, TokenList
from hubbub.wire.ids import require_id
from hubbub.wire.resources import PublicUser

TokenId = Annotated[str, Parameter(description="The id of the token.", schema_extra={"format": "uuid"})]
BotId = Annotated[str, Parameter(description="The id of the bot.", schema_extra={"format": "uuid"})]


def token_routes(tokens: TokenMaking) -> Router:
    @get("/", responses=errors(*SIGNED_IN), summary="One's API tokens, and those of one's bots")
    async def all_tokens(request: HubbubRequest) -> TokenList:
        return await tokens.all(request.user)

    @post(
        "/",
        status_code=200,
        responses=errors(*SIGNED_IN, *WITH_BODY, 404, 409),
        summary="Make an API token, which only this answer tells",
        description="It goes where an access token does. Passwords, keys, sign-ins, tokens, bots and administration "
        "are out of its reach. A new password ends it.",
    )
    async def make_token(request: HubbubRequest, data: JSONBody[NewToken]) -> MadeToken:
        return await tokens.make(request.user, data)

    @delete("/{token_id:str}", responses=errors(*SIGNED_IN, 404, 507), summary="End an API token, and its sockets")
    async def end_token(request: HubbubRequest, token_id: TokenId) -> None:
        await tokens.end(request.user, require_id(token_id, "token_id"))

    return Router(
        "/tokens",
        route_handlers=[allows("/", "GET", "POST"), all_tokens, make_token, end_token],
        tags=["tokens"],
    )


def bot_routes(bots: Bots) -> Router:
    @get("/", responses=errors(*SIGNED_IN), summary="One's bots")
    async def all_bots(request: HubbubRequest) -> BotList:
        return await bots.all(request.user)

    @post(
        "/",
        status_code=200,
        responses=errors(*SIGNED_IN, *WITH_BODY, 409, 422),
        summary="Make a bot: an account that gets in by API tokens alone",
    )
    async def make_bot(request: HubbubRequest, data: JSONBody[NewBot]) -> PublicUser:
        return await bots.make(request.user, data)

    @delete(
        "/{bot_id:str}",
        responses=errors(*SIGNED_IN, 404, 507),
        summary="Put a bot away for good",
        description="Its tokens end and its account is shut; what it said stays.",
    )
    async def put_away(request: HubbubRequest, bot_id: BotId) -> None:
        await bots.put_away(request.user, require_id(bot_id, "bot_id"))

    return Router("/bots", route_handlers=[allows("/", "GET", "POST"), all_bots, make_bot, put_away], tags=["tokens"])
