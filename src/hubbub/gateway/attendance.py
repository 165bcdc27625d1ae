"""Who is in a room now: told to everyone in it, as a whole, when somebody comes or goes (seed 002).

A presence of the store is one socket of one participant. That a room's presences changed is published to all
processes; each then asks the store and tells its own sockets, so that the last list that a socket gets is right,
whichever process hears first. What changes within a moment is told once.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable

import structlog

from hubbub.actions.publishing import Publisher, conversation_topic
from hubbub.actions.rooms import participant_row
from hubbub.bus.presence import Meta, PresenceStore, Present
from hubbub.gateway.background import Background
from hubbub.gateway.channel import Socket
from hubbub.gateway.topics import ATTENDANCE_CHANGED, PUT_OUT, Topics
from hubbub.storage.rooms import Participant
from hubbub.wire import resources
from hubbub.wire.errors import Refusal
from hubbub.wire.frames import encode
from hubbub.wire.ids import rfc3339

log = structlog.get_logger("hubbub.attendance")

TOGETHER = 0.1  # seconds in which changes of one room are told together
ANOTHER_TRY = 1.0  # seconds, while the database is away
LOOK_EVERY = 15.0  # seconds between looks for ends that were not heard

Registered = Callable[[str], Awaitable[list[Participant]]]
Ended = Callable[[set[str]], Awaitable[set[str]]]
PutOut = Callable[[set[str]], Awaitable[list[Participant]]]


class Attendance:
    """The sockets of this process that are in rooms. `registered` gives all who take part in one; of some rooms `ended`
    gives those that did, `put_out` who was.
    """

    def __init__(
        self,
        store: PresenceStore,
        topics: Topics,
        publisher: Publisher,
        *,
        registered: Registered,
        ended: Ended,
        put_out: PutOut,
    ) -> None:
        self._store = store
        self._topics = topics
        self._publisher = publisher
        self._registered = registered
        self._ended = ended
        self._put_out = put_out
        self._refs: dict[tuple[Socket, str], tuple[str, Meta]] = {}  # with the key in the store
        self._telling: dict[str, bool] = {}  # rooms that are about to be told; whether they changed again meanwhile
        self._background = Background()

    async def start(self) -> None:
        await self._store.start(self._changed_elsewhere, self._changed_elsewhere, self._restored)
        self._background.spawn(self._look_for_ends())

    async def close(self) -> None:
        self._background.cancel()
        await self._store.close()

    # --- sockets --------------------------------------------------------------------------------------------------

    async def arrive(self, socket: Socket, room: str, participant: str) -> None:
        """The socket is in the room, for this participant."""
        key, meta = f"{room}/{participant}", Meta(secrets.token_urlsafe(9), rfc3339(time.time_ns() // 10**6), "online")
        self._refs[socket, room] = (key, meta)
        await self._store.arrive(key, meta)
        self._tell_all(room)

    def leave(self, socket: Socket, room: str) -> None:
        """The socket left the room, was put out, or went."""
        arrived = self._refs.pop((socket, room), None)
        if arrived is not None:
            self._background.spawn(self._leave(room, *arrived))

    async def _leave(self, room: str, key: str, meta: Meta) -> None:
        await self._store.leave(key, meta.phx_ref)
        self._tell_all(room)

    async def among(self, room: str, registered: Iterable[Participant]) -> list[resources.Participant]:
        """Those of the registered participants who are there now, in any process."""
        keys = {f"{room}/{one.id}": one for one in registered}
        present = await self._store.of(keys)
        return [participant_row(one) for key, one in keys.items() if key in present]

    # --- telling --------------------------------------------------------------------------------------------------

    def _tell_all(self, room: str) -> None:
        self._publisher.to_conversation(room, ATTENDANCE_CHANGED, {})

    def changed(self, room: str) -> None:
        """Somebody came or went, here or elsewhere: tell the sockets of this process soon."""
        if room in self._telling:
            self._telling[room] = True
            return
        self._telling[room] = False
        self._background.spawn(self._tell(room))

    async def _tell(self, room: str) -> None:
        again = True
        while again:
            await asyncio.sleep(TOGETHER)
            self._telling[room] = False
            try:
                there = await self.among(room, await self._registered(room))
            except Refusal:
                await asyncio.sleep(ANOTHER_TRY)
                self._telling[room] = True
            else:
                self._topics.say(conversation_topic(room), "participants", encode({"participants": there}))
            again = self._telling[room]
        del self._telling[room]

    # --- what the store finds -------------------------------------------------------------------------------------

    def _changed_elsewhere(self, present: Present) -> None:
        """Presences ended without a goodbye, or are back: their own process told nobody."""
        for room in {key.partition("/")[0] for key in present}:
            self._tell_all(room)

    def _restored(self) -> None:
        for room in self._rooms():
            self._tell_all(room)

    # --- ends that were not heard ---------------------------------------------------------------------------------

    def _rooms(self) -> set[str]:
        return {room for _, room in self._refs}

    async def _look_for_ends(self) -> None:
        """The end of a room, or of somebody in it, is told once; what the bus lost, or a process that died over it, is
        found here.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY)
            rooms = self._rooms()
            try:
                ended, put_out = await self._ended(rooms), await self._put_out(rooms)
            except Refusal as refusal:
                log.warning("rooms_unknown", code=refusal.code)
                continue
            for room in ended:
                self._topics.say(conversation_topic(room), "room_ended", encode({"reason": "closed"}))
            present = {key for key, _ in self._refs.values()}
            for one in put_out:
                if f"{one.conversation_id}/{one.id}" in present:
                    told = {"participants": [one.id], "reason": one.put_out}
                    self._topics.say(conversation_topic(one.conversation_id), PUT_OUT, encode(told))
