"""A socket down to its bytes: what no client library would send."""

from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.people import Server

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
PATIENCE = 15.0


class Response(NamedTuple):
    """How the server answered the handshake."""

    status: int
    headers: str
    body: str


def frame(
    opcode: int, payload: bytes = b"", *, first: int = 0x80, masked: bool = True, announced: int | None = None
) -> bytes:
    """A frame of a client; `first` holds FIN and the reserved bits, `announced` a length other than the real one."""
    length = len(payload) if announced is None else announced
    bit = 0x80 if masked else 0
    head = bytes([first | opcode])
    if length < 126:
        head += bytes([bit | length])
    elif length < 0x1_0000:
        head += bytes([bit | 126]) + length.to_bytes(2, "big")
    else:
        head += bytes([bit | 127]) + length.to_bytes(8, "big")
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def request(
    server: Any,
    *,
    path: str = "/socket/websocket",
    query: str = "vsn=2.0.0",
    method: str = "GET",
    headers: tuple[str, ...] = (),
) -> bytes:
    """The head of an upgrade."""
    lines = [
        f"{method} {path}?{query} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class RawSocket:
    """One TCP connection. `ask` sends a handshake; after a 101 `receive` gives the server's frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, server: Any) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", server.port))

    @classmethod
    async def open(cls, server: Any, token: str = "") -> Self:
        socket = await cls.connect(server)
        answer = await socket.ask(request(server, query=f"vsn=2.0.0&token={token}"))
        assert answer.status == 101, answer
        return socket

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.transport.abort()

    async def ask(self, head: bytes) -> Response:
        await self.send(head)
        async with asyncio.timeout(PATIENCE):
            status_line, _, headers = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").partition("\r\n")
            status = int(status_line.split(" ")[1])
            body = b"" if status == 101 else await self._reader.read()
        return Response(status, headers.lower(), body.decode())

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame."""
        async with asyncio.timeout(PATIENCE):
            first, length = await self._reader.readexactly(2)
            if length >= 126:
                length = int.from_bytes(await self._reader.readexactly(2 if length == 126 else 8), "big")
            return first & 0x0F, await self._reader.readexactly(length)

    async def close_code(self) -> int:
        """The code of the close frame, after whatever else comes before it."""
        while True:
            opcode, payload = await self.receive()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big")

    async def vanish(self) -> None:
        self._writer.transport.abort()


async def status_of(server: Server, head: bytes) -> Response:
    async with await RawSocket.connect(server) as socket:
        return await socket.ask(head)
