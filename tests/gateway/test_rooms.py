"""Who is in a room, and who is put out of one, where the bus or a process failed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import cast

import pytest

from hubbub.actions.publishing import Publisher
from hubbub.actions.room_talk import Document, RoomTalk, Speaker
from hubbub.auth.tickets import Tickets
from hubbub.bus.port import Published
from hubbub.bus.presence_memory import MemoryPresence
from hubbub.gateway import attendance as module
from hubbub.gateway.attendance import Attendance
from hubbub.gateway.channels.room import RoomChannel
from hubbub.gateway.connection import Connection
from hubbub.gateway.websocket import TEXT
from hubbub.storage.rooms import Participant
from hubbub.wire.errors import Banned, Unavailable
from hubbub.wire.events import JoinParams
from hubbub.wire.ids import new_id
from tests.bad_input.raw import frame
from tests.gateway.world import Network, World

ROOM = "1"
TOPIC = f"conversation:{ROOM}"
ADA = Participant(ROOM, new_id(), None, "Ada", "ada", "A" * 43, 0)


class Rooms:
    """What the database would answer."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.out: list[Participant] = []
        self.away = False
        self.asked = asyncio.Event()

    async def registered(self, room: str) -> list[Participant]:
        self._answer()
        return [ADA]

    async def gone(self, rooms: set[str]) -> set[str]:
        self._answer()
        return rooms & self.ended

    async def put_out_of(self, rooms: set[str]) -> list[Participant]:
        return [one for one in self.out if one.conversation_id in rooms]

    def _answer(self) -> None:
        self.asked.set()
        if self.away:
            raise Unavailable()


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
async def attendance(world: World, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Attendance]:
    for name in ("TOGETHER", "ANOTHER_TRY", "LOOK_EVERY"):
        monkeypatch.setattr(module, name, 0.01)
    attendance = Attendance(
        MemoryPresence(),
        world.topics,
        Publisher(world.bus),
        registered=rooms.registered,
        ended=rooms.gone,
        put_out=rooms.put_out_of,
    )
    world.topics.attendance_changed = attendance.changed
    await attendance.start()
    yield attendance
    await attendance.close()


async def come_in(world: World, attendance: Attendance) -> tuple[Connection, Network]:
    connection, network = world.connect(new_id())
    connection.data_received(frame(TEXT, json.dumps(["1", "1", TOPIC, "phx_join", {}]).encode()))
    world.channel.may_answer.set()
    await network.replies(1)
    await attendance.arrive(connection, ROOM, ADA.id)
    return connection, network


async def test_everyone_is_told_who_is_there_and_servers_talk_among_themselves(
    world: World, attendance: Attendance
) -> None:
    _, network = await come_in(world, attendance)
    await network.brings(ADA.id.encode())
    assert b"attendance_changed" not in network.written


async def test_who_is_there_is_told_when_the_database_is_back(
    world: World, attendance: Attendance, rooms: Rooms
) -> None:
    rooms.away = True
    _, network = await come_in(world, attendance)
    await rooms.asked.wait()
    assert ADA.id.encode() not in network.written
    rooms.away = False
    await network.brings(ADA.id.encode())


async def test_nobody_hears_anything_after_the_last_words(world: World, attendance: Attendance) -> None:
    socket, network = await come_in(world, attendance)
    world.bus.publish(Published(TOPIC, "room_ended", b'{"reason":"idle"}'))
    await network.brings(b"phx_close")
    assert network.written.index(b"room_ended") < network.written.index(b"phx_close")
    world.bus.publish(Published(TOPIC, "new_message", b'"for participants"'))
    socket.data_received(frame(TEXT, b'[null,"2","phoenix","heartbeat",{}]'))
    await network.replies(2)
    assert b"for participants" not in network.written


async def test_an_end_that_was_not_heard_is_found(world: World, attendance: Attendance, rooms: Rooms) -> None:
    rooms.away = True
    _, network = await come_in(world, attendance)
    await rooms.asked.wait()
    rooms.ended, rooms.away = {ROOM}, False
    await network.brings(b"phx_close")
    assert b"room_ended" in network.written


async def test_that_somebody_was_put_out_and_did_not_hear_it_is_found(
    world: World, attendance: Attendance, rooms: Rooms
) -> None:
    told: list[str] = []
    world.topics.put_out = lambda room, payload: told.append(room)
    _, network = await come_in(world, attendance)
    rooms.out = [ADA._replace(id=new_id(), put_out="owner"), ADA._replace(put_out="admin")]
    await network.brings(b'"put_out",{"participants":["%b"],"reason":"admin"}' % ADA.id.encode())
    assert told[0] == ROOM
    assert rooms.out[0].id.encode() not in network.written, "who has no socket here needs telling nothing"


class Talk:
    """Answers joins when it may."""

    def __init__(self) -> None:
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def document(self, room: str, participant: str) -> Document:
        self.asked.set()
        await self.may_answer.wait()
        return Document({}, Speaker(ADA, encrypted=False), [ADA])


async def test_who_is_put_out_while_coming_in_is_not_let_in(world: World, attendance: Attendance) -> None:
    talk, tickets = Talk(), Tickets(b"secret")
    channel = RoomChannel(
        talk=cast("RoomTalk", talk), tickets=tickets, attendance=attendance, publisher=Publisher(world.bus)
    )
    world.topics.put_out = channel.put_out
    connection, _ = world.connect(new_id())
    params = JoinParams(ticket=tickets.issue(ROOM, ADA.id))
    joining = asyncio.ensure_future(channel.join(connection, ROOM, params))
    await talk.asked.wait()
    for participant in (new_id(), ADA.id):
        channel.put_out(ROOM, b'{"participants":["%b"],"reason":"owner"}' % participant.encode())
    talk.may_answer.set()
    with pytest.raises(Banned):
        await joining
    talk.asked.clear()
    assert await channel.join(connection, ROOM, params), "nothing is left of the attempt"
