"""The least that a fan-out can cost: a loop that writes the same bytes to every listener, and does nothing else.

A binary frame makes its socket a listener; every text frame is one broadcast of the text in a file. Broadcasts that
arrive together are one write, so that it is not beaten by mere coalescing.
"""

from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from hashlib import sha1
from pathlib import Path
from typing import cast

import uvloop

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LISTENING = b"\x81\x09listening"


class Bare(asyncio.Protocol):
    __slots__ = ("frame", "left", "listeners", "transport")

    def __init__(self, frame: bytes, listeners: list[asyncio.Transport]) -> None:
        self.frame = frame
        self.listeners = listeners
        self.left: bytes | None = None  # None until the handshake

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.left is None:
            self.transport.write(_response(data))
            self.left = b""
            return
        broadcasts = self._count(self.left + data)
        if broadcasts:
            together = self.frame * broadcasts
            for listener in self.listeners:
                listener.write(together)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport in self.listeners:
            self.listeners.remove(self.transport)

    def _count(self, data: bytes) -> int:
        """The text frames in what arrived."""
        at, texts = 0, 0
        while len(data) - at >= 4:
            length, head = data[at + 1] & 0x7F, 6
            if length == 126:
                length, head = int.from_bytes(data[at + 2 : at + 4], "big"), 8
            if len(data) < at + head + length:
                break
            if data[at] == 0x82:
                self.listeners.append(self.transport)
                self.transport.write(LISTENING)
            texts += data[at] == 0x81
            at += head + length
        self.left = data[at:]
        return texts


def _response(request: bytes) -> bytes:
    key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    accept = b64encode(sha1(key + GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )


def _framed(text: bytes) -> bytes:
    size = len(text)
    return (bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")) + text


async def serve(port: int, text: bytes) -> None:
    frame, listeners = _framed(text), list[asyncio.Transport]()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Bare(frame, listeners), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
