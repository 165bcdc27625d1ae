"""A socket of a client under load: answers go to who asked, pushes to one place, and nothing is kept."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.people import Server
from tests.phoenix import V2, Refused

Heard = Callable[[str, str, Any], None]  # topic, event, payload

ANSWER_WITHIN = 30.0  # seconds; an answer that takes longer is taken for lost, and the socket with it


class LineLost(Exception):
    """The socket is gone, with this close code; 1006 without a close frame."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Line:
    """One socket from its opening to its end. `hear` gets every push, before any answer that came after it."""

    def __init__(self, connection: ClientConnection, hear: Heard) -> None:
        self._connection = connection
        self._hear = hear
        self._refs = itertools.count(1)
        self._joins: dict[str, str] = {}
        self._asked: dict[str, asyncio.Future[Any]] = {}

    @classmethod
    async def open(cls, server: Server, token: str, hear: Heard) -> Self:
        """Raises what `websockets` raises when there is no server, or none that lets one in."""
        return cls(
            await connect(
                f"{server.ws_url}/websocket?{urlencode({'vsn': V2, 'token': token})}",
                compression=None,
                max_size=None,
                ping_interval=None,
                proxy=None,
                open_timeout=5,
            ),
            hear,
        )

    async def read(self) -> None:
        """Hand out what arrives until the socket ends; then raises `LineLost`."""
        try:
            async for text in self._connection:
                _, ref, topic, event, payload = json.loads(text)
                if event == "phx_reply":
                    self._answered(ref, payload)
                else:
                    self._hear(topic, event, payload)
        except ConnectionClosed:
            pass
        raise LineLost(self._connection.close_code or 1006)

    def _answered(self, ref: str, payload: Any) -> None:
        asked = self._asked.pop(ref, None)
        if asked is None or asked.done():
            return
        if payload["status"] == "ok":
            asked.set_result(payload["response"])
        else:
            asked.set_exception(Refused(payload["response"]))

    async def join(self, topic: str, params: Any = None) -> Any:
        """The document of the join; raises `Refused`, `LineLost`."""
        ref = self._joins[topic] = str(next(self._refs))
        return await self._send(ref, ref, topic, "phx_join", params or {})

    async def ask(self, topic: str, event: str, payload: Any) -> Any:
        """Push, and return the response; raises `Refused`, `LineLost`."""
        return await self._send(self._joins[topic], str(next(self._refs)), topic, event, payload)

    async def _send(self, join_ref: str, ref: str, topic: str, event: str, payload: Any) -> Any:
        answer = self._asked[ref] = asyncio.get_running_loop().create_future()
        try:
            await self._connection.send(json.dumps([join_ref, ref, topic, event, payload]))
            async with asyncio.timeout(ANSWER_WITHIN):
                return await answer
        except ConnectionClosed:
            raise LineLost(self._connection.close_code or 1006) from None
        finally:
            self._asked.pop(ref, None)

    def cut(self) -> None:
        """End it without a word, whatever is under way."""
        self._connection.transport.abort()

    async def drop(self) -> None:
        """As `cut`; returns when it is gone."""
        self.cut()
        await self._connection.wait_closed()
