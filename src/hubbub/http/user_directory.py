"""/user: the directory of users of seed 001, read by anyone, written by oneself (Hubbub protocol, section 5)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

from litestar import Response, get, post, put
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from hubbub.actions.accounts import Accounts
from hubbub.actions.listings import Listings
from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.auth.actor import Actor
from hubbub.auth.limits import REGISTER, Addresses, Limiter
from hubbub.domain.handles import is_handle
from hubbub.http.allowed import allows
from hubbub.http.bearer import GUESTS, actor_of, origin_of, takes
from hubbub.http.devices import device_of
from hubbub.http.documentation import OPEN, SIGNED_IN, WITH_BODY, errors
from hubbub.http.forms import body_of, either_form
from hubbub.http.reading_routes import clamped
from hubbub.http.requests import HubbubRequest
from hubbub.storage.listings import Wanted
from hubbub.wire.errors import BadInput, Forbidden, IdTaken, NotFound
from hubbub.wire.resources import ChangeProfile, Register, SignedIn
from hubbub.wire.rest import (
    ListedUser,
    PostUser,
    PutUser,
    Sort,
    UserListing,
)

LARGEST_PAGE = 100

UserName = Annotated[str, Parameter(description="The user's name.", max_length=128)]
Search = Annotated[str, Parameter(description="Text in the names, in any case.", max_length=128)]
Exactly = Annotated[str, Parameter(description="Exactly this, in any case.", max_length=128)]
After = Annotated[str, Parameter(description="`after` of the page before.", max_length=128)]
Limit = Annotated[int, Parameter(description=f"Wanted items; at most {LARGEST_PAGE} come.")]
By = Annotated[Sort, Parameter(description="What they are sorted by; with a minus before it, the other way round.")]


class Users:
    """What is done at /user, out of actions that other routes have too."""

    def __init__(
        self, listings: Listings, accounts: Accounts, work: ProofOfWork, limiter: Limiter, addresses: Addresses
    ) -> None:
        self._listings = listings
        self._accounts = accounts
        self._work = work
        self._limiter = limiter
        self._addresses = addresses

    async def change(self, actor: Actor, name: str, asked: PostUser | PutUser) -> ListedUser:
        """Change one's own account. Raises `NotFound`, `Forbidden`."""
        user = await self._listings.user(name)
        if user.id != actor.user_id:
            raise Forbidden("This is another user.")
        await self._accounts.update_profile(user.id, ChangeProfile(display_name=asked.display_name, about=asked.about))
        return await self._listings.user(name)

    async def put(self, request: HubbubRequest, name: str, asked: PutUser) -> Response[SignedIn | ListedUser]:
        """Create the account, or change it when it is the actor's. Raises `IdTaken` when it is another's."""
        actor = actor_of(request)
        try:
            user = await self._listings.user(name)
        except NotFound:
            return Response(await self._create(request, name.lower(), asked), status_code=201)
        if actor is None or user.id != actor.user_id:
            raise IdTaken("This name is taken.")
        return Response(await self.change(actor, name, asked), status_code=200)

    async def _create(self, request: HubbubRequest, name: str, asked: PutUser) -> SignedIn:
        if asked.email is None or asked.password is None:
            raise BadInput("A new account has an email and a password.")
        if not is_handle(name):
            raise BadInput("user_name: lower-case letters, digits and single dashes, 2 to 32 of them.")
        origin = origin_of(request, self._addresses)
        await self._limiter.spend(REGISTER, origin)
        new = Register(
            email=asked.email,
            password=asked.password,
            display_name=asked.display_name or name,
            invitation=asked.invitation,
        )
        # Who brings a token is known, and proves nothing else; how many accounts they make is limited all the same.
        known = nullcontext() if actor_of(request) else None
        async with known or self._work.guarded("register", origin, asked.email, asked.captcha):
            made = await self._accounts.register(new, handle=name, device=device_of(request))
        if asked.about:
            await self._accounts.update_profile(made.user.id, ChangeProfile(about=asked.about))
        return made


def user_directory(listings: Listings, users: Users) -> list[ControllerRouterHandler]:
    path = "/user/{user_name:str}"

    @get(
        "/user",
        opt=GUESTS | takes("read"),
        security=OPEN,
        responses=errors(*SIGNED_IN),
        summary="Users, as anyone may see them",
    )
    async def list_users(
        q: Search = "",
        name: Exactly = "",
        display_name: Exactly = "",
        limit: Limit = 50,
        after: After = "",
        sort: By = "inserted_at",
    ) -> UserListing:
        size = clamped(limit, LARGEST_PAGE)
        return await listings.users(Wanted(q.strip(), name, display_name, sort, after, size))

    @get(
        path,
        opt=GUESTS | takes("read"),
        security=OPEN,
        responses=errors(*SIGNED_IN, 404),
        summary="A user, as anyone may see them",
    )
    async def get_user(user_name: UserName) -> ListedUser:
        return await listings.user(user_name)

    @post(
        path,
        opt=takes("write"),
        status_code=200,
        operation_class=either_form(PostUser),
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404),
        summary="Change one's own account",
    )
    async def post_user(request: HubbubRequest, user_name: UserName) -> ListedUser:
        return await users.change(request.user, user_name, await body_of(request, PostUser))

    @put(
        path,
        status_code=201,
        opt=GUESTS | takes("write"),
        security=OPEN,
        operation_class=either_form(PutUser),
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 409, 422, 428),
        summary="Create an account of this name and sign in",
        description="200, and the user, where it is one's own already: then it is changed.",
    )
    async def put_user(request: HubbubRequest, user_name: UserName) -> Response[SignedIn | ListedUser]:
        return await users.put(request, user_name, await body_of(request, PutUser))

    return [allows("/user", "GET"), list_users, allows(path, "GET", "POST", "PUT"), get_user, post_user, put_user]
