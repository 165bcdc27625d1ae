"""Rooms under a clock that stands still until a test turns it, held against a model that a page explains."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from sqlalchemy import select

from hubbub.actions.publishing import Publisher, conversation_topic
from hubbub.actions.room_joining import RoomJoining
from hubbub.actions.room_talk import RoomTalk
from hubbub.actions.rooms import RoomLimits, Rooms, RoomView
from hubbub.auth.actor import Actor
from hubbub.auth.limits import NoLimits, Rule
from hubbub.auth.tickets import Tickets
from hubbub.storage.engine import Reader
from hubbub.storage.operations import RequestMac
from hubbub.storage.rosters import Rosters
from hubbub.storage.schema import metadata, users
from hubbub.storage.writer import Writer
from hubbub.wire.errors import NotFound, Refusal, TooMany
from hubbub.wire.ids import new_id
from hubbub.wire.resources import JoinRoom, NewRoom
from hubbub.wire.signing import room_message_bytes
from tests.http.world import HeardBus, fresh_database
from tests.rooms import Key
from tests.storage.test_sweep import blank

T = TypeVar("T")
SECRET = bytes(32)
LIMITS = RoomLimits(per_user=3, idle_after=300, longest=1000, history=4)
START = 1_800_000_000
OWNERS = tuple(new_id() for _ in range(2))


class Lived(msgspec.Struct):
    """What the model knows of a room: times are seconds since `START`."""

    owner: str
    begun: int
    active: int
    people: list[tuple[Any, Key]] = []
    said: int = 0
    closed: bool = False

    @property
    def due(self) -> int:
        return min(self.active + LIMITS.idle_after, self.begun + LIMITS.longest)

    @property
    def reason(self) -> str:
        return "age" if self.due == self.begun + LIMITS.longest else "idle"


class Lifetimes(RuleBasedStateMachine):
    rooms = Bundle("rooms")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.lived: dict[str, Lived] = {}
        self.swept: set[str] = set()
        self.folder = TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.engine = fresh_database(Path(self.folder.name))
        with self.engine.begin() as connection:
            connection.execute(users.insert(), [{**blank(users), "id": owner} for owner in OWNERS])
        self.run(self.open())

    async def open(self) -> None:
        reader, mac, bus = Reader(self.engine, threads=1), RequestMac(SECRET), HeardBus()
        writer = Writer(self.engine, self.clock)
        view = RoomView("http://hubbub.test", self.clock)
        self.reader, self.writer, self.bus = reader, writer, bus
        self.actions = Rooms(reader, writer, Publisher(bus), mac, view, LIMITS)
        self.joining = RoomJoining(reader, writer, Tickets(SECRET, self.clock), view)
        self.talk = RoomTalk(
            reader=reader,
            writer=writer,
            publisher=Publisher(bus),
            rosters=Rosters(10),
            mac=mac,
            view=view,
            epoch="e",
            longest=10,
            limiter=NoLimits(),
            sending=Rule("sending", 1, 1),
        )
        writer.start()

    def clock(self) -> float:
        return float(START + self.now)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def lives(self, room: str) -> bool:
        one = self.lived[room]
        return not one.closed and self.now < one.due

    # --- what people do -------------------------------------------------------------------------------------------

    @rule(target=rooms, owner=st.sampled_from(OWNERS))
    def begin(self, owner: str) -> Any:
        living = sum(one.owner == owner and self.lives(room) for room, one in self.lived.items())
        if living == LIMITS.per_user:
            with pytest.raises(TooMany):
                self.run(self.actions.begin(actor(owner), NewRoom()))
            return multiple()
        room = self.run(self.actions.begin(actor(owner), NewRoom()))
        self.lived[room.id] = Lived(owner, self.now, self.now)
        return room.id

    @rule(room=rooms)
    def join(self, room: str) -> None:
        key = Key()
        try:
            joined = self.run(self.joining.join(None, room, JoinRoom(name="Guest", public_key=key.public)))
        except NotFound:
            assert not self.lives(room)
        else:
            assert self.lives(room)
            self.lived[room].active = self.now
            self.lived[room].people.append((joined.participant, key))

    @rule(room=rooms, who=st.integers(0, 3))
    def say(self, room: str, who: int) -> None:
        one = self.lived[room]
        if not one.people:
            return
        author, key = one.people[who % len(one.people)]
        id = new_id()
        signature = key.sign(room_message_bytes(room, id, author.name, "hello"))
        try:
            self.run(self.talk.post(room, author.id, id, "hello", signature))
        except NotFound:
            assert not self.lives(room)
        else:
            assert self.lives(room)
            one.active = self.now
            one.said += 1

    @rule(room=consumes(rooms))
    def close(self, room: str) -> None:
        one = self.lived[room]
        with pytest.raises(Refusal):
            self.run(self.actions.close(actor(next(owner for owner in OWNERS if owner != one.owner)), room))
        try:
            self.run(self.actions.close(actor(one.owner), room))
        except NotFound:
            assert not self.lives(room)
        else:
            assert self.lives(room)
            one.closed = True
            self.swept.add(room)
            assert self.told(room) == ["closed"]

    # --- what time does -------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 60, 299, 300, 301, 500]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def sweep(self) -> None:
        over = {room for room in self.lived if not self.lives(room)} - self.swept
        assert self.run(self.actions.end_due()) == len(over)
        for room in over:
            assert self.told(room) == [self.lived[room].reason]
        self.swept |= over
        left = self.everything()
        assert all(room not in left for room in self.swept), "nothing is left of what ended"

    # --- what is always so ----------------------------------------------------------------------------------------

    @invariant()
    def everyone_finds_what_lasts(self) -> None:
        for owner in OWNERS:
            mine = {room.id for room in self.run(self.actions.mine(actor(owner))).items}
            assert mine == {room for room, one in self.lived.items() if one.owner == owner and self.lives(room)}
        for room in self.lived:
            assert len(self.told(room)) <= 1, "told once"
            if self.lives(room):
                page = self.run(self.talk.page(room, None, None, 500))
                assert len(page.items) == min(self.lived[room].said, LIMITS.history)

    def told(self, room: str) -> list[str]:
        pushed = self.bus.on(conversation_topic(room))
        return [payload["reason"] for event, payload in pushed if event == "room_ended"]

    def everything(self) -> str:
        with self.engine.begin() as connection:
            return str([connection.execute(select(table)).all() for table in metadata.sorted_tables])

    def teardown(self) -> None:
        self.run(self.writer.close())
        self.reader.close()
        self.runner.close()
        self.engine.dispose()
        self.folder.cleanup()


def actor(user_id: str) -> Actor:
    return Actor(user_id, user_id, START * 2)


TestLifetimes = Lifetimes.TestCase
TestLifetimes.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
