"""Pictures: /api/profile/picture, and /pictures for everyone who has a name of one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from litestar import Response, Router, delete, get, put
from litestar.datastructures import CacheControlHeader
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import Parameter

from hubbub.actions.accounts import Accounts
from hubbub.actions.pictures import Pictures
from hubbub.auth.limits import PICTURES, Limiter
from hubbub.domain.pictures import LARGEST_FILE
from hubbub.http.allowed import allows
from hubbub.http.bearer import limited_by_user, takes
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.resources import OwnPicture

PictureName = Annotated[str, Parameter(description="`picture` of a user or a group.", max_length=128)]
PictureFile = Annotated[
    str, Parameter(description="`64.webp` or `256.webp`, a square of so many pixels.", max_length=16)
]
FOR_EVER = CacheControlHeader(public=True, immutable=True, max_age=365 * 86_400)  # a name is of one picture alone
# Whatever is in it, a browser takes it for nothing but a picture.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass
class PictureBody(Operation):
    """The body is the file itself, whatever type it is said to have."""

    def __post_init__(self) -> None:
        file = OpenAPIMediaType(schema=Schema(description="A PNG, JPEG or WebP."))
        self.request_body = RequestBody(content={"application/octet-stream": file}, required=True)


def picture_routes(accounts: Accounts, pictures: Pictures, limiter: Limiter) -> Router:
    """What a user does with their own picture."""

    @put(
        "/",
        opt=takes("write"),
        guards=[limited_by_user(limiter, PICTURES)],
        request_max_body_size=LARGEST_FILE,
        responses=errors(*SIGNED_IN, *WITH_BODY, 404, 415),
        operation_class=PictureBody,
        summary="Show another picture: a PNG, JPEG or WebP of at most 2 MiB, which is cut to a square",
    )
    async def set_picture(request: HubbubRequest) -> OwnPicture:
        return OwnPicture(
            picture=await pictures.show(await request.body(), partial(accounts.set_picture, request.user.user_id))
        )

    @delete("/", opt=takes("write"), responses=errors(*SIGNED_IN, 404, 507), summary="Show no picture")
    async def remove_picture(request: HubbubRequest) -> None:
        await pictures.hide(partial(accounts.set_picture, request.user.user_id))

    return Router(
        "/profile/picture", route_handlers=[allows("/", "DELETE", "PUT"), set_picture, remove_picture], tags=["account"]
    )


def shown_pictures(pictures: Pictures) -> Router:
    """Pictures for everyone: as public as the profiles that name them."""

    @get(
        "/{picture:str}/{file:str}",
        media_type="image/webp",
        cache_control=FOR_EVER,
        responses=errors(404),
        summary="A picture of a user or a group",
    )
    async def show_picture(picture: PictureName, file: PictureFile) -> Response[bytes]:
        return Response(await pictures.find(picture, file), media_type="image/webp", headers=HEADERS)

    return Router("/pictures", route_handlers=[show_picture], tags=["users"])
