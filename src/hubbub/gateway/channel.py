"""What a channel is: the handlers of one kind of topic."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from hubbub.auth.actor import Actor, Scope
from hubbub.gateway.topics import Listener
from hubbub.wire.errors import Refusal
from hubbub.wire.events import Payload


class Socket(Listener, Protocol):
    """A socket, as a channel's handlers see it."""

    actor: Actor | None

    def push_event(self, topic: str, event: str, payload: bytes) -> None:
        """A push to this socket alone."""


Response = Any  # what msgspec encodes as the response of a reply
Answer = Callable[[Any | Refusal], None]


class Event(NamedTuple):
    """How one event is handled: exactly one of the two.

    `submit` queues a write and returns at once, so that many of one socket may be on their way, in order; it answers
    by the callback. `handle` is waited for before the socket's next frame is read. `payload` and `answers` are the
    types of what is sent and of the response; they and the handler's docstring make the reference of the socket.
    `scope` is what an API token needs for it; no other event is reached by any.
    """

    payload: type[Payload]
    answers: tuple[Any, ...]
    decode: Callable[[msgspec.Raw], Any]
    handle: Callable[..., Coroutine[Any, Any, Response]] | None = None
    submit: Callable[..., None] | None = None
    scope: Scope | None = None


class Channel(Protocol):
    """Handlers of one kind of topic. `id` is what follows the colon of the topic's name.

    `join_answers` are the types that a join's response may have.
    """

    join_answers: tuple[Any, ...]

    @property
    def events(self) -> Mapping[str, Event]: ...

    def bus_topic(self, actor: Actor | None, id: str) -> str:
        """The topic of the bus that a socket listens to; raises a `Refusal` when it may not."""

    async def join(self, socket: Socket, id: str, params: Any) -> Response:
        """The answer of a join, read after the socket listens."""

    async def joined(self, socket: Socket, id: str) -> None:
        """What follows after the join was answered."""

    def resync(self, socket: Socket, id: str) -> None:
        """The bus was interrupted: help the socket to what it may have missed."""

    def left(self, socket: Socket, id: str) -> None:
        """The socket left, was put out, or went away."""


def handles(
    payload: type[Payload],
    handler: Callable[..., Coroutine[Any, Any, Response]],
    *answers: Any,
    scope: Scope | None = None,
) -> Event:
    return Event(payload, answers, msgspec.json.Decoder(payload).decode, handle=handler, scope=scope)


def submits(payload: type[Payload], handler: Callable[..., None], *answers: Any, scope: Scope | None = None) -> Event:
    return Event(payload, answers, msgspec.json.Decoder(payload).decode, submit=handler, scope=scope)
