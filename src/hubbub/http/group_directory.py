"""/group: the directory of groups of seed 001, read by anyone, written by who is signed in (protocol, section 5)."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, post, put
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler
from msgspec import UnsetType

from hubbub.actions.groups import Groups
from hubbub.actions.listings import Listings
from hubbub.actions.membership import Membership
from hubbub.actions.starting import Starting
from hubbub.auth.actor import Actor
from hubbub.auth.limits import STARTING, Limiter
from hubbub.http.allowed import allows
from hubbub.http.bearer import GUESTS, takes
from hubbub.http.documentation import OPEN, SIGNED_IN, WITH_BODY, errors
from hubbub.http.forms import body_of, either_form
from hubbub.http.reading_routes import clamped
from hubbub.http.requests import HubbubRequest
from hubbub.http.user_directory import LARGEST_PAGE, After, By, Exactly, Limit, Search
from hubbub.storage.listings import Wanted
from hubbub.wire.errors import NotFound
from hubbub.wire.events import ChangeAlias, StartGroupConversation
from hubbub.wire.ids import is_id, require_id
from hubbub.wire.resources import ChangeGroup
from hubbub.wire.rest import (
    GroupListing,
    ListedGroup,
    PostGroup,
    PutGroup,
)

GroupId = Annotated[str, Parameter(description="The UUID of the group.", schema_extra={"format": "uuid"})]


class GroupWriting:
    """What is done at /group, out of actions that the socket and other routes have too."""

    def __init__(
        self, listings: Listings, groups: Groups, membership: Membership, starting: Starting, limiter: Limiter
    ) -> None:
        self._listings = listings
        self._groups = groups
        self._membership = membership
        self._starting = starting
        self._limiter = limiter

    async def change(self, actor: Actor, group_id: str, asked: PostGroup) -> ListedGroup:
        """Change what is given. Raises `NotFound`, `NotMember`, `NotOwner`, `InvalidKey`."""
        await self._listings.group(group_id)
        changed = ChangeGroup(about=asked.about, listed=asked.listed, public_key=asked.public_key)
        if changed != ChangeGroup():
            await self._groups.change(actor, group_id, changed)
        if not isinstance(asked.name, UnsetType):
            await self._membership.change_alias(actor.user_id, group_id, ChangeAlias(alias=asked.name))
        return await self._listings.group(group_id)

    async def put(self, actor: Actor, group_id: str, asked: PutGroup) -> Response[ListedGroup]:
        """Begin the group; a repeat answers with it. Raises `IdTaken` and as beginning on the socket does."""
        await self._limiter.spend(STARTING, actor.user_id)
        members = [(await self._listings.user(one)).id if not is_id(one.lower()) else one for one in asked.members]
        existed = await self._exists(group_id)
        begin = StartGroupConversation(
            id=group_id,
            user_ids=members,
            alias=asked.name,
            open=asked.open,
            listed=asked.listed,
            about=asked.about,
            public_key=asked.public_key,
            private_key=asked.private_key,
        )
        await self._starting.group(actor.user_id, begin)
        return Response(await self._listings.group(group_id), status_code=200 if existed else 201)

    async def _exists(self, group_id: str) -> bool:
        try:
            await self._listings.group(group_id)
        except NotFound:
            return False
        return True


def group_directory(listings: Listings, writing: GroupWriting) -> list[ControllerRouterHandler]:
    path = "/group/{group_id:str}"

    @get("/group", opt=GUESTS | takes("read"), security=OPEN, responses=errors(*SIGNED_IN), summary="Listed groups")
    async def list_groups(
        q: Search = "",
        name: Exactly = "",
        limit: Limit = 50,
        after: After = "",
        sort: By = "inserted_at",
    ) -> GroupListing:
        size = clamped(limit, LARGEST_PAGE)
        return await listings.groups(Wanted(q.strip(), name, "", sort, after.lower(), size))

    @get(
        path,
        opt=GUESTS | takes("read", "group_id"),
        security=OPEN,
        responses=errors(*SIGNED_IN, 404),
        summary="A group, with its public key",
    )
    async def get_group(group_id: GroupId) -> ListedGroup:
        return await listings.group(require_id(group_id, "group_id"))

    @post(
        path,
        opt=takes("write", "group_id"),
        status_code=200,
        operation_class=either_form(PostGroup),
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 422),
        summary="Change a group",
        description="Its name as any member, the rest as its owner or moderator.",
    )
    async def post_group(request: HubbubRequest, group_id: GroupId) -> ListedGroup:
        asked = await body_of(request, PostGroup)
        return await writing.change(request.user, require_id(group_id, "group_id"), asked)

    @put(
        path,
        opt=takes("write"),
        status_code=201,
        operation_class=either_form(PutGroup),
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409, 422),
        summary="Create a group with this id",
        description="A repeat answers 200 with the group that the first one created.",
    )
    async def put_group(request: HubbubRequest, group_id: GroupId) -> Response[ListedGroup]:
        asked = await body_of(request, PutGroup)
        return await writing.put(request.user, require_id(group_id, "group_id"), asked)

    return [allows("/group", "GET"), list_groups, allows(path, "GET", "POST", "PUT"), get_group, post_group, put_group]
