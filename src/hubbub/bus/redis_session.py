"""One pair of connections to Redis, from connecting until the first thing that goes wrong with either.

One connection publishes, the other listens. A session is proved by a canary: a random token, published on a
channel of this process alone that was subscribed after all others, that comes back. The same canary, again and
again, is the heart-beat: when Redis answers nothing for a while (it is paused, or the network swallows all) the
session fails.
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from redis.asyncio import Connection

from hubbub.bus import batch
from hubbub.bus.outgoing import Outgoing
from hubbub.bus.subscriptions import Subscriptions

SUBSCRIBED_AT_ONCE = 1000  # channels in one command, so that Redis serves others in between
SUBSCRIBED_A_SECOND = 10_000  # what a slow Redis can be expected to do when everything is subscribed anew


@dataclass(frozen=True)
class Channels:
    """The names of Redis channels: one per topic, one of this process alone, one that all processes hear."""

    topic_prefix: str
    canary: str
    lost: str

    @classmethod
    def of(cls, prefix: str, process: bytes) -> Channels:
        return cls(f"{prefix}:topic:", f"{prefix}:canary:{process.hex()}", f"{prefix}:lost")


@dataclass(frozen=True)
class Pace:
    """Seconds: between two heart-beats; until Redis counts as gone; that a join waits for its subscription."""

    heartbeat: float = 2.0
    patience: float = 3.0
    listening: float = 2.0


class Session:
    """Sends what waits in `outgoing` and keeps Redis told of `subscriptions`, until something fails."""

    def __init__(
        self,
        publisher: Connection,
        subscriber: Connection,
        *,
        channels: Channels,
        header: bytes,
        outgoing: Outgoing,
        subscriptions: Subscriptions,
        arrived: Callable[[bytes, bytes], None],
        alive: Callable[[], Awaitable[None]],
        pace: Pace,
    ) -> None:
        self._publisher = publisher
        self._subscriber = subscriber
        self._channels = channels
        self._header = header
        self._outgoing = outgoing
        self._subscriptions = subscriptions
        self._arrived = arrived
        self._alive = alive
        self._pace = pace
        self._topic_prefix = channels.topic_prefix.encode()
        self._canary = channels.canary.encode()
        self._canary_heard = asyncio.Event()
        self._echoes: dict[bytes, asyncio.Future[None]] = {}
        self._unacknowledged: deque[int] = deque()  # events in each PUBLISH that Redis has not answered yet

    async def run(self) -> None:
        """Work until something fails; raises what failed, in an exception group."""
        async with asyncio.timeout(self._pace.patience):
            await self._publisher.connect()  # type: ignore[no-untyped-call]
            await self._subscriber.connect()  # type: ignore[no-untyped-call]
        self._subscriptions.forget_told()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive())
            tasks.create_task(self._subscribe())
            tasks.create_task(self._read_acknowledgements())
            tasks.create_task(self._publish())
            tasks.create_task(self._prove_again_and_again())

    async def announce_loss(self) -> None:
        """Tell every other process that it may have missed something of this one."""
        await self._send_publishes([(self._channels.lost, self._header, 0)])

    async def finish(self) -> None:
        """Send what waits; returns when Redis has passed it on."""
        await self._publish_waiting()
        await self._echo()

    async def close(self) -> int:
        """End both connections; returns how many published events may not have reached Redis."""
        await self._publisher.disconnect(nowait=True)
        await self._subscriber.disconnect(nowait=True)
        return sum(self._unacknowledged)

    # --- listening ---

    async def _subscribe(self) -> None:
        await self._tell_changes()
        await self._subscriber.send_command("SUBSCRIBE", self._channels.lost, self._channels.canary)
        while True:
            await self._subscriptions.wait()
            await self._tell_changes()

    async def _tell_changes(self) -> None:
        added, removed = self._subscriptions.take_changes()
        for command, topics in (("SUBSCRIBE", added), ("UNSUBSCRIBE", removed)):
            for some in _in_chunks(topics, SUBSCRIBED_AT_ONCE):
                names = [self._channels.topic_prefix + topic for topic in some]
                await self._subscriber.send_command(command, *names)

    async def _receive(self) -> None:
        read = self._subscriber.read_response
        while True:
            kind, channel, content = await read(timeout=math.inf)
            if kind != b"message":
                self._confirmed(channel)
            elif channel == self._canary:
                self._echoed(content)
            else:
                self._arrived(channel, content)

    def _confirmed(self, channel: bytes) -> None:
        if channel == self._canary:
            self._canary_heard.set()
        elif channel.startswith(self._topic_prefix):
            self._subscriptions.answered(channel[len(self._topic_prefix) :].decode())

    def _echoed(self, token: bytes) -> None:
        echo = self._echoes.pop(token, None)
        if echo is not None and not echo.done():
            echo.set_result(None)

    # --- publishing ---

    async def _publish(self) -> None:
        while True:
            await self._outgoing.wait()
            await self._publish_waiting()

    async def _publish_waiting(self) -> None:
        prefix, header = self._channels.topic_prefix, self._header
        waiting = self._outgoing.take().items()
        await self._send_publishes(
            [(prefix + topic, batch.sealed(header, events), len(events)) for topic, events in waiting]
        )

    async def _send_publishes(self, publishes: Sequence[tuple[str, bytes, int]]) -> None:
        """Send (channel, content, number of events) each as a PUBLISH, all in one pipeline."""
        self._unacknowledged.extend([count for _, _, count in publishes])
        commands = [("PUBLISH", channel, content) for channel, content, _ in publishes]
        await self._publisher.send_packed_command(self._publisher.pack_commands(commands))

    async def _read_acknowledgements(self) -> None:
        read = self._publisher.read_response
        while True:
            await read(timeout=math.inf)
            self._unacknowledged.popleft()

    # --- proving that it works ---

    async def _prove_again_and_again(self) -> None:
        everything = self._pace.patience + len(self._subscriptions.wanted) / SUBSCRIBED_A_SECOND
        async with asyncio.timeout(everything):
            await self._canary_heard.wait()
            await self._echo()
        await self._alive()
        while True:
            await asyncio.sleep(self._pace.heartbeat)
            async with asyncio.timeout(self._pace.patience):
                await self._echo()
                await self._alive()

    async def _echo(self) -> None:
        token = secrets.token_bytes(16)
        echo = self._echoes[token] = asyncio.get_running_loop().create_future()
        await self._send_publishes([(self._channels.canary, token, 0)])
        await echo


def _in_chunks(topics: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (topics[start : start + size] for start in range(0, len(topics), size))
