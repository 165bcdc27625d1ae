"""Requests that never end, on a real socket: they are let go, and those that end are answered."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import uvicorn

from hubbub.http import arriving
from hubbub.http.arriving import ArrivingRequest

PATIENCE = 10.0  # seconds; only a failing test waits so long


class Quiet(uvicorn.Server):
    """One that leaves signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body, once it is there."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server of this protocol."""
    config = uvicorn.Config(app, http=ArrivingRequest, lifespan="off", log_config=None, loop="none")
    bound = socket.create_server(("127.0.0.1", 0))
    server = Quiet(config)
    running = asyncio.create_task(server.serve([bound]))
    reader, writer = await asyncio.open_connection(*bound.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await running


async def test_a_whole_request_is_answered_and_the_next_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "LARGEST_HEAD", 100)
    async with serving() as (reader, writer), asyncio.timeout(PATIENCE):
        for _ in range(2):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + b"b" * 5000)
            answer = await reader.readuntil(b"5000\r\n0\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"]
)
async def test_one_that_never_ends_is_let_go(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "ARRIVES_WITHIN", 0.05)
    async with serving() as (reader, writer), asyncio.timeout(PATIENCE):
        writer.write(sent)
        assert await reader.read() == b""


async def test_a_second_one_that_never_ends_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "ARRIVES_WITHIN", 0.05)
    async with serving() as (reader, writer), asyncio.timeout(PATIENCE):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n")
        assert (await reader.read()).count(b"HTTP/1.1 ") == 1


async def test_a_head_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "LARGEST_HEAD", 10)
    async with serving() as (reader, writer), asyncio.timeout(PATIENCE):
        writer.write(b"GET / HTTP/1.1\r\n")
        answer = await _trickle(reader, writer)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.endswith(b"The headers are too large.\n")


async def _trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Send header after header until an answer comes; all of the answer."""
    first = asyncio.create_task(reader.read(1))
    while not first.done():
        writer.write(b"X-More: and more\r\n")
        await asyncio.wait({first}, timeout=0.01)
    return first.result() + await reader.read()
