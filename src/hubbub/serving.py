"""uvicorn on one listening socket, from the first request to the last acknowledged commit.

A stop is orderly: the listening socket closes first, then `drain` tells the sockets to reconnect elsewhere,
then requests under way are answered. It has a deadline, and a second signal does not wait for it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn

from hubbub.config import Settings, WrongSettings
from hubbub.http.arriving import ArrivingRequest

log = structlog.get_logger("hubbub.serving")

FORCED = 3  # exit status of a stop that did not wait
# Seconds: systemd signals every process of a service, and a supervisor passes signals on; both are one wish to stop.
ONE_WISH = 1.0


def listening_socket(settings: Settings, *, port: int | None = None, shared: bool = False) -> socket.socket:
    """A socket bound to the configured address; `shared` lets several processes listen on it, each for
    itself.

    Raises `WrongSettings` when the address cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port if port is None else port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(address)
    except OSError as error:
        sentence = f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}."
        raise WrongSettings([sentence]) from error
    bound.set_inheritable(False)
    return bound


class Serving(uvicorn.Server):
    """A uvicorn that leaves signals to `serve`, and drains the sockets before it waits for requests."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._drain = drain

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._drain()
        await super().shutdown(sockets)


async def serve(
    app: Any,
    sockets_class: Callable[..., asyncio.Protocol],
    settings: Settings,
    bound: socket.socket,
    *,
    drain: Callable[[], Awaitable[None]],
    lifeline: int | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, or until the other end of `lifeline` (a pipe) is closed.

    `sockets_class` is what uvicorn hands an upgraded connection to. Returns when the last request is
    answered; what is still running `drain_seconds` after the signal ends with the process.
    """
    serving = Serving(_config(app, sockets_class, settings), drain)
    with _stopped_by_signals(serving, settings.drain_seconds, lifeline):
        await serving.serve([bound])


def _config(app: Any, sockets_class: Callable[..., asyncio.Protocol], settings: Settings) -> uvicorn.Config:
    try:
        config = uvicorn.Config(
            app,
            loop="none",
            http=ArrivingRequest,
            ws=sockets_class,  # type: ignore[arg-type]
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # `observed` believes the trusted ones, and keeps the peer's address
            # Requests may take most of the time that a stop has; the rest is for what they wrote.
            timeout_graceful_shutdown=max(1, settings.drain_seconds * 2 // 3),
            ssl_certfile=settings.tls_cert or None,
            ssl_keyfile=settings.tls_key or None,
            backlog=4096,
        )
        config.load()
    except (ssl.SSLError, OSError) as error:
        sentence = "tls_cert and tls_key are not a certificate chain and its key in PEM."
        raise WrongSettings([sentence]) from error
    return config


@contextmanager
def _stopped_by_signals(serving: Serving, seconds: int, lifeline: int | None) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    deadline = threading.Timer(seconds, _force, ["the drain took too long"])
    deadline.daemon = True
    asked_at = 0.0

    def stop(reason: str) -> None:
        nonlocal asked_at
        if serving.should_exit:
            if loop.time() - asked_at > ONE_WISH:
                _force("a second signal")
            return
        asked_at = loop.time()
        log.info("stopping", reason=reason)
        serving.should_exit = True
        deadline.start()  # a thread: it must end the process even when the event loop is stuck

    def abandoned() -> None:
        loop.remove_reader(lifeline or 0)
        if not serving.should_exit:
            stop("the supervisor is gone")

    loop.add_signal_handler(signal.SIGTERM, stop, "SIGTERM")
    if lifeline is None:
        loop.add_signal_handler(signal.SIGINT, stop, "SIGINT")
    else:  # Ctrl-C reaches a whole group of processes: the supervisor's workers hear of it from the supervisor
        loop.add_reader(lifeline, abandoned)
    yield


def _force(reason: str) -> None:
    """End now, threads and all. What was acknowledged is on disk; what was not, clients send again."""
    log.error("stop_forced", reason=reason)
    os._exit(FORCED)
