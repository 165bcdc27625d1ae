"""What operators and their machines ask: is it alive, is it ready, what does it count."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import MediaType, Request, Response, Router, get
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hubbub.monitoring import CONTENT_TYPE, Family, Metrics, exposition
from hubbub.wire.errors import Forbidden

Check = Callable[[], Awaitable[bool]]
Collect = Callable[[], Awaitable[list[Family]]]

PEER = "hubbub.peer"
FORWARDED = {b"forwarded", b"x-forwarded-for", b"x-real-ip"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Readiness:
    """Runs the named checks. A check that hangs counts as failed, and is not started twice."""

    def __init__(self, checks: Mapping[str, Check], seconds: float = 2) -> None:
        self._checks = checks
        self._seconds = seconds
        self._running: dict[str, asyncio.Future[bool]] = {}

    async def failing(self) -> list[str]:
        """The names of the checks that do not hold."""
        for name, check in self._checks.items():
            if name not in self._running or self._running[name].done():
                self._running[name] = asyncio.ensure_future(check())
        await asyncio.wait(self._running.values(), timeout=self._seconds)
        return [name for name, outcome in self._running.items() if not _holds(outcome)]


def _holds(outcome: asyncio.Future[bool]) -> bool:
    return outcome.done() and outcome.exception() is None and outcome.result()


def operations_router(readiness: Readiness, collect: Collect, metrics_token: str = "") -> Router:
    """The routes /healthz, /readyz and /metrics.

    `collect` gives the families of every worker. /metrics answers the machine itself, and, when there is a
    `metrics_token`, whoever bears it; all others get `Forbidden`.
    """

    @get("/healthz", media_type=MediaType.TEXT, include_in_schema=True, summary="The process is alive")
    async def healthz() -> str:
        return "ok\n"

    @get("/readyz", summary="Everything that requests need answers", cache_control=None)
    async def readyz() -> Response[dict[str, object]]:
        failing = await readiness.failing()
        body: dict[str, object] = {"status": "failing" if failing else "ready", "failing": failing}
        return Response(body, status_code=503 if failing else 200)

    @get("/metrics", media_type=MediaType.TEXT, summary="Counts in Prometheus' text format")
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not (_bears(request, metrics_token) or _is_this_machine(request)):
            raise Forbidden("Metrics are for the machine itself, or for the bearer of the metrics token.")
        return Response(exposition(await collect()), media_type=CONTENT_TYPE)

    return Router("/", route_handlers=[healthz, readyz, metrics], tags=["operations"])


def _bears(request: Request[Any, Any, Any], token: str) -> bool:
    given = request.headers.get("authorization", "")
    return bool(token) and hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {token}".encode())


def _is_this_machine(request: Request[Any, Any, Any]) -> bool:
    """By the peer's own address. A proxy on this machine speaks for others: its headers give it away."""
    if any(name in FORWARDED for name, _ in request.scope["headers"]):
        return False
    peer: Any = request.scope.get(PEER, request.scope.get("client"))
    try:
        return peer is not None and ipaddress.ip_address(str(peer[0])).is_loopback
    except ValueError:
        return False


# --- around every request -----------------------------------------------------------------------------------


def observed(app: Any, metrics: Metrics, trusted_proxies: list[str]) -> Any:
    """The ASGI application `app` with its requests counted, and told who asks.

    That is the client of a proxy that is trusted, else the peer; /metrics goes by the peer alone.
    """
    behind_proxies: Any = ProxyHeadersMiddleware(app, trusted_proxies)

    async def observe(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        status = 500

        async def watch(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        scope[PEER] = scope.get("client")
        try:
            await behind_proxies(scope, receive, watch)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            metrics.request(method, scope.get("path_template") or "unmatched", status)

    return observe
