"""What a path may be asked, where several handlers share it."""

from __future__ import annotations

from litestar import HttpMethod, Response, route
from litestar.handlers import HTTPRouteHandler


def allows(path: str, *methods: str) -> HTTPRouteHandler:
    """The answer to OPTIONS on a path of several handlers: Litestar's own knows only the first of them."""

    @route(path, http_method=HttpMethod.OPTIONS, include_in_schema=False, status_code=204)
    async def allowed() -> Response[None]:
        return Response(None, headers={"Allow": ", ".join(sorted(("OPTIONS", *methods)))})

    return allowed
