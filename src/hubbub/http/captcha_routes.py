"""/auth/captcha: what to solve before registering or signing in."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.auth.limits import CAPTCHA, Addresses, Limiter
from hubbub.http.bearer import limited
from hubbub.http.documentation import errors
from hubbub.wire.joining import Challenge, Purpose

For = Annotated[Purpose, QueryParameter(name="purpose", description="What it is to be solved for.")]


def captcha_route(work: ProofOfWork, limiter: Limiter, addresses: Addresses) -> HTTPRouteHandler:
    @get(
        "/captcha",
        guards=[limited(limiter, addresses, CAPTCHA)],
        responses=errors(400, 429),
        summary="A challenge to solve before registering or signing in",
        description=(
            "As altcha has it, version 2, so that its widget can be pointed here. What it makes is sent as `captcha`, "
            "once and within ten minutes."
        ),
    )
    async def captcha(purpose: For) -> Challenge:
        return work.challenge(purpose)

    return captcha
