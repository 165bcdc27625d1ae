"""A client of `/ws/chat` that knows what seed 004 says and nothing more. What it hears stays in `heard`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.people import Server
from tests.phoenix import PATIENCE

Heard = dict[str, Any]


class Chat:
    """One socket; made by `connect`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.heard: list[Heard] = []
        self.connection = connection
        self._arrived = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, server: Server, **headers: str) -> Self:
        """Raises `websockets.exceptions.InvalidStatus` when the server refuses."""
        url = server.url.replace("http", "ws", 1) + "/ws/chat"
        return cls(
            await connect(
                url, additional_headers=headers, compression=None, max_size=None, ping_interval=None, proxy=None
            )
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drop()

    async def say(self, type: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": type, **fields}))

    async def wait_for(self, type: str, predicate: Callable[[Heard], object] = lambda heard: True) -> Heard:
        """The first of this type that is this; raises `TimeoutError`."""
        seen = 0
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    for message in self.heard[seen:]:
                        if message["type"] == type and predicate(message):
                            return message
                    seen = len(self.heard)
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise TimeoutError(f"no such {type}; the last that was heard: {self.heard[-5:]}") from None

    async def wait_closed(self) -> int | None:
        """The close code."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({self._reading})
            await self.connection.wait_closed()
        return self.connection.close_code

    async def drop(self) -> None:
        """Vanish without a word."""
        self.connection.transport.abort()
        await asyncio.wait({self._reading})

    async def _read(self) -> None:
        try:
            async for text in self.connection:
                self.heard.append(json.loads(text))
                self._arrived.set()
        except ConnectionClosed:
            pass
