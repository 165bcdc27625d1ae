"""A socket for load: RFC 6455 and Phoenix Channels 2.0.0 on asyncio's protocols, with little work per frame."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec

TEXT, BINARY, CLOSE = 0x81, 0x82, 0x88  # final frames
SILENCE = 15.0  # seconds that a socket may well be silent
PATIENCE = 60.0  # seconds for any one answer
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
PUSH = b"[null,"  # how a broadcast begins; a reply begins with the join_ref

Address = tuple[str, int]


class Closed(Exception):
    """The server ended the socket, or never opened it."""


class Refused(Exception):
    """A reply whose status is not ok."""


# What is said: a message of the usual length.
CONTENT = "This is a message of the usual length: two short sentences of chat."


class Reply(msgspec.Struct, array_like=True):
    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: msgspec.Raw


class Status(msgspec.Struct):
    status: str
    response: msgspec.Raw


_decode_reply = msgspec.json.Decoder(Reply).decode
_decode_status = msgspec.json.Decoder(Status).decode


# --- frames -----------------------------------------------------------------------------------------------------------


def masked(payload: bytes, first: int = TEXT) -> bytes:
    """One client's frame with a random mask."""
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65536:
        head = bytes((first, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + size.to_bytes(8, "big")
    mask = os.urandom(4)
    pattern = (mask * (size // 4 + 1))[:size]
    body = int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")
    return head + mask + body.to_bytes(size, "big")


def wire_length(payload: bytes) -> int:
    """Bytes of a server's frame with this payload."""
    size = len(payload)
    return size + (2 if size < 126 else 4 if size < 65536 else 10)


class Frames:
    """Cuts what a server sends into payloads. `closed` is the code of a close frame, once there was one."""

    __slots__ = ("_left", "closed")

    def __init__(self) -> None:
        self._left = b""
        self.closed: int | None = None

    def feed(self, data: bytes) -> list[bytes]:
        if self._left:
            data = self._left + data
        at, size, found = 0, len(data), []
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length >= 126:
                start += 2 if length == 126 else 8
                if size < start:
                    break
                length = int.from_bytes(data[at + 2 : start], "big")
            end = start + length
            if size < end:
                break
            if data[at] == TEXT:
                found.append(data[start:end])
            elif data[at] == CLOSE:
                self.closed = int.from_bytes(data[start : start + 2], "big")
            at = end
        self._left = data[at:] if at < size else b""
        return found


def message(topic: str, id: str) -> bytes:
    """The frame that says something in a conversation, under an id of the client's making."""
    push = [join_ref_of(topic), "9", topic, "send_message", {"id": id, "content": CONTENT}]
    return masked(msgspec.json.encode(push))


# An answer to no ping, which RFC 6455 (5.5.3) allows: it shows that the client is there, and asks for nothing back.
STILL_HERE = masked(b"", 0x8A)


def join_ref_of(topic: str) -> str:
    """The join_ref of a topic: one for each kind, so that frames can be made ahead."""
    return {"system": "1", "user": "2"}.get(topic.partition(":")[0], "3")


class Ids:
    """UUIDs as clients make them (RFC 9562, version 7): later ones sort later."""

    def __init__(self) -> None:
        stamp, random = f"{time.time_ns() // 1_000_000:012x}", secrets.token_hex(3)
        self._first = f"{stamp[:8]}-{stamp[8:]}-7{random[:3]}-8{random[3:]}-"
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"{self._first}{self._count:012x}"


# --- sockets ----------------------------------------------------------------------------------------------------------


class Client(asyncio.Protocol):
    """One socket that asks and waits for answers; for load its transport is given another protocol."""

    def __init__(self, host: str, token: str | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._request = _handshake(host, token)
        self._head: bytes | None = b""  # of the response; None when it was read
        self._frames = Frames()
        self._asked: dict[str, asyncio.Future[msgspec.Raw]] = {}
        self._refs = 0
        self.opened: asyncio.Future[None] = self._loop.create_future()
        self._listening: asyncio.Future[None] = self._loop.create_future()
        self._wanted = b""
        self._heard = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are transports without saying so
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            data = self._read_head(self._head + data)
        for payload in self._frames.feed(data):
            if payload.startswith(b"["):
                self._answered(payload)
            else:
                self._listening.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        lost = Closed(f"the server closed a socket ({self._frames.closed})")
        if not self.opened.done():
            self.opened.set_exception(lost)
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(lost)

    def _read_head(self, data: bytes) -> bytes:
        """What follows the response's head, when that is complete."""
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            self._head = data
            return b""
        self._head = None
        if not self.opened.done():
            if head.startswith(b"HTTP/1.1 101"):
                self.opened.set_result(None)
            else:
                self.opened.set_exception(Closed(head.decode(errors="replace")))
        return rest

    def _answered(self, payload: bytes) -> None:
        if payload.startswith(PUSH):
            if self._wanted and self._wanted in payload:
                self._heard.set()
            return
        reply = _decode_reply(payload)
        waiting = self._asked.pop(reply.ref or "", None)
        if waiting is None or waiting.done():
            return
        status = _decode_status(reply.payload)
        if status.status == "ok":
            waiting.set_result(status.response)
        else:
            waiting.set_exception(Refused(bytes(status.response).decode()))

    # --- asking ---------------------------------------------------------------------------------------------------

    async def ask(self, topic: str, event: str, payload: Any = None) -> Any:
        """The response of one push."""
        return msgspec.json.decode(await self._ask([(topic, event, payload or {})]))

    async def join(self, topics: Iterable[str]) -> None:
        """Join all at once, as a client does when its socket opens; each topic is its own join_ref."""
        await self._ask([(topic, "phx_join", {}) for topic in topics])

    async def _ask(self, pushes: list[tuple[str, str, Any]]) -> msgspec.Raw:
        waiting, frames = [], []
        for topic, event, payload in pushes:
            self._refs += 1
            ref = str(self._refs)
            self._asked[ref] = self._loop.create_future()
            waiting.append(self._asked[ref])
            join_ref = join_ref_of(topic)
            frames.append(masked(msgspec.json.encode([join_ref, ref, topic, event, payload])))
        self.transport.write(b"".join(frames))
        async with asyncio.timeout(PATIENCE):
            return [await each for each in waiting][-1]

    async def listen(self) -> None:
        """Become a listener of a baseline, by the binary frame that they take for it."""
        self.transport.write(masked(b"listen", BINARY))
        async with asyncio.timeout(PATIENCE):
            await self._listening

    def listen_for(self, part: bytes) -> asyncio.Event:
        """Set when a push comes that has this in it."""
        self._wanted, self._heard = part, asyncio.Event()
        return self._heard

    def drop(self) -> None:
        """End without a farewell, and without a port that stays taken for a minute."""
        if not self.transport.is_closing():
            end: socket.socket = self.transport.get_extra_info("socket")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self.transport.abort()


async def connect(address: Address, token: str | None = None) -> Client:
    """An open socket; without a token a guest's."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: Client(f"{address[0]}:{address[1]}", token), *address)
    async with asyncio.timeout(PATIENCE):
        await client.opened
    return client


@asynccontextmanager
async def staying(clients: Sequence[Client]) -> AsyncIterator[None]:
    """Meanwhile those of the clients that have come stay: silent sockets would be closed."""

    async def stay() -> None:
        while True:
            await asyncio.sleep(SILENCE)
            for client in clients:
                client.transport.write(STILL_HERE)

    task = asyncio.ensure_future(stay())
    try:
        yield
    finally:
        task.cancel()


def _handshake(host: str, token: str | None) -> bytes:
    query = f"&token={token}" if token else ""
    return (
        f"GET /socket/websocket?vsn=2.0.0{query} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
    ).encode()
