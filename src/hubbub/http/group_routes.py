"""/api/groups: finding, coming in, asking and deciding who comes in, and what a group shows of itself (seed 001)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from litestar import Response, Router, delete, get, patch, put
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody
from litestar.params import JSONBody, Parameter
from litestar.types import ControllerRouterHandler

from hubbub.actions.groups import Groups
from hubbub.actions.join_requests import JoinRequests
from hubbub.actions.pictures import Pictures
from hubbub.auth.limits import PICTURES, Limiter
from hubbub.domain.pictures import LARGEST_FILE
from hubbub.http.allowed import allows
from hubbub.http.bearer import limited_by_user, takes
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.picture_routes import PictureBody
from hubbub.http.reading_routes import DEFAULT_PAGE, LARGEST_PAGE, PageSize, PageToken, UserId, clamped
from hubbub.http.requests import HubbubRequest, decode
from hubbub.wire import resources
from hubbub.wire.ids import require_id
from hubbub.wire.resources import AskToJoin, ChangeGroup, Group, GroupPage, OwnPicture

GroupId = Annotated[str, Parameter(description="The UUID of the group.", schema_extra={"format": "uuid"})]
Search = Annotated[str | None, Parameter(description="Text in the title, in any case.", max_length=128)]
ASKED = {202: ResponseSpec(Group, description="Asked: the members decide.", generate_examples=False)}


@dataclass
class _AskingBody(Operation):
    """The body may be left out: where anyone may join there is nothing to say."""

    def __post_init__(self) -> None:
        schema = Reference(ref="#/components/schemas/AskToJoin")
        self.request_body = RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=False)


def group_routes(groups: Groups, requests: JoinRequests, pictures: Pictures, limiter: Limiter) -> Router:
    shown = [*_finding(groups), *_membership(groups), *_requests(requests), *_picture(groups, pictures, limiter)]
    return Router("/groups", route_handlers=shown, tags=["groups"])


def _finding(groups: Groups) -> list[ControllerRouterHandler]:
    @get(
        "/",
        opt=takes("read"),
        responses=errors(*SIGNED_IN),
        summary="A page of the groups that are listed, oldest first",
    )
    async def group_page(
        request: HubbubRequest,
        page_token: PageToken = None,
        page_size: PageSize = DEFAULT_PAGE,
        q: Search = None,
    ) -> GroupPage:
        return await groups.page(request.user, page_token or None, clamped(page_size, LARGEST_PAGE), q)

    @get(
        "/{group_id:str}",
        opt=takes("read", "group_id"),
        responses=errors(*SIGNED_IN, 404),
        summary="One group, listed or not",
    )
    async def group(request: HubbubRequest, group_id: GroupId) -> Group:
        return await groups.find(request.user, require_id(group_id, "group_id"))

    @patch(
        "/{group_id:str}",
        opt=takes("write", "group_id"),
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 422),
        summary="Change what a group shows of itself, as its owner or moderator",
    )
    async def change_group(request: HubbubRequest, group_id: GroupId, data: JSONBody[ChangeGroup]) -> Group:
        return await groups.change(request.user, require_id(group_id, "group_id"), data)

    return [group_page, allows("/{group_id:str}", "GET", "PATCH"), group, change_group]


def _membership(groups: Groups) -> list[ControllerRouterHandler]:
    path = "/{group_id:str}/membership"

    @put(
        path,
        opt=takes("write", "group_id"),
        status_code=200,
        operation_class=_AskingBody,
        responses=ASKED | errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409),
        summary="Come in, or ask to be let in",
        description="200: one is a member. 202: the members were asked; `requested` says so until they decide.",
    )
    async def enter_group(request: HubbubRequest, group_id: GroupId) -> Response[Group]:
        body = await request.body()
        asked = decode(body, AskToJoin) if body else AskToJoin()
        group = await groups.enter(request.user, require_id(group_id, "group_id"), asked)
        return Response(group, status_code=200 if group.member else 202)

    @delete(
        path,
        opt=takes("write", "group_id"),
        responses=errors(*SIGNED_IN, 404, 422, 507),
        summary="Leave, or ask no more",
        description="A sealed group is left on the socket, with a signed link.",
    )
    async def leave_group(request: HubbubRequest, group_id: GroupId) -> None:
        await groups.leave(request.user, require_id(group_id, "group_id"))

    return [allows(path, "DELETE", "PUT"), enter_group, leave_group]


def _requests(requests: JoinRequests) -> list[ControllerRouterHandler]:
    @get(
        "/{group_id:str}/requests",
        opt=takes("read", "group_id"),
        responses=errors(*SIGNED_IN, 404),
        summary="Who asks to be let in, for members",
    )
    async def join_requests(request: HubbubRequest, group_id: GroupId) -> resources.JoinRequests:
        return await requests.shown_to(request.user, require_id(group_id, "group_id"))

    @delete(
        "/{group_id:str}/requests/{user_id:str}",
        opt=takes("write", "group_id"),
        responses=errors(*SIGNED_IN, 404, 507),
        summary="Decline, as a member",
        description="Members let in with `modify_conversation`.",
    )
    async def decline_request(request: HubbubRequest, group_id: GroupId, user_id: UserId) -> None:
        await requests.decline(request.user, require_id(group_id, "group_id"), require_id(user_id, "user_id"))

    return [join_requests, decline_request]


def _picture(groups: Groups, pictures: Pictures, limiter: Limiter) -> list[ControllerRouterHandler]:
    path = "/{group_id:str}/picture"

    @put(
        path,
        opt=takes("write", "group_id"),
        guards=[limited_by_user(limiter, PICTURES)],
        request_max_body_size=LARGEST_FILE,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 415),
        operation_class=PictureBody,
        summary="Show another picture of the group: a PNG, JPEG or WebP of at most 2 MiB, which is cut to a square",
    )
    async def set_group_picture(request: HubbubRequest, group_id: GroupId) -> OwnPicture:
        name = partial(groups.set_picture, require_id(group_id, "group_id"), request.user.user_id)
        return OwnPicture(picture=await pictures.show(await request.body(), name))

    @delete(
        path,
        opt=takes("write", "group_id"),
        responses=errors(*SIGNED_IN, 403, 404, 507),
        summary="Show no picture of the group",
    )
    async def remove_group_picture(request: HubbubRequest, group_id: GroupId) -> None:
        await pictures.hide(partial(groups.set_picture, require_id(group_id, "group_id"), request.user.user_id))

    return [allows(path, "DELETE", "PUT"), set_group_picture, remove_group_picture]
