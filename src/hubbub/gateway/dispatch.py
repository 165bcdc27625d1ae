"""What a frame asks for: heartbeat, join, leave, or an event of a joined channel (Hubbub protocol, section 1)."""

from __future__ import annotations

from functools import partial
from sys import intern
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from hubbub.auth.actor import Scope
from hubbub.gateway.candidate import Candidate
from hubbub.gateway.channel import Channel, Event
from hubbub.wire.documents import is_unicode
from hubbub.wire.errors import (
    BadInput,
    Internal,
    InvalidText,
    MalformedFrame,
    NotMember,
    Refusal,
    UnknownEvent,
    UnmatchedTopic,
)
from hubbub.wire.events import JoinParams, Payload
from hubbub.wire.frames import Codec, Frame, Ref

if TYPE_CHECKING:
    from hubbub.gateway.connection import Connection

log = structlog.get_logger("hubbub.gateway")

_decode_params = msgspec.json.Decoder(JoinParams).decode


class Joined(msgspec.Struct, frozen=True, gc=False):
    """A topic that a socket is in: under which ref, served by which channel."""

    topic: str
    join_ref: Ref
    channel: Channel

    @property
    def id(self) -> str:
        """What follows the colon of the topic's name."""
        return self.topic.partition(":")[2]


def answer_frame(connection: Connection, text: bytes) -> None:
    """Take one frame; every answer and every failure goes to this socket alone."""
    codec: Codec = connection.codec  # type: ignore[assignment]  # live chat takes its frames itself
    try:
        frame = codec.decode(text)
    except (MalformedFrame, InvalidText) as refusal:
        connection.reply(*codec.address(text), refusal)
        return
    if frame.topic == "phoenix" and frame.event == "heartbeat":
        connection.reply(None, frame.ref, "phoenix", {})
    elif frame.event == "phx_join":
        connection.run(_join(connection, frame))
    elif frame.event == "phx_leave":
        _leave(connection, frame)
    else:
        _event(connection, frame)


# --- joining ------------------------------------------------------------------------------------------------------


async def _join(connection: Connection, frame: Frame) -> None:
    candidate = Candidate(connection)
    try:
        joined, response = await _let_in(connection, candidate, frame)
    except Refusal as refusal:
        connection.reply(frame.join_ref, frame.ref, frame.topic, refusal)
    except Exception as error:
        log.exception("join_failed", error=type(error).__name__)
        connection.reply(frame.join_ref, frame.ref, frame.topic, Internal())
    else:
        connection.reply(frame.join_ref, frame.ref, frame.topic, response)
        candidate.hand_over()
        if connection.phase == connection.OPEN:
            await _follow(connection, joined)


async def _follow(connection: Connection, joined: Joined) -> None:
    """What comes after the answer. Where that fails the channel has crashed: clients join it anew, later."""
    try:
        await joined.channel.joined(connection, joined.id)
    except Exception as error:
        if isinstance(error, Refusal):
            log.warning("join_unfinished", code=error.code)
        else:
            log.exception("join_unfinished", error=type(error).__name__)
        _put_out(connection, joined, "phx_error")


async def _let_in(connection: Connection, candidate: Candidate, frame: Frame) -> tuple[Joined, Any]:
    """The topic and the answer. Until that is known it is the candidate who listens."""
    gateway = connection.gateway
    channel, id = gateway.channel_of(frame.topic)
    params = _payload(_decode_params, frame.payload)
    await gateway.meet(params.token)
    gateway.renew(connection, params)
    _require(connection, "read", frame.topic)
    topic = channel.bus_topic(connection.actor, id)
    before = _topics(connection).pop(topic, None)
    if before is not None:
        connection.message(before.join_ref, frame.topic, "phx_close")
        channel.left(connection, id)
    try:
        topic = await gateway.topics.join(topic, candidate, in_place_of=connection)
        response = await channel.join(connection, id, params)
    except BaseException:
        gateway.topics.leave(topic, candidate)
        raise
    if not gateway.topics.hears(topic, candidate):
        channel.left(connection, id)
        raise NotMember()  # put out while the answer was read
    joined = Joined(topic if topic == frame.topic else intern(frame.topic), _shared(frame.join_ref), channel)
    if connection.phase == connection.OPEN:
        gateway.topics.exchange(topic, candidate, connection)
        _topics(connection)[topic] = joined
    else:
        gateway.topics.leave(topic, candidate)
        channel.left(connection, id)
    return joined, response


def _shared(ref: Ref) -> Ref:
    """Clients count their refs from 1: the few low ones are the same objects for all."""
    return intern(ref) if isinstance(ref, str) and len(ref) <= 2 else ref


def _topics(connection: Connection) -> dict[str, Joined]:
    if connection.topics is None:
        connection.topics = {}
    return connection.topics


# --- leaving ------------------------------------------------------------------------------------------------------


def _leave(connection: Connection, frame: Frame) -> None:
    """Leaving what was never joined is no error."""
    found = _find(connection, frame.topic)
    if found is not None and _is_stale(found[1], frame):
        return
    connection.reply(frame.join_ref, frame.ref, frame.topic, {})
    if found is not None:
        _put_out(connection, found[1], "phx_close")


def _put_out(connection: Connection, joined: Joined, event: str) -> None:
    for topic in [name for name, other in _topics(connection).items() if other is joined]:
        del _topics(connection)[topic]
        connection.gateway.topics.leave(topic, connection)
        joined.channel.left(connection, joined.id)
        connection.message(joined.join_ref, joined.topic, event)


def leave_all(connection: Connection) -> None:
    """The socket is going: it listens to nothing any more."""
    topics, connection.topics = connection.topics, None
    for topic, joined in (topics or {}).items():
        connection.gateway.topics.leave(topic, connection)
        joined.channel.left(connection, joined.id)


# --- events -------------------------------------------------------------------------------------------------------


def _event(connection: Connection, frame: Frame) -> None:
    found = _find(connection, frame.topic)
    if found is None:
        connection.reply(None, frame.ref, frame.topic, UnmatchedTopic())
        return
    joined = found[1]
    if _is_stale(joined, frame):
        return
    answer = partial(connection.reply, joined.join_ref, frame.ref, frame.topic)
    try:
        event = joined.channel.events.get(frame.event)
        if event is None:
            raise UnknownEvent()
        payload = _payload(event.decode, frame.payload)
        if connection.gateway.is_strange(payload.token):
            connection.run(_meet_and_handle(connection, joined, event, payload, answer))
            return
        _admit(connection, joined, event, payload)
    except Refusal as refusal:
        answer(refusal)
        return
    if event.submit is not None:
        submit(connection, joined, event, payload, answer)
    else:
        connection.run(_handle(connection, joined, event, payload, answer))


def _admit(connection: Connection, joined: Joined, event: Event, payload: Payload) -> None:
    """Take the token of a payload, and see whether what the socket acts by then may do this."""
    connection.gateway.renew(connection, payload)
    _require(connection, event.scope, joined.topic)


async def _meet_and_handle(connection: Connection, joined: Joined, event: Event, payload: Payload, answer: Any) -> None:
    """As `_event` goes on, where the payload brings an API token of which nothing is known yet."""
    try:
        await connection.gateway.meet(payload.token)
        _admit(connection, joined, event, payload)
    except Refusal as refusal:
        answer(refusal)
        return
    if event.submit is not None:
        submit(connection, joined, event, payload, answer)
    else:
        await _handle(connection, joined, event, payload, answer)


def _require(connection: Connection, scope: Scope | None, topic: str) -> None:
    """Raise `OutOfScope` where the socket acts by an API token that does not reach this."""
    if connection.actor is not None:
        prefix, _, id = topic.partition(":")
        connection.actor.require(scope, id if prefix == "conversation" else None)


def submit(connection: Connection, joined: Joined, event: Event, payload: Payload, answer: Any) -> None:
    """Queue a write; its answer comes when it is on disk, while further frames are taken."""
    assert event.submit is not None

    def done(response: Any) -> None:
        connection.in_flight -= 1
        connection.gateway.answered()
        answer(_named(response, payload))
        if connection.backlog is not None:
            connection.go_on()

    connection.in_flight += 1
    connection.gateway.begun()
    try:
        event.submit(connection, joined.id, payload, done)
    except Refusal as refusal:
        done(refusal)
    except Exception as error:
        log.exception("event_failed", error=type(error).__name__)
        done(Internal())


async def _handle(connection: Connection, joined: Joined, event: Event, payload: Payload, answer: Any) -> None:
    assert event.handle is not None
    try:
        response = await event.handle(connection, joined.id, payload)
    except Refusal as refusal:
        response = _named(refusal, payload)
    except Exception as error:
        log.exception("event_failed", error=type(error).__name__)
        response = Internal()
    answer(response)


def _named(response: Any, payload: Payload) -> Any:
    """A refused write says which: by the client's id or op_id. A refusal may be that of many, so a copy is named."""
    if not isinstance(response, Refusal):
        return response
    named = {name: value for name in ("op_id", "id") if (value := getattr(payload, name, None)) is not None}
    return type(response)(response.detail, current=response.current, **{**response.extra, **named})


def _find(connection: Connection, topic: str) -> tuple[str, Joined] | None:
    """The joined topic of this name, with the topic of the bus behind it."""
    topics = connection.topics
    if not topics:
        return None
    joined = topics.get(topic)
    if joined is not None:
        return topic, joined
    for name, other in topics.items():
        if other.topic == topic:
            return name, other
    return None


def _is_stale(joined: Joined, frame: Frame) -> bool:
    return frame.join_ref is not None and frame.join_ref != joined.join_ref


def _payload(decode: Any, payload: msgspec.Raw) -> Any:
    try:
        return decode(payload)
    except msgspec.ValidationError as error:
        raise BadInput(f"{error}.") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise (BadInput() if is_unicode(bytes(payload)) else InvalidText()) from None
