"""One socket: bytes in, frames to channels, replies and pushes out.

uvicorn hands over a transport after the upgrade. An idle socket has no task, no timer of its own and no buffer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from hubbub.auth.actor import Actor
from hubbub.gateway import websocket
from hubbub.gateway.dispatch import Joined, answer_frame, leave_all
from hubbub.gateway.handshake import admit, token_of
from hubbub.gateway.topics import AnyCodec
from hubbub.gateway.websocket import HandshakeRefused, Parser, Request, close_frame, text_frame
from hubbub.wire.errors import BinaryUnsupported, CloseCode, Refusal, Unauthorized
from hubbub.wire.frames import V2, Ref, encode, origin_of_binary

if TYPE_CHECKING:
    from hubbub.gateway.gateway import Gateway

MOST_IN_FLIGHT = 64  # writes of one socket that wait for their commit
MOST_BACKLOG = 256  # frames read but not begun
SILENCE = 60  # seconds without a frame after which a socket is closed
CLOSING_PATIENCE = 5  # seconds that a client has to answer a close frame
FRAMES_PER_SECOND = 1000  # above this a socket is closed, when limits are on

EMPTY_RESPONSE = b"{}"


class Connection(asyncio.Protocol):
    """The state of one socket. Slots that idle sockets do not need stay None."""

    __slots__ = (
        "actor",
        "answer",
        "backlog",
        "busy",
        "codec",
        "frames_now",
        "gateway",
        "heard_at",
        "in_flight",
        "outgoing",
        "parser",
        "paused",
        "phase",
        "topics",
        "transport",
    )

    OPEN, CLOSING, CLOSED = 0, 1, 2

    def __init__(self, gateway: Gateway, **_uvicorn: Any) -> None:
        self.gateway = gateway
        self.transport: asyncio.Transport | None = None
        self.parser: Parser | None = None
        self.codec: AnyCodec = V2
        self.answer: Callable[[Connection, bytes], None] = answer_frame  # takes one frame, in order
        self.actor: Actor | None = None
        self.topics: dict[str, Joined] | None = None
        self.backlog: deque[bytes] | None = None
        self.busy = False  # a handler is being waited for
        self.paused = False
        self.in_flight = 0
        self.outgoing: list[bytes] | None = None  # what this tick has to write
        self.heard_at = 0
        self.frames_now = 0
        self.phase = self.OPEN

    @property
    def user_id(self) -> str | None:
        return self.actor.user_id if self.actor is not None else None

    # --- from the transport ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are transports without saying so
        _release(self.transport.get_protocol())

    def data_received(self, data: bytes) -> None:
        if self.parser is None:
            self._handshake(data)
            return
        gateway = self.gateway
        now = gateway.wheel.now
        if self.heard_at != now:
            self.heard_at = now
            self.frames_now = 0
        for event in self.parser.feed(data):
            kind = event[0]
            if kind == websocket.TEXT:
                self._text(event[1])  # type: ignore[arg-type]
            else:
                self._other(event)

    def pause_writing(self) -> None:
        """More than the limit waits: this reader is too slow. It reconnects and resumes."""
        if self.phase == self.OPEN:
            self.gateway.metrics.pushes_dropped.add()
            self.close(CloseCode.TOO_SLOW, "too slow; reconnect and resume")

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.phase = self.CLOSED
        self.transport = None
        self.backlog = None
        self.outgoing = None
        leave_all(self)
        self.gateway.gone(self)

    # --- the handshake --------------------------------------------------------------------------------------------

    def _handshake(self, data: bytes) -> None:
        assert self.transport is not None
        try:
            request = websocket.parse_request(data)
            token = token_of(request)
            if not self.gateway.is_strange(token):
                self._admit(request)
                return
        except HandshakeRefused as refused:
            self._refuse(refused)
        except Refusal as refusal:
            self._refuse(HandshakeRefused(403, refusal.detail))
        else:
            self.transport.pause_reading()
            self.gateway.keep(asyncio.ensure_future(self._admit_stranger(request, token)))

    async def _admit_stranger(self, request: Request, token: str | None) -> None:
        """Who an API token speaks for has to be read first."""
        refused = None
        try:
            await self.gateway.meet(token)
        except Refusal as refusal:
            refused = HandshakeRefused(403 if isinstance(refusal, Unauthorized) else 503, refusal.detail)
        if self.transport is None:
            return
        self.transport.resume_reading()
        try:
            if refused is not None:
                raise refused
            self._admit(request)
        except HandshakeRefused as error:
            self._refuse(error)

    def _refuse(self, refused: HandshakeRefused) -> None:
        assert self.transport is not None
        self.transport.write(websocket.refuse(refused.status, refused.reason, headers=refused.headers))
        self.transport.close()
        self.phase = self.CLOSING

    def _admit(self, request: Request) -> None:
        """Raises `HandshakeRefused`."""
        assert self.transport is not None
        admitted = admit(self.gateway, request)
        self.codec = admitted.codec
        self.parser = Parser(self.gateway.max_frame)
        self.heard_at = self.gateway.wheel.now
        self.transport.set_write_buffer_limits(high=self.gateway.max_unsent)
        self.transport.write(admitted.response)
        self.gateway.arrived(self)
        if admitted.actor is not None:
            self.sign_in(admitted.actor)
        if admitted.door is not None:
            admitted.door.opened(self)

    def sign_in(self, actor: Actor) -> None:
        """The socket acts for this user from now on, until their token ends; one that has gone meanwhile does not."""
        if self.phase == self.CLOSED:
            return
        if self.actor is None:
            self.gateway.signed_in(self, actor.user_id)
        self.actor = actor
        remaining = self.gateway.seconds_left(actor)
        if remaining < SILENCE:
            self.gateway.wheel.wait(_Expiry(self), remaining)

    # --- frames ---------------------------------------------------------------------------------------------------

    def _text(self, text: bytes) -> None:
        if self.phase != self.OPEN or self.gateway.draining:
            return
        self.gateway.metrics.frames_in.value += 1
        self.frames_now += 1
        if self.frames_now > FRAMES_PER_SECOND and self.gateway.limited:
            self.close(CloseCode.TOO_MANY_REQUESTS, "too many frames")
            return
        if self.busy or self.in_flight >= MOST_IN_FLIGHT:
            self._wait(text)
        else:
            self.answer(self, text)

    def _wait(self, text: bytes) -> None:
        """Frames of one socket are taken in order; one that sends faster than it is served stops being read."""
        if self.backlog is None:
            self.backlog = deque()
        self.backlog.append(text)
        if len(self.backlog) >= MOST_BACKLOG and not self.paused and self.transport is not None:
            self.paused = True
            self.transport.pause_reading()

    def run(self, work: Any) -> None:
        """Wait for a handler before the next frame."""
        self.busy = True
        self.gateway.begun()
        task = asyncio.ensure_future(work)
        self.gateway.tasks.add(task)
        task.add_done_callback(self._ran)

    def _ran(self, task: asyncio.Task[None]) -> None:
        self.gateway.tasks.discard(task)
        self.gateway.answered()
        self.busy = False
        self.go_on()

    def go_on(self) -> None:
        """Take waiting frames, as far as nothing stands in their way."""
        while self.backlog and self.phase == self.OPEN and not self.busy and self.in_flight < MOST_IN_FLIGHT:
            self.answer(self, self.backlog.popleft())
        if self.backlog is not None and not self.backlog:
            self.backlog = None
        if self.paused and self.backlog is None and self.transport is not None:
            self.paused = False
            self.transport.resume_reading()

    def _other(self, event: websocket.Event) -> None:
        kind = event[0]
        if kind == websocket.PING:
            self.push(websocket.frame(websocket.PONG, event[1]), 0)  # type: ignore[arg-type]
        elif kind == websocket.BINARY:
            self.reply(*origin_of_binary(event[1]), BinaryUnsupported())  # type: ignore[arg-type]
        elif kind == websocket.CLOSE:
            self._closed_by_client(event[1])  # type: ignore[arg-type]
        elif kind == websocket.FAIL:
            self.close(event[1], event[2])  # type: ignore[arg-type, misc]

    # --- writing --------------------------------------------------------------------------------------------------

    def push(self, data: bytes, count: int) -> None:
        """Write pushes that were encoded for every listener at once."""
        if self.phase != self.OPEN:
            return
        self.gateway.metrics.frames_out.value += count
        if self.outgoing is None:
            self.outgoing = [data]
            self.gateway.write_soon(self)
        else:
            self.outgoing.append(data)

    def push_now(self, data: bytes, count: int) -> None:
        """Write at once, unless something waits already: order is kept."""
        if self.outgoing is not None:
            self.push(data, count)
        elif self.phase == self.OPEN and self.transport is not None:
            self.gateway.metrics.frames_out.value += count
            self.transport.write(data)

    def flush(self) -> None:
        """Write what the tick brought, in one system call: a write costs more than all that was done to make it."""
        outgoing, self.outgoing = self.outgoing, None
        if outgoing is not None and self.transport is not None:
            self.transport.write(outgoing[0] if len(outgoing) == 1 else b"".join(outgoing))

    def push_event(self, topic: str, event: str, payload: bytes) -> None:
        self._push_text(self.codec.push(topic, event, payload))

    def reply(self, join_ref: Ref, ref: Ref, topic: str, response: Any) -> None:
        """Answer a push: a `Refusal` as an error, everything else as its response."""
        refused = isinstance(response, Refusal)
        status, body = ("error", refusal_body(response)) if refused else ("ok", response)
        self._push_text(self.codec.reply(join_ref, ref, topic, status, encode(body)))

    def message(self, join_ref: Ref, topic: str, event: str) -> None:
        """`phx_close` or `phx_error` of a channel."""
        self._push_text(self.codec.message(join_ref, join_ref, topic, event, EMPTY_RESPONSE))

    def _push_text(self, text: bytes) -> None:
        if text:  # live chat has no words for much of what Phoenix says
            self.push(text_frame(text), 1)

    # --- closing --------------------------------------------------------------------------------------------------

    def evict(self, topic: str) -> None:
        """The user may not listen to the topic of the bus any more."""
        self.gateway.topics.leave(topic, self)
        joined = self.topics.pop(topic, None) if self.topics is not None else None
        if joined is not None:
            joined.channel.left(self, joined.id)
            self.message(joined.join_ref, joined.topic, "phx_close")

    def close(self, code: int, reason: str) -> None:
        """Say why, then wait a little for the client to close."""
        if self.phase != self.OPEN or self.transport is None:
            return
        self.flush()
        if self.phase != self.OPEN:  # flushing found the reader too slow
            return
        self.transport.write(close_frame(code, reason))
        self.phase = self.CLOSING
        self.heard_at = self.gateway.wheel.now
        self.backlog = None
        self.gateway.wheel.wait(_Abort(self), CLOSING_PATIENCE)
        leave_all(self)

    def _closed_by_client(self, code: int) -> None:
        if self.transport is None:
            return
        if self.phase == self.OPEN:
            self.flush()
            self.transport.write(close_frame(code))
            self.phase = self.CLOSING
            self.gateway.wheel.wait(_Abort(self), CLOSING_PATIENCE)  # it may not read what it was sent before
            leave_all(self)
        self.transport.close()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    # --- the timer wheel ------------------------------------------------------------------------------------------

    def look(self, now: int) -> int:
        """Close a silent socket; the ticks until it is worth looking again."""
        if self.phase != self.OPEN:
            return 0
        silent = now - self.heard_at
        if silent >= SILENCE:
            self.close(CloseCode.GOING_AWAY, "silent for too long")
            return 0
        return min(SILENCE - silent, self.check_token())

    def check_token(self) -> int:
        """Close the socket when its token has ended; the ticks until it will."""
        if self.actor is None:
            return SILENCE
        remaining = self.gateway.seconds_left(self.actor)
        if remaining <= 0 and self.phase == self.OPEN:
            self.close(CloseCode.SIGN_IN_AGAIN, "the token has ended; sign in again")
        return max(1, remaining)


class _Abort:
    """Ends a connection whose client does not answer the close frame, or does not take what comes before it."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def look(self, now: int) -> int:
        self.connection.abort()
        return 0


class _Expiry:
    """Looks at a token that ends before the next look at the socket, until it has ended or was renewed."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def look(self, now: int) -> int:
        connection = self.connection
        if connection.phase != connection.OPEN:
            return 0
        # Ticks begin somewhere within a second: what is due is often still some tenths of it away.
        remaining = connection.check_token()
        return remaining if remaining < SILENCE else 0


def _release(upgraded: asyncio.BaseProtocol) -> None:
    """Break the cycle of uvicorn's HTTP protocol and its parser, which would wait for the collector: 2 KiB a socket."""
    if hasattr(upgraded, "parser"):
        upgraded.parser = None


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    """A refusal on the socket: `reason` is stable, `detail` a sentence, `current` what the client shows instead."""
    return {"reason": refusal.code, "detail": refusal.detail, **refusal.extra, "current": refusal.current}
