"""The gateway alone, on a memory bus, with a channel, a network and a clock that tests hold in their hands."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from hubbub.auth.actor import Actor
from hubbub.auth.api_tokens import ApiTokens
from hubbub.auth.revocations import Revocations
from hubbub.auth.tokens import Tokens
from hubbub.bus.counts import Tally
from hubbub.bus.memory import MemoryBus
from hubbub.gateway.channel import Channel, Event, Socket
from hubbub.gateway.connection import Connection
from hubbub.gateway.gateway import Gateway
from hubbub.gateway.livechat import ChatDoor
from hubbub.gateway.topics import Topics
from hubbub.monitoring import Metrics
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Writer
from hubbub.wire.errors import NotMember
from hubbub.wire.ids import new_id

REQUEST = (
    b"GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class SlowChannel:
    """A channel whose joins are answered when `may_answer` is set, or refused then."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.reading = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.refuses = False

    def bus_topic(self, actor: Actor | None, id: str) -> str:
        return f"conversation:{id}"

    async def join(self, socket: Socket, id: str, params: Any) -> Any:
        self.reading.set()
        await self.may_answer.wait()
        if self.refuses:
            raise NotMember()
        return {}

    async def joined(self, socket: Socket, id: str) -> None: ...

    def left(self, socket: Socket, id: str) -> None: ...


class Network(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self._more = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)
        self._more.set()

    async def replies(self, count: int) -> None:
        """Returns when so many have been written."""
        await self.brings(b"phx_reply", count)

    async def brings(self, what: bytes, times: int = 1) -> None:
        """Returns when this has been written so often."""
        async with asyncio.timeout(5):
            while self.written.count(what) < times:
                self._more.clear()
                await self._more.wait()

    def get_protocol(self) -> asyncio.BaseProtocol:
        return asyncio.Protocol()

    def abort(self) -> None: ...

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...


class World:
    def __init__(self) -> None:
        self.bus = MemoryBus()
        self.channel = SlowChannel()
        self.members: set[str] = set()
        self.asked = asyncio.Event()
        self.may_tell = asyncio.Event()  # who the members are, as they were when that was asked
        self.may_tell.set()
        self.now = 1_000_000.0
        self.topics = Topics(self.bus, self._members_among)
        reader = cast("Reader", None)  # revocations are not looked for here
        revocations = Revocations(reader)
        self.gateway = Gateway(
            self.topics,
            {"conversation": cast("Channel", self.channel)},
            Tokens(bytes(32)),
            revocations,
            Metrics(),
            cast("ChatDoor", None),
            Tally(),
            origins=frozenset(),
            max_frame=4096,
            max_unsent=65536,
            api_tokens=ApiTokens(reader, cast("Writer", None), revocations),
            limited=False,
            clock=lambda: self.now,
        )

    async def _members_among(self, conversation_id: str, users: set[str]) -> tuple[set[str], int]:
        found = users & self.members
        self.asked.set()
        await self.may_tell.wait()
        return found, 7

    def connect(self, user: str, seconds: float = 1800) -> tuple[Connection, Network]:
        """A signed-in socket whose token ends in so many seconds."""
        connection, network = Connection(self.gateway), Network()
        connection.connection_made(network)
        connection.data_received(REQUEST)
        connection.sign_in(Actor(user, new_id(), int(self.now + seconds)))
        return connection, network
