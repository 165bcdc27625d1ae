"""Somebody leaves a conversation while a join of theirs is being answered: they must not listen on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from hubbub.auth.actor import Actor
from hubbub.auth.revocations import Revocations
from hubbub.auth.tokens import LIFETIME, Tokens
from hubbub.bus.memory import MemoryBus
from hubbub.bus.port import Published
from hubbub.gateway.channel import Channel, Event, Socket
from hubbub.gateway.connection import Connection
from hubbub.gateway.gateway import Gateway
from hubbub.gateway.topics import Topics
from hubbub.gateway.websocket import TEXT
from hubbub.monitoring import Metrics
from hubbub.storage.engine import Reader
from hubbub.wire.ids import new_id
from tests.bad_input.raw import frame

TOPIC = "conversation:1"
REQUEST = (
    b"GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class SlowChannel:
    """A channel whose joins are answered when `may_answer` is set."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.reading = asyncio.Event()
        self.may_answer = asyncio.Event()

    def bus_topic(self, actor: Actor | None, id: str) -> str:
        return f"conversation:{id}"

    async def join(self, socket: Socket, id: str, params: Any) -> Any:
        self.reading.set()
        await self.may_answer.wait()
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
        async with asyncio.timeout(5):
            while self.written.count(b"phx_reply") < count:
                self._more.clear()
                await self._more.wait()

    def get_protocol(self) -> asyncio.BaseProtocol:
        return asyncio.Protocol()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...


class World:
    def __init__(self) -> None:
        self.bus = MemoryBus()
        self.channel = SlowChannel()
        self.members: set[str] = set()
        self.asked = asyncio.Event()
        self.topics = Topics(self.bus, self._members_among)
        reader = cast("Reader", None)  # revocations are not looked for here
        self.gateway = Gateway(
            self.topics,
            {"conversation": cast("Channel", self.channel)},
            Tokens(bytes(32)),
            Revocations(reader),
            Metrics(),
            origins=frozenset(),
            max_frame=4096,
            max_unsent=65536,
            limited=False,
        )

    async def _members_among(self, conversation_id: str, users: set[str]) -> tuple[set[str], int]:
        self.asked.set()
        return users & self.members, 7

    def connect(self, user: str) -> tuple[Connection, Network]:
        connection, network = Connection(self.gateway), Network()
        connection.connection_made(network)
        connection.data_received(REQUEST)
        connection.sign_in(Actor(user, new_id(), 2**40 + LIFETIME))
        return connection, network


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.bus.start(world.topics.deliver, lambda: None)
    world.gateway.start()
    yield world
    world.gateway.wheel.stop()
    await world.bus.close()


@pytest.mark.parametrize("still_a_member", [True, False])
async def test_who_left_while_the_join_was_read_is_not_let_in(world: World, still_a_member: bool) -> None:
    user = new_id()
    world.members = {user} if still_a_member else set()
    connection, network = world.connect(user)
    connection.data_received(frame(TEXT, json.dumps(["1", "1", TOPIC, "phx_join", {}]).encode()))
    await world.channel.reading.wait()
    world.bus.publish(Published(TOPIC, "leave_conversation", b"{}", members_version=7))
    await world.asked.wait()
    world.channel.may_answer.set()
    await network.replies(1)
    assert (b"not_member" in network.written) is not still_a_member
    world.bus.publish(Published(TOPIC, "new_message", b'"for members"', members_version=7))
    connection.data_received(frame(TEXT, b'[null,"2","phoenix","heartbeat",{}]'))
    await network.replies(2)
    await world.bus.close()  # delivers what waits
    assert (b"for members" in network.written) is still_a_member
