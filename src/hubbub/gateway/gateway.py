"""What all sockets of a process share."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping

from hubbub.auth.actor import Actor
from hubbub.auth.api_tokens import ApiTokens, is_api_token
from hubbub.auth.revocations import Revocations
from hubbub.auth.tokens import Tokens
from hubbub.bus.counts import Tally
from hubbub.gateway.channel import Channel
from hubbub.gateway.connection import Connection
from hubbub.gateway.groups import Group, added, removed
from hubbub.gateway.livechat import ChatDoor
from hubbub.gateway.topics import Topics
from hubbub.gateway.wheel import TimerWheel
from hubbub.monitoring import Metrics
from hubbub.wire.errors import CloseCode, InvalidToken, TokenOfAnother, UnmatchedTopic
from hubbub.wire.events import Payload
from hubbub.wire.ids import is_room_id

ROOM = "room"  # the channel of conversations whose id is a room's
SILENCE_LOOK = 60  # ticks until a new socket is looked at first
ANSWER_PATIENCE = 5.0  # seconds that answers under way have when the server goes
DRAIN_PATIENCE = 3.0  # seconds that clients have to close when the server goes


class Gateway:
    """Every socket of this process, and how they are told to go."""

    def __init__(
        self,
        topics: Topics,
        channels: Mapping[str, Channel],
        tokens: Tokens,
        revocations: Revocations,
        metrics: Metrics,
        chat_door: ChatDoor,
        tally: Tally,
        *,
        api_tokens: ApiTokens,
        origins: frozenset[str],
        max_frame: int,
        max_unsent: int,
        limited: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.topics = topics
        self.wheel = TimerWheel()
        self.metrics = metrics
        self.chat_door = chat_door
        self._tally = tally
        self.origins = origins
        self.max_frame = max_frame
        self.max_unsent = max_unsent
        self.limited = limited
        self.draining = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.unanswered = 0
        self._stirred = asyncio.Event()
        self._channels = channels
        self._tokens = tokens
        self._api_tokens = api_tokens
        self._revocations = revocations
        self._clock = clock
        self._connections: set[Connection] = set()
        self._unwritten: list[Connection] = []
        self._by_user: dict[str, Group[Connection]] = {}
        revocations.on_revoked(self._revoked)

    def keep(self, task: asyncio.Task[None]) -> None:
        """Hold on to a task until it is done; nobody else waits for it."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.wheel.start()

    @property
    def open_sockets(self) -> int:
        return len(self._connections)

    # --- sockets come and go --------------------------------------------------------------------------------------

    def arrived(self, connection: Connection) -> None:
        self._connections.add(connection)
        self._tally.arrived(None)
        self.wheel.wait(connection, SILENCE_LOOK)

    def signed_in(self, connection: Connection, user_id: str) -> None:
        """A guest's socket is a user's from now on."""
        self._tally.left(None)
        self._tally.arrived(user_id)
        self._by_user[user_id] = added(self._by_user.get(user_id, ()), connection)

    def gone(self, connection: Connection) -> None:
        if connection not in self._connections:  # its handshake was refused
            return
        self._connections.remove(connection)
        self._tally.left(connection.user_id)
        if self.draining:
            self._stirred.set()
        if connection.user_id is not None:
            others = removed(self._by_user.get(connection.user_id, ()), connection)
            if others:
                self._by_user[connection.user_id] = others
            else:
                self._by_user.pop(connection.user_id, None)

    def write_soon(self, connection: Connection) -> None:
        """Write for this socket after everything that this tick and its publishes have to say to it."""
        if not self._unwritten:
            self._loop.call_soon(self._loop.call_soon, self._write)
        self._unwritten.append(connection)

    def _write(self) -> None:
        unwritten, self._unwritten = self._unwritten, []
        for connection in unwritten:
            connection.flush()

    # --- who they are ---------------------------------------------------------------------------------------------

    def authenticate(self, token: str) -> Actor:
        """The actor of a token that holds now; raises `InvalidToken` or `ExpiredToken`. An API token was met before."""
        if is_api_token(token):
            actor = self._api_tokens.remembered(token)
            if actor is None:
                raise InvalidToken()
            return actor
        return self._revocations.require_live(self._tokens.verify(token))

    def is_strange(self, token: str | None) -> bool:
        """Whether it is an API token that has to be met before it can be taken."""
        return token is not None and is_api_token(token) and self._api_tokens.remembered(token) is None

    async def meet(self, token: str | None) -> None:
        """Read what there is to know of an API token. Raises `InvalidToken`, `ExpiredToken`, `Unavailable`."""
        if token is not None and is_api_token(token):
            await self._api_tokens.verify(token)

    def renew(self, connection: Connection, payload: Payload) -> None:
        """Take the token of a payload: it signs a guest in, or renews a user's socket; never another's.

        Nor does it widen or narrow what the socket may do: a sign-in and an API token do not take each other's place.
        """
        if payload.token is None:
            return
        actor = self.authenticate(payload.token)
        if connection.actor is None:
            connection.sign_in(actor)
        elif (connection.actor.user_id, connection.actor.grant) != (actor.user_id, actor.grant):
            raise TokenOfAnother()
        elif actor.expires_at >= connection.actor.expires_at:
            connection.sign_in(actor)

    def seconds_left(self, actor: Actor) -> int:
        return int(actor.expires_at - self._clock())

    def _revoked(self, user_id: str, family_id: str | None) -> None:
        for connection in list(self._by_user.get(user_id, ())):
            actor = connection.actor
            if actor is not None and (family_id in (None, actor.family_id)) and self._revocations.is_revoked(actor):
                connection.close(CloseCode.SIGN_IN_AGAIN, "signed out; sign in again")

    # --- topics ---------------------------------------------------------------------------------------------------

    def channel_of(self, topic: str) -> tuple[Channel, str]:
        """The channel that serves a topic, and the id in its name; raises `UnmatchedTopic`."""
        prefix, colon, id = topic.partition(":")
        if not colon or prefix == ROOM:
            raise UnmatchedTopic()
        channel = self._channels.get(ROOM if prefix == "conversation" and is_room_id(id) else prefix)
        if channel is None:
            raise UnmatchedTopic()
        return channel, id

    def resync(self) -> None:
        """The bus was interrupted: whoever listens to it is to ask for what they may have missed."""
        self.topics.distrust()
        for connection in list(self._connections):
            for joined in list((connection.topics or {}).values()):
                joined.channel.resync(connection, joined.id)

    # --- going down -----------------------------------------------------------------------------------------------

    async def drain(self) -> None:
        """Take no more sockets or frames, let what was begun be answered, close every socket with 1012."""
        self.draining = True
        self.wheel.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._until(lambda: not self.unanswered), ANSWER_PATIENCE)
        for connection in list(self._connections):
            connection.close(CloseCode.RESTART, "restarting; reconnect")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._until(lambda: not self._connections), DRAIN_PATIENCE)
        for connection in list(self._connections):
            connection.abort()

    def begun(self) -> None:
        """A frame is being answered."""
        self.unanswered += 1

    def answered(self) -> None:
        """It was, or its socket went."""
        self.unanswered -= 1
        if self.draining:
            self._stirred.set()

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._stirred.clear()
            await self._stirred.wait()
