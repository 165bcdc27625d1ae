"""/api/channels: finding, beginning, changing and subscribing (seed 000; Hubbub protocol, section 5)."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, patch, post, put
from litestar.params import JSONBody, Parameter

from hubbub.actions.channels import Channels
from hubbub.actions.closing import Closing
from hubbub.http.allowed import allows
from hubbub.http.bearer import GUESTS, actor_of, takes
from hubbub.http.documentation import OPEN, SIGNED_IN, WITH_BODY, errors
from hubbub.http.reading_routes import DEFAULT_PAGE, LARGEST_PAGE, PageSize, PageToken, clamped
from hubbub.http.requests import HubbubRequest
from hubbub.wire.ids import require_id
from hubbub.wire.resources import ChangeChannel, Channel, ChannelPage, NewChannel

ChannelId = Annotated[str, Parameter(description="The UUID of the channel.", schema_extra={"format": "uuid"})]
IdOrName = Annotated[str, Parameter(description="The UUID of the channel, or its name.", max_length=128)]
Search = Annotated[str | None, Parameter(description="Text in title, name or about, in any case.", max_length=128)]


def channel_routes(channels: Channels, closing: Closing) -> Router:
    @get(
        "/",
        opt=GUESTS | takes("read"),
        security=OPEN,
        responses=errors(*SIGNED_IN),
        summary="A page of channels, oldest first",
        description="Guests are shown those that anyone may read.",
    )
    async def channel_page(
        request: HubbubRequest,
        page_token: PageToken = None,
        page_size: PageSize = DEFAULT_PAGE,
        q: Search = None,
    ) -> ChannelPage:
        return await channels.page(actor_of(request), page_token or None, clamped(page_size, LARGEST_PAGE), q)

    @post(
        "/",
        opt=takes("write"),
        status_code=200,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409),
        summary="Begin a channel, as its owner and first subscriber",
        description="A repeat with the same `id` answers with the channel that the first one began.",
    )
    async def begin_channel(request: HubbubRequest, data: JSONBody[NewChannel]) -> Channel:
        return await channels.begin(request.user, data)

    @get(
        "/{channel_id:str}",
        opt=GUESTS | takes("read", "channel_id"),
        security=OPEN,
        responses=errors(*SIGNED_IN, 404),
        summary="One channel, by id or by name",
    )
    async def channel(request: HubbubRequest, channel_id: IdOrName) -> Channel:
        return await channels.find(actor_of(request), channel_id)

    @patch(
        "/{channel_id:str}",
        opt=takes("write", "channel_id"),
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404),
        summary="Change one's own channel; what is left out stays",
    )
    async def change_channel(request: HubbubRequest, channel_id: ChannelId, data: JSONBody[ChangeChannel]) -> Channel:
        return await channels.change(request.user, require_id(channel_id, "channel_id"), data)

    @delete(
        "/{channel_id:str}",
        opt=takes("write", "channel_id"),
        responses=errors(*SIGNED_IN, 403, 404, 409, 507),
        summary="Close one's own channel for good, or as an administrator any",
        description="Every subscriber loses it, on every device, and what was said in it goes.",
    )
    async def close_channel(request: HubbubRequest, channel_id: ChannelId) -> None:
        await closing.close(request.user.user_id, require_id(channel_id, "channel_id"))

    @put(
        "/{channel_id:str}/subscription",
        opt=takes("write", "channel_id"),
        status_code=200,
        responses=errors(*SIGNED_IN, 404, 409, 507),
        summary="Subscribe, on every device at once",
    )
    async def subscribe(request: HubbubRequest, channel_id: ChannelId) -> Channel:
        return await channels.subscribe(request.user, require_id(channel_id, "channel_id"))

    @delete(
        "/{channel_id:str}/subscription",
        opt=takes("write", "channel_id"),
        responses=errors(*SIGNED_IN, 404, 507),
        summary="Subscribe no longer; what was read stays readable",
    )
    async def unsubscribe(request: HubbubRequest, channel_id: ChannelId) -> None:
        await channels.unsubscribe(request.user, require_id(channel_id, "channel_id"))

    handlers = [
        *(allows("/", "GET", "POST"), channel_page, begin_channel),
        *(allows("/{channel_id:str}", "DELETE", "GET", "PATCH"), channel, change_channel, close_channel),
        *(allows("/{channel_id:str}/subscription", "DELETE", "PUT"), subscribe, unsubscribe),
    ]
    return Router("/channels", route_handlers=handlers, tags=["channels"])
