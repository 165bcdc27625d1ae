"""Who listens to what. A publish is encoded once per codec, and all that one tick brings to a topic is one write.

Measured: writing to sockets is the kernel's cost; everything that Python adds per listener is what this file avoids.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol

import msgspec
import structlog

from hubbub.bus.port import Bus, Published
from hubbub.gateway.background import Background
from hubbub.gateway.groups import Group, added, removed
from hubbub.gateway.websocket import text_frame
from hubbub.wire.errors import Refusal
from hubbub.wire.frames import V1, V2, Codec
from hubbub.wire.livechat import LiveChat

log = structlog.get_logger("hubbub.topics")

AnyCodec = Codec | type[LiveChat]
SYSTEM_TOPIC = "system:general"
PRESENCE_PREFIX = "presence:"
CONVERSATION_PREFIX = "conversation:"
ATTENDANCE_CHANGED = "attendance_changed"  # between server processes only: who is in a room
PUT_OUT = "put_out"  # of some participants of a room, who hear it and nothing more
LAST_WORDS = frozenset({"room_ended"})  # whoever hears one of these hears nothing more
UNKNOWN = -1
MANY = 64

# What guests do not hear: who is a member is for those who signed in.
FOR_USERS = frozenset(
    {"member_joined", "member_changed", "leave_conversation", "read_conversation", "set_encryption_keys"}
)

# Those of these users who may listen to a conversation (None: anyone), with the version at which somebody last left.
ReadersAmong = Callable[[str, set[str]], Awaitable[tuple[set[str] | None, int]]]


# What is published on a presence topic, and the sockets that listen to it; whether it was for the server alone.
Overhear = Callable[[Published, "list[Listener]"], bool]


class _Versioned(msgspec.Struct, gc=False):
    conversation_id: str = ""
    version: int = 0


_decode_version = msgspec.json.Decoder(_Versioned).decode
_encode_version = msgspec.json.Encoder().encode


class Listener(Protocol):
    """A socket, as a topic sees it."""

    codec: AnyCodec

    def push(self, data: bytes, count: int) -> None:
        """Write frames that were encoded already; `count` of them."""

    def push_now(self, data: bytes, count: int) -> None:
        """As `push`, without waiting for more to write, unless something waits already."""

    def evict(self, topic: str) -> None:
        """The user may not listen any more: close the channel, not the socket."""

    @property
    def user_id(self) -> str | None: ...


class Topic:
    """The listeners of one topic in this process.

    `departed_version` is what was known when they were last checked; `held` keeps what arrives during a recheck, and
    `entered` who was let in during it.
    """

    __slots__ = ("chatting", "departed_version", "entered", "held", "listeners", "name", "old_listeners")

    def __init__(self, name: str) -> None:
        self.name = name
        self.listeners: Group[Listener] = ()
        self.old_listeners: Group[Listener] = ()  # those that speak version 1
        self.chatting: Group[Listener] = ()  # those on /ws/chat
        self.departed_version = 0
        self.held: list[Published] | None = None
        self.entered: set[Listener] = set()

    def add(self, listener: Listener) -> None:
        if listener.codec is V2:
            self.listeners = added(self.listeners, listener)
        elif listener.codec is LiveChat:
            self.chatting = added(self.chatting, listener)
        else:
            self.old_listeners = added(self.old_listeners, listener)

    def remove(self, listener: Listener) -> None:
        if listener.codec is V2:
            self.listeners = removed(self.listeners, listener)
        elif listener.codec is LiveChat:
            self.chatting = removed(self.chatting, listener)
        else:
            self.old_listeners = removed(self.old_listeners, listener)

    def all(self) -> list[Listener]:
        return [*self.listeners, *self.old_listeners, *self.chatting]

    def __contains__(self, listener: Listener) -> bool:
        return listener in self.listeners or listener in self.old_listeners or listener in self.chatting

    def __len__(self) -> int:
        return len(self.listeners) + len(self.old_listeners) + len(self.chatting)


class Topics:
    """Listeners by topic, fed by the bus."""

    def __init__(self, bus: Bus, readers_among: ReadersAmong) -> None:
        self._bus = bus
        self._readers_among = readers_among
        self._topics: dict[str, Topic] = {}
        self._background = Background()
        self.overhear: Overhear = lambda published, listeners: False  # hears presence topics before the sockets do
        self.attendance_changed: Callable[[str], None] = lambda conversation_id: None
        self.put_out: Callable[[str, bytes], None] = lambda conversation_id, payload: None

    async def join(self, name: str, listener: Listener, in_place_of: Listener | None = None) -> str:
        """Listen, in the place of another listener if it was one; once this returns nothing is missed.

        The result is `name`, the same object for every listener.
        """
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = Topic(name)
        topic.add(listener)
        if in_place_of is not None:
            topic.remove(in_place_of)
        await self._bus.listen(topic.name)
        return topic.name

    def exchange(self, name: str, before: Listener, after: Listener) -> None:
        """One listener takes the place of another, of a topic that both know to be there."""
        topic = self._topics[name]
        topic.add(after)
        topic.remove(before)
        if topic.held is not None:
            topic.entered.add(after)

    def leave(self, name: str, listener: Listener) -> None:
        topic = self._topics.get(name)
        if topic is None:
            return
        topic.remove(listener)
        if not topic:
            del self._topics[name]
            self._bus.unlisten(name)

    def hears(self, name: str, listener: Listener) -> bool:
        """Whether it listens; one that was put out does not."""
        topic = self._topics.get(name)
        return topic is not None and listener in topic

    def checked(self, name: str, departed_version: int) -> None:
        """A listener was just let in at this version; older departures need no recheck for it."""
        topic = self._topics.get(name)
        if topic is not None and len(topic) == 1:
            topic.departed_version = max(topic.departed_version, departed_version)

    def distrust(self) -> None:
        """Departures may have been missed: whatever comes next on a conversation, its listeners are rechecked first."""
        for name, topic in self._topics.items():
            if name.startswith(CONVERSATION_PREFIX):
                topic.departed_version = UNKNOWN

    def say(self, name: str, event: str, payload: bytes) -> None:
        """Push to the listeners of this process alone."""
        topic = self._topics.get(name)
        if topic is not None:
            self._write(name, topic, [Published(name, event, payload)])

    def deliver(self, batch: list[Published]) -> None:
        """Write what one tick brought."""
        by_topic = attrgetter("topic")
        for name, frames in groupby(sorted(batch, key=by_topic), by_topic):
            topic = self._topics.get(name)
            if topic is not None:
                self._arrived(name, topic, list(frames))

    # --- delivering -----------------------------------------------------------------------------------------------

    def _arrived(self, name: str, topic: Topic, frames: list[Published]) -> None:
        if topic.held is not None:
            topic.held += frames
        elif any(frame.members_version > topic.departed_version for frame in frames):
            topic.held = frames
            self._background.spawn(self._recheck(name, topic))
        else:
            self._write(name, topic, frames)

    def _write(self, name: str, topic: Topic, frames: Sequence[Published]) -> None:
        wire_name = name
        if name.startswith(PRESENCE_PREFIX):
            wire_name = SYSTEM_TOPIC
            frames = [frame for frame in frames if not self.overhear(frame, topic.all())]
        elif any(frame.event == ATTENDANCE_CHANGED for frame in frames):
            self.attendance_changed(name.partition(":")[2])
            frames = [frame for frame in frames if frame.event != ATTENDANCE_CHANGED]
        for codec, listeners in ((V2, topic.listeners), (V1, topic.old_listeners), (LiveChat, topic.chatting)):
            if not listeners:
                continue
            if any(frame.event in FOR_USERS for frame in frames):
                _push_by_standing(codec, wire_name, listeners, frames)
            else:
                _push_to_all(codec, wire_name, listeners, frames)
        for frame in frames:
            if frame.event == PUT_OUT:
                self.put_out(name.partition(":")[2], frame.payload)
        if any(frame.event in LAST_WORDS for frame in frames):
            for listener in topic.all():
                listener.evict(name)

    # --- rechecking -----------------------------------------------------------------------------------------------

    async def _recheck(self, name: str, topic: Topic) -> None:
        """Somebody left since the listeners were let in: deliver only to those who may listen still.

        When the database cannot say, nobody hears what waits: they find the gap and pull.
        """
        try:
            strangers = await self._strangers(name, topic)
            while not topic.entered.isdisjoint(strangers):  # they came back after that was read, or just before
                strangers = await self._strangers(name, topic)
        except Refusal:
            topic.held = None
            return
        except Exception as error:
            log.exception("recheck_failed", error=type(error).__name__)
            topic.held = None
            return
        held, topic.held = topic.held or [], None
        topic.entered.clear()
        for listener in strangers:
            listener.evict(name)
        if topic:
            self._arrived(name, topic, held)

    async def _strangers(self, name: str, topic: Topic) -> list[Listener]:
        """Those of the listeners who may not listen; who is let in meanwhile is in `topic.entered`."""
        topic.entered.clear()
        listeners = topic.all()
        users = {listener.user_id for listener in listeners if listener.user_id is not None}
        readers, departed_version = await self._readers_among(name.partition(":")[2], users)
        topic.departed_version = max(topic.departed_version, departed_version)
        return [one for one in listeners if readers is not None and one.user_id not in readers]


def _push_by_standing(codec: AnyCodec, name: str, listeners: Group[Listener], frames: Sequence[Published]) -> None:
    guests = tuple(listener for listener in listeners if listener.user_id is None)
    users = tuple(listener for listener in listeners if listener.user_id is not None)
    _push_to_all(codec, name, users, frames)
    _push_to_all(codec, name, guests, [told for frame in frames if (told := _for_guests(frame)) is not None])


def _for_guests(frame: Published) -> Published | None:
    """The frame, or the bare version that it took: guests need not pull to learn that there is nothing for them."""
    if frame.event not in FOR_USERS:
        return frame
    took = _decode_version(frame.payload)
    return Published(frame.topic, "version", _encode_version(took)) if took.version else None


def _push_to_all(codec: AnyCodec, name: str, listeners: Group[Listener], frames: Sequence[Published]) -> None:
    """Most listeners of a large topic hear nothing else in the tick: to gather what comes for each costs more than it
    saves."""
    count, data = len(frames), _encoded(codec, name, frames)
    if not data:
        return
    if len(listeners) > MANY:
        for listener in list(listeners):
            listener.push_now(data, count)
    else:
        for listener in list(listeners):
            listener.push(data, count)


def _encoded(codec: AnyCodec, name: str, frames: Sequence[Published]) -> bytes:
    texts = [codec.push(name, frame.event, frame.payload) for frame in frames]
    return b"".join([text_frame(text) for text in texts if text])  # live chat has no words for much
