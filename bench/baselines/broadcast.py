"""Fan-out by the library that most would take: `websockets.broadcast`, on uvloop, without compression.

A binary message makes its socket a listener; every text message is one broadcast of the text in a file.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast
from websockets.asyncio.server import serve as serve_sockets


async def serve(port: int, text: str) -> None:
    listeners: set[ServerConnection] = set()

    async def handle(socket: ServerConnection) -> None:
        try:
            async for message in socket:
                if isinstance(message, bytes):
                    listeners.add(socket)
                    await socket.send("listening")
                else:
                    broadcast(listeners, text)
        finally:
            listeners.discard(socket)

    async with serve_sockets(
        handle, "127.0.0.1", port, compression=None, ping_interval=None, write_limit=2**20, backlog=4096
    ):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2]).read_text()))
