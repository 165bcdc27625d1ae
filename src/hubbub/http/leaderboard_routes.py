"""/api/leaderboard: who writes most, and is given most reactions, in channels (seed 000)."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import Parameter

from hubbub.actions.leaderboard import Leaderboards
from hubbub.http.bearer import takes
from hubbub.http.documentation import SIGNED_IN, errors
from hubbub.http.reading_routes import clamped
from hubbub.http.requests import HubbubRequest
from hubbub.wire.resources import Leaderboard, Period

LARGEST_BOARD = 100
DEFAULT_BOARD = 20

ChannelOrName = Annotated[
    str | None, Parameter(description="The UUID of a channel, or its name; without it, all of them.", max_length=128)
]
Wanted = Annotated[int, Parameter(description=f"Wanted items; at most {LARGEST_BOARD} come.")]
Ending = Annotated[Period, Parameter(description="Ending today, in UTC: today, seven days, or since the beginning.")]


def leaderboard_routes(leaderboards: Leaderboards) -> Router:
    @get(
        "/",
        opt=takes("read"),
        responses=errors(*SIGNED_IN, 404),
        summary="Who writes most and is given most reactions, in channels",
    )
    async def leaderboard(
        request: HubbubRequest,
        channel: ChannelOrName = None,
        period: Ending = "week",
        limit: Wanted = DEFAULT_BOARD,
    ) -> Leaderboard:
        return await leaderboards.show(request.user, channel or None, period, clamped(limit, LARGEST_BOARD))

    return Router("/leaderboard", route_handlers=[leaderboard], tags=["channels"])
