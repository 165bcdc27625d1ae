"""OpenAPI 3.1 of every route, as plain JSON: nothing that a browser would fetch from elsewhere."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Server
from litestar.types import ControllerRouterHandler

from hubbub.http.problems import MEDIA_TYPE
from hubbub.http.requests import HubbubRequest
from hubbub.wire import api_tokens, joining, livechat, passkeys, resources, rest, sessions
from hubbub.wire.events import Author, ChoiceRow, Pulled, RemovalRow
from hubbub.wire.pages import MessagePage
from hubbub.wire.resources import Problem

BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
OPEN: list[dict[str, list[str]]] = [{}]  # beside BEARER: or nothing, for guests
DESCRIPTION = """A chat server. Live use is over the socket at /socket/websocket (Phoenix Channels);
this is the other door to the same actions. Unknown keys of requests are ignored. Errors are RFC 9457 problems
whose `code` is stable."""
# What any route may answer: bad input, too fast, a mistake of ours, the database away or full.
ALWAYS = (400, 429, 500, 503)
WITH_BODY = (413, 507)
SIGNED_IN = (401,)
BODIES = (
    resources.Register,
    passkeys.PasskeySignIn,
    passkeys.SignedInByPasskey,
    passkeys.BeginRegistration,
    passkeys.RegisterWithPasskey,
    passkeys.PasskeyRequest,
    passkeys.PasskeyCreation,
    passkeys.BeginPasskey,
    passkeys.NewPasskey,
    passkeys.RenamePasskey,
    passkeys.RemovePasskey,
    passkeys.PasskeyRow,
    passkeys.PasskeyList,
    resources.Prelogin,
    resources.Stretching,
    resources.Login,
    resources.Refresh,
    resources.SignedIn,
    sessions.SessionList,
    joining.NewInvitation,
    joining.InvitationRow,
    joining.MadeInvitation,
    joining.InvitationList,
    joining.Challenge,
    api_tokens.NewToken,
    api_tokens.MadeToken,
    api_tokens.TokenList,
    api_tokens.NewBot,
    api_tokens.BotList,
    resources.ChangePassword,
    resources.ChangeProfile,
    resources.Profile,
    resources.RegisterKeys,
    resources.OwnKeys,
    resources.PublicKeys,
    resources.OwnPicture,
    resources.ClientSettings,
    resources.UserPage,
    resources.PublicUser,
    Author,
    resources.ChatRegister,
    resources.ChatLogin,
    resources.NewChatPassword,
    resources.ChatAccount,
    livechat.ChatHistory,
    MessagePage,
    resources.PrivateConversation,
    ChoiceRow,
    resources.ChoiceList,
    resources.ChangeRole,
    resources.NewSanction,
    resources.SanctionRow,
    resources.SanctionList,
    resources.NewRemoval,
    RemovalRow,
    resources.NewReport,
    resources.ReportRow,
    resources.ReportPage,
    resources.Resolution,
    resources.AuditPage,
    resources.NewChannel,
    resources.ChangeChannel,
    resources.Channel,
    resources.ChannelPage,
    resources.AcceptConduct,
    resources.ConductText,
    resources.OwnUser,
    resources.Leaderboard,
    resources.Ranked,
    resources.NewRoom,
    resources.Room,
    resources.RoomList,
    resources.JoinRoom,
    resources.JoinedRoom,
    resources.NewRoomMessage,
    resources.RoomMessages,
    resources.ChangeGroup,
    resources.AskToJoin,
    resources.Group,
    resources.GroupPage,
    resources.JoinRequests,
    *(rest.PutUser, rest.PostUser, rest.PutGroup, rest.PostGroup, rest.ChatEntry, rest.PutChat),
    Pulled,
    Problem,
)


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """The `responses` of a route that may refuse with these statuses, besides those that every route may."""
    return {
        status: ResponseSpec(
            Problem, description=HTTPStatus(status).phrase, media_type=MEDIA_TYPE, generate_examples=False
        )
        for status in sorted({*ALWAYS, *statuses})
    }


def documentation(routes: Callable[[], Sequence[ControllerRouterHandler]], version: str, public_url: str) -> Router:
    """/schema and /schema/openapi.json: the document of what `routes` makes.

    It is made when it is first asked for, and kept: making it takes longer than all else at the start of a server.
    """
    document = cache(partial(_document, routes, version, public_url))

    @get(["/schema", "/schema/openapi.json"], include_in_schema=False)
    async def schema() -> Response[bytes]:
        return Response(await to_thread(document), media_type="application/vnd.oai.openapi+json")

    return Router("/", route_handlers=[schema])


def _document(routes: Callable[[], Sequence[ControllerRouterHandler]], version: str, public_url: str) -> bytes:
    """A second application makes it, because Litestar would serve pages beside it that load scripts from elsewhere."""
    config = OpenAPIConfig(
        title="Hubbub",
        version=version,
        description=DESCRIPTION,
        servers=[Server(url=public_url)],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        render_plugins=[JsonRenderPlugin()],
    )
    described = Litestar(
        route_handlers=routes(), request_class=HubbubRequest, openapi_config=config, logging_config=None
    )
    return msgspec.json.encode(_served(described.openapi_schema.to_schema()))


def _served(document: dict[str, Any]) -> dict[str, Any]:
    """The document as the server keeps it.

    Every 400 is a `Problem`: Litestar adds a shape of its own, which is never sent. The types are described
    by msgspec, which checks them: Litestar's description leaves out the limits of what is inside lists.
    """
    for operation in _operations(document):
        if refused := operation["responses"].get("400"):
            refused["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    _, components = msgspec.json.schema_components(BODIES, ref_template="#/components/schemas/{name}")
    document["components"]["schemas"].update(components)
    return document


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from (operation for operation in methods.values() if isinstance(operation, dict))


def socket_documentation(document: dict[str, Any]) -> Router:
    """/schema/asyncapi.json: the reference of the socket, which the gateway makes."""
    encoded = msgspec.json.encode(document)

    @get("/schema/asyncapi.json", include_in_schema=False)
    async def asyncapi() -> Response[bytes]:
        return Response(encoded, media_type="application/vnd.aai.asyncapi+json;version=3.0.0")

    return Router("/", route_handlers=[asyncapi])
