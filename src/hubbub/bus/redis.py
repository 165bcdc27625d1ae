"""The bus of a server that is many processes, through Redis or Valkey.

Listeners of the process that publishes are served directly, as by the memory bus, so that one process goes on
by itself when Redis is away. The others are served by PUBLISH; a process subscribes only topics that it has
listeners for.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets

import msgspec
import structlog
from redis.asyncio import Connection, ConnectionPool
from redis.exceptions import RedisError

from hubbub.bus import batch
from hubbub.bus.delivery import Delivery
from hubbub.bus.ending import end
from hubbub.bus.outgoing import MOST_BYTES_WAITING, Outgoing
from hubbub.bus.port import Deliver, Interrupted, Published
from hubbub.bus.redis_session import Channels, Pace, Session
from hubbub.bus.subscriptions import Subscriptions

log = structlog.get_logger("hubbub.bus")

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0  # seconds before a new attempt to connect; doubles with each failure
BETWEEN_INTERRUPTIONS = 1.0  # seconds; interruptions that follow each other closer are told as one
MOST_PROCESSES_REMEMBERED = 1024


class RedisBus:
    """Keeps the promises of `Bus` between all processes with the same `url` and `prefix`.

    `dropped` counts published events that may not have reached Redis, `interruptions` how often `interrupted`
    was called, `connected` tells whether the bus works now.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "hubbub",
        pace: Pace | None = None,
        most_bytes_waiting: int = MOST_BYTES_WAITING,
    ) -> None:
        """`url` as redis-py takes it: redis://, rediss:// or unix://. Raises `ValueError` for any other."""
        self._pool = ConnectionPool.from_url(url, protocol=2, socket_timeout=None)
        self._pace = pace or Pace()
        self._process = secrets.token_bytes(batch.PROCESS_BYTES)
        self._channels = Channels.of(prefix, self._process)
        self._lost_channel = self._channels.lost.encode()
        self._subscriptions = Subscriptions()
        self._outgoing = Outgoing(most_bytes_waiting)
        self._session_number = 0
        self._session: Session | None = None
        self._sessions_of_others: dict[bytes, int] = {}
        self._failure_reported = False
        self._missed = False  # others' events, since `interrupted` was last called
        self._lost = 0  # own events that did not reach Redis, all told
        self._dropped_announced = 0
        self.interruptions = 0

    @property
    def connected(self) -> bool:
        return self._session is not None

    @property
    def dropped(self) -> int:
        return self._lost + self._outgoing.dropped

    # --- the port ---

    async def start(self, deliver: Deliver, interrupted: Interrupted) -> None:
        loop = asyncio.get_running_loop()
        self._delivery = Delivery(deliver)
        self._interrupted = interrupted
        self._earliest_interruption = loop.time()
        self._interruption: asyncio.TimerHandle | None = None
        self._works = asyncio.Event()
        self._away_since = loop.time()
        self._task = loop.create_task(self._one_session_after_another())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace.listening):
                await self._works.wait()
        self._missed = not self.connected

    def publish(self, published: Published) -> None:
        if published.topic in self._subscriptions.wanted:
            self._delivery.add(published)
        if self._session is None:
            self._lost += 1
        else:
            self._outgoing.add(published)

    async def listen(self, topic: str) -> None:
        self._subscriptions.want(topic)
        if self.connected and self._subscriptions.in_force(topic):
            return
        coming = self._subscriptions.coming_into_force(topic)
        _, late = await asyncio.wait([coming], timeout=self._listen_patience())
        if late:
            coming.add_done_callback(self._came_late)

    def _came_late(self, _: asyncio.Future[None]) -> None:
        """Someone relies on a subscription since before it was in force."""
        self._missed = True
        if self.connected:
            self._interrupt()

    def _listen_patience(self) -> float:
        """Less when Redis has been away for a while: waiting is no use, and an interruption will follow."""
        if self.connected:
            return self._pace.listening
        away = asyncio.get_running_loop().time() - self._away_since
        return max(0.0, self._pace.listening - away)

    def unlisten(self, topic: str) -> None:
        self._subscriptions.unwant(topic)

    async def close(self) -> None:
        self._delivery.close()
        if self._session is not None:
            with contextlib.suppress(TimeoutError, RedisError, OSError):
                async with asyncio.timeout(self._pace.patience):
                    await self._session.finish()
        await end(self._task)
        if self._interruption is not None:
            self._interruption.cancel()

    # --- staying connected ---

    async def _one_session_after_another(self) -> None:
        pause = FIRST_PAUSE
        while True:
            worked = await self._one_session()
            pause = FIRST_PAUSE if worked else min(LONGEST_PAUSE, pause * 2)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, hides nothing

    async def _one_session(self) -> bool:
        """Returns, when it has failed, whether it ever worked."""
        session = self._new_session()
        try:
            await session.run()
        except Exception as failure:  # noqa: BLE001 - whatever it was, the next session may do better
            self._report(failure)
        finally:
            worked = self._session is session
            self._lost += await session.close()
            self._ended(worked)
        return worked

    def _report(self, failure: Exception) -> None:
        """Once for each time that Redis goes away; the attempts to reach it again would only repeat it."""
        if not self._failure_reported:
            self._failure_reported = True
            causes = _causes(failure)
            foreseen = all(isinstance(cause, RedisError | OSError) for cause in causes)
            log.warning("bus_interrupted", causes=[type(c).__name__ for c in causes], exc_info=not foreseen)

    def _new_session(self) -> Session:
        self._session_number += 1
        session = Session(
            self._new_connection(),
            self._new_connection(),
            channels=self._channels,
            header=batch.header(self._process, self._session_number),
            outgoing=self._outgoing,
            subscriptions=self._subscriptions,
            arrived=self._arrived,
            alive=lambda: self._alive(session),
            pace=self._pace,
        )
        return session

    def _new_connection(self) -> Connection:
        connection: Connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        return connection

    async def _alive(self, session: Session) -> None:
        """A canary has come back: once when the session is proved, then with every heart-beat."""
        if self._session is not session:
            self._session = session
            self._works.set()
            self._failure_reported = False
            log.info("bus_connected", session=self._session_number)
            if self._missed:
                self._interrupt()
        if self.dropped > self._dropped_announced:
            self._dropped_announced = self.dropped
            await session.announce_loss()

    def _ended(self, worked: bool) -> None:
        self._outgoing.drop()
        if worked:
            self._session = None
            self._missed = True
            self._away_since = asyncio.get_running_loop().time()

    # --- what arrives ---

    def _arrived(self, channel: bytes, content: bytes) -> None:
        process, session = batch.sender(content)
        if process == self._process:
            return
        if channel == self._lost_channel:
            self._interrupt()
        elif not self._is_left_over(process, session):
            self._deliver(content)

    def _is_left_over(self, process: bytes, session: int) -> bool:
        """Sent on a connection that its process has given up; a paused Redis reads it when it resumes."""
        newest = self._sessions_of_others.get(process, 0)
        if session > newest:
            if len(self._sessions_of_others) >= MOST_PROCESSES_REMEMBERED:
                self._sessions_of_others.clear()
            self._sessions_of_others[process] = session
        return session < newest

    def _deliver(self, content: bytes) -> None:
        try:
            events = batch.opened(content)
        except msgspec.MsgspecError:
            log.warning("bus_batch_not_understood", size=len(content))
            return
        if events and events[0].topic in self._subscriptions.wanted:
            self._delivery.extend(events)

    def _interrupt(self) -> None:
        """Tell the gateway soon, and not more often than once in a while."""
        if self._interruption is None:
            loop = asyncio.get_running_loop()
            when = max(loop.time(), self._earliest_interruption)
            self._interruption = loop.call_at(when, self._tell_interruption)

    def _tell_interruption(self) -> None:
        self._interruption = None
        if not self.connected:  # lost again since; the next session that is proved will tell
            self._missed = True
            return
        self._earliest_interruption = asyncio.get_running_loop().time() + BETWEEN_INTERRUPTIONS
        self._missed = False
        self.interruptions += 1
        self._interrupted()


def _causes(failure: BaseException) -> list[BaseException]:
    """The failures that a group, or a group in a group, consists of."""
    if isinstance(failure, BaseExceptionGroup):
        return [cause for inner in failure.exceptions for cause in _causes(inner)]
    return [failure]
