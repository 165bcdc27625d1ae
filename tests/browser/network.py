"""The cable between one visitor and the server: it can be pulled, put back, and swallow what the server answers."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self


class Cable:
    """A relay on a port of its own to `127.0.0.1:port`: the one address by which the visitor knows the server."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._connected = True
        self._swallowing = False
        self._stranded: set[asyncio.Task[None]] = set()
        self._streams: set[asyncio.StreamWriter] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listening is not None
        self._listening.close()
        self.pull()
        await asyncio.gather(*self._relays)

    @property
    def url(self) -> str:
        assert self._listening is not None
        return f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"

    def pull(self) -> None:
        """Nothing goes through, and what was open ends at once."""
        self._connected = False
        for stream in self._streams:
            stream.transport.abort()

    def put_back(self) -> None:
        self._connected, self._swallowing = True, False

    def swallow_answers(self) -> None:
        """From now on the server hears the visitor, who hears nothing any more."""
        self._swallowing = True

    def strand(self) -> None:
        """What is open stays open and is silent for good, as after a sleep; what is opened from now on works."""
        self._stranded |= self._relays

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.current_task()
        assert relay is not None
        self._relays.add(relay)
        self._streams.add(writer)
        try:
            if self._connected:
                await self._relay(reader, writer)
        finally:
            writer.transport.abort()
            self._streams.discard(writer)
            self._relays.discard(relay)
            self._stranded.discard(relay)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.current_task()
        assert relay is not None
        with contextlib.suppress(OSError):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._target)
            self._streams.add(to_server)
            try:
                there = asyncio.create_task(self._pump(relay, reader, to_server, answers=False))
                await self._pump(relay, from_server, writer, answers=True)
                there.cancel()
                await asyncio.gather(there, return_exceptions=True)
            finally:
                to_server.transport.abort()
                self._streams.discard(to_server)

    async def _pump(
        self, relay: asyncio.Task[None], source: asyncio.StreamReader, target: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if relay in self._stranded or (answers and self._swallowing):
                    continue
                target.write(data)
                await target.drain()
