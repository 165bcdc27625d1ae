"""A small Phoenix Channels client for tests: it speaks versions 1.0.0 and 2.0.0 and hides nothing that the server says.

Every frame stays in `frames`, in the order of arrival. `wait_for` hands each frame out once, so that waiting for the
same event again waits for the next one.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE = 15.0  # seconds: only a failing test waits so long
V1: Final = "1.0.0"
V2: Final = "2.0.0"
SUBPROTOCOL = "phoenix"

Ref = str | int | None
Predicate = Callable[[Any], object]


class Frame(NamedTuple):
    """One frame of the server; in version 1 `join_ref` is None, as it is not on the wire."""

    join_ref: Ref
    ref: Ref
    topic: str
    event: str
    payload: Any


class Reply(NamedTuple):
    """`status` is `ok` or `error`."""

    status: str
    response: Any


class Refused(Exception):
    """The server answered with status `error`; `reason` is its stable code."""

    def __init__(self, response: Any) -> None:
        super().__init__(json.dumps(response))
        self.response = response
        self.reason = response.get("reason")


async def refusal(asked: Awaitable[Any]) -> dict[str, Any]:
    """The response with which `asked` is refused; the test fails when it is not."""
    with pytest.raises(Refused) as refused:
        await asked
    response: dict[str, Any] = refused.value.response
    return response


class SocketClosed(Exception):
    """The socket closed while something was waited for."""


class Client:
    """One socket. Made by `connect`; closed by `close`, or `drop` for a client that vanishes."""

    def __init__(self, connection: ClientConnection, vsn: str | None) -> None:
        self.frames: list[Frame] = []
        self.vsn = vsn or V1
        self.joined: dict[str, Ref] = {}  # topic -> the join_ref under which this client is in it
        self._connection = connection
        self._refs: Iterator[int] = itertools.count(1)
        self._taken: set[int] = set()
        self._arrived = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(
        cls,
        url: str,
        token: str | None = None,
        vsn: str | None = V2,
        *,
        as_subprotocol: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Open a socket at `url`, which is a server's `ws_url`; without a token as a guest.

        `vsn` None leaves the parameter out. The token goes as a connect parameter, or as the subprotocol that browsers
        send. Raises `websockets.exceptions.InvalidStatus` when the server refuses.
        """
        query = dict(params or {})
        if vsn is not None:
            query["vsn"] = vsn
        if token is not None and not as_subprotocol:
            query["token"] = token
        offered = [SUBPROTOCOL, bearer_subprotocol(token)] if token is not None and as_subprotocol else []
        connection = await connect(
            f"{url}/websocket?{urlencode(query)}",
            subprotocols=[Subprotocol(name) for name in offered] or None,
            additional_headers=dict(headers or {}),
            compression=None,
            max_size=None,
            ping_interval=None,
            proxy=None,
        )
        return cls(connection, vsn)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- asking ---------------------------------------------------------------------------------------------------

    async def join(self, topic: str, params: Any = None, *, deadline: float = PATIENCE) -> Any:
        """Join and return the response; raises `Refused`. A second join of a topic is one, as the server sees it."""
        ref = self.next_ref()
        await self.send(ref, ref, topic, "phx_join", {} if params is None else params)
        status, response = await self.reply_to(topic, ref, deadline=deadline)
        if status != "ok":
            raise Refused(response)
        self.joined[topic] = ref
        return response

    async def leave(self, topic: str, *, deadline: float = PATIENCE) -> Reply:
        ref = self.next_ref()
        await self.send(self.joined.pop(topic, ref), ref, topic, "phx_leave", {})
        return await self.reply_to(topic, ref, deadline=deadline)

    async def push(self, topic: str, event: str, payload: Any = None, *, deadline: float = PATIENCE) -> Reply:
        """Push to a topic, joined or not, and return the reply, whichever it is."""
        ref = self.next_ref()
        await self.send(self.joined.get(topic), ref, topic, event, {} if payload is None else payload)
        return await self.reply_to(topic, ref, deadline=deadline)

    async def ask(self, topic: str, event: str, payload: Any = None, *, deadline: float = PATIENCE) -> Any:
        """Push, and return the response of an `ok`; raises `Refused`."""
        status, response = await self.push(topic, event, payload, deadline=deadline)
        if status != "ok":
            raise Refused(response)
        return response

    async def heartbeat(self, *, deadline: float = PATIENCE) -> Reply:
        """Also shows that everything that the server wrote to this socket before has been read."""
        ref = self.next_ref()
        await self.send(None, ref, "phoenix", "heartbeat", {})
        return await self.reply_to("phoenix", ref, deadline=deadline)

    def next_ref(self) -> str:
        return str(next(self._refs))

    async def send(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: Any) -> None:
        """One frame, as given; raises `ConnectionClosed`."""
        await self.send_raw(json.dumps(self._frame(join_ref, ref, topic, event, payload)))

    def _frame(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: Any) -> Any:
        if self.vsn == V2:
            return [join_ref, ref, topic, event, payload]
        return {"topic": topic, "event": event, "payload": payload, "ref": ref}

    async def send_raw(self, data: str | bytes) -> None:
        """Text or bytes as they are."""
        await self._connection.send(data)

    # --- hearing --------------------------------------------------------------------------------------------------

    async def wait_for(
        self,
        topic: str,
        event: str,
        predicate: Predicate = lambda payload: True,
        deadline: float = PATIENCE,
    ) -> Any:
        """The payload of the first frame, of those not handed out yet, that is this; raises `TimeoutError`."""
        frame = await self.wait_for_frame(
            lambda frame: frame.topic == topic and frame.event == event and bool(predicate(frame.payload)),
            deadline,
            f"{event} on {topic}",
        )
        return frame.payload

    async def reply_to(self, topic: str, ref: Ref, *, deadline: float = PATIENCE) -> Reply:
        """The reply to a frame that was sent with `ref`."""
        frame = await self.wait_for_frame(
            lambda frame: (frame.topic, frame.event, frame.ref) == (topic, "phx_reply", ref),
            deadline,
            f"the reply to {ref} on {topic}",
        )
        return Reply(frame.payload["status"], frame.payload["response"])

    async def wait_for_frame(
        self, predicate: Callable[[Frame], bool], deadline: float = PATIENCE, what: str = "a frame"
    ) -> Frame:
        """As `wait_for`, of whole frames. Raises `SocketClosed` when it cannot come any more."""
        start = 0
        try:
            async with asyncio.timeout(deadline):
                while True:
                    for place in range(start, len(self.frames)):
                        if place not in self._taken and predicate(self.frames[place]):
                            self._taken.add(place)
                            return self.frames[place]
                    start = len(self.frames)
                    if self._reading.done():
                        raise SocketClosed(f"closed with {self.close_code} before {what}")
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise TimeoutError(f"no {what} in {deadline} s; the last frames: {self.frames[-5:]}") from None

    def heard(self, topic: str, event: str) -> list[Any]:
        """The payloads of all such frames so far."""
        return [frame.payload for frame in self.frames if frame.topic == topic and frame.event == event]

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                self.frames.append(self._parsed(text))
                self._arrived.set()
        except ConnectionClosed:
            pass  # `close_code` says how
        finally:
            self._arrived.set()

    def _parsed(self, text: str | bytes) -> Frame:
        body = json.loads(text)
        if self.vsn == V2:
            assert isinstance(body, list), text
            return Frame(*body)
        assert body.keys() == {"topic", "event", "payload", "ref"}, text
        return Frame(None, body["ref"], body["topic"], body["event"], body["payload"])

    # --- the end --------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return not self._reading.done()

    @property
    def close_code(self) -> int | None:
        """The code that the socket closed with: 1006 when it went without a close frame, None while it is open."""
        return self._connection.close_code

    async def wait_closed(self, deadline: float = PATIENCE) -> int:
        """The close code, once the server closed the socket; raises `TimeoutError`."""
        async with asyncio.timeout(deadline):
            await asyncio.wait({self._reading})
            await self._connection.wait_closed()
        assert self.close_code is not None
        return self.close_code

    async def close(self) -> None:
        """Close as a client that says so."""
        await self._connection.close()
        await asyncio.wait({self._reading})

    async def drop(self) -> None:
        """Vanish without a word, as a client that lost its network."""
        self._connection.transport.abort()
        await asyncio.wait({self._reading})

    def stop_reading(self) -> None:
        """From now on nothing is taken from the network: a client that is too slow."""
        self._connection.transport.pause_reading()


def bearer_subprotocol(token: str) -> str:
    return "base64url.bearer.phx." + base64.b64encode(token.encode()).decode().rstrip("=")
