"""Rooms: begun by an account for as long as there is talk in them, and gone without a trace (seed 002)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from hubbub.actions.publishing import Publisher
from hubbub.actions.starting import LONGEST_ALIAS, require_users
from hubbub.auth.actor import Actor
from hubbub.domain import rooms as rules
from hubbub.domain.rooms import Reason
from hubbub.domain.text import check_text
from hubbub.storage import conversations, rooms
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.rooms import Participant
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire import resources
from hubbub.wire.errors import NotFound, NotOwner, Refusal, TooMany
from hubbub.wire.ids import new_room_id, rfc3339
from hubbub.wire.resources import NewRoom, Room, RoomList

log = structlog.get_logger("hubbub.rooms")

WAS_PUT_OUT = "You were put out of this room."
AT_ONCE = 50  # rooms that one transaction ends: others wait for it


class RoomLimits(msgspec.Struct, frozen=True):
    """What the operator chose: rooms of one user at a time, seconds, messages that are kept, characters of one."""

    per_user: int = 10
    idle_after: int = 300
    longest: int = 43_200
    history: int = 500
    body: int = 1000


class RoomView:
    """How rooms look to who may know of them; `public_url` begins their links. `clock`: seconds since 1970."""

    def __init__(self, public_url: str, clock: Callable[[], float] = time.time) -> None:
        self._links = public_url.rstrip("/") + "/rooms/"
        self._clock = clock

    @property
    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self._clock() * 1000)

    def require(self, connection: Connection, room_id: str) -> Conversation:
        """The room, if it lasts still; raises `NotFound`."""
        return require_room(conversations.load_one(connection, room_id), self.now)

    def of(self, connection: Connection, room: Conversation) -> Room:
        assert room.ends_at is not None
        assert room.idle_after is not None
        assert room.history_limit is not None
        return Room(
            id=room.id,
            title=room.alias,
            encrypted=room.encrypted,
            link=self._links + room.id,
            owner_id=room.creator_id,
            ends_at=rfc3339(room.ends_at),
            idle_after=room.idle_after,
            longest=(room.ends_at - room.inserted_at) // 1000,
            history_limit=room.history_limit,
            participants=[participant_row(one) for one in rooms.participants_of(connection, room.id)],
            inserted_at=rfc3339(room.inserted_at),
        )


class Rooms:
    """What their owners do with rooms, and what time does to them."""

    def __init__(
        self, reader: Reader, writer: Writer, publisher: Publisher, mac: RequestMac, view: RoomView, limits: RoomLimits
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher
        self._mac = mac
        self._view = view
        self._limits = limits

    async def begin(self, actor: Actor, asked: NewRoom) -> Room:
        """Begin a room of one's own. Raises `TooMany`, `InvalidText`; `IdTaken` when `id` was another request's."""
        title = check_text(asked.title.strip(), "title", LONGEST_ALIAS) if asked.title is not None else None
        mac = self._mac("room", title, asked.encrypted)
        operation = Request(actor.user_id, actor.user_id, asked.id, mac)
        room = conversations.begun(
            new_room_id(),
            "room",
            actor.user_id,
            mac,
            encrypted=asked.encrypted,
            alias=title or None,
            joining="anyone",
            changing="owner",
            reading="anyone",
            placing="server",
            signed=True,
            history_limit=self._limits.history,
            idle_after=self._limits.idle_after,
        )
        id = await self._writer.write(self._begin, operation, room, users=[actor.user_id])
        return await self.find(id)

    def _begin(self, transaction: Transaction, operation: Request, room: Conversation) -> str:
        connection, owner, now = transaction.connection, operation.user_id, transaction.now

        def do() -> tuple[str, int]:
            require_users(connection, [owner])
            if rooms.count_of_creator(connection, owner, now) >= self._limits.per_user:
                raise TooMany(f"You have {self._limits.per_user} rooms already; close one, or wait until one ends.")
            ends_at = now + self._limits.longest * 1000
            due_at = rules.due(now, room.idle_after, ends_at)
            conversations.add(
                connection, replace(room, inserted_at=now, updated_at=now, ends_at=ends_at, due_at=due_at)
            )
            return room.id, room.version

        return once(transaction, operation, do).reference

    async def find(self, room_id: str) -> Room:
        """One room, for whoever knows its id. Raises `NotFound`."""
        return await self._reader.run(self._find, room_id)

    def _find(self, connection: Connection, room_id: str) -> Room:
        return self._view.of(connection, self._view.require(connection, room_id))

    async def mine(self, actor: Actor) -> RoomList:
        """The user's own rooms that last still, oldest first."""
        return await self._reader.run(self._mine, actor.user_id)

    def _mine(self, connection: Connection, user_id: str) -> RoomList:
        ids = rooms.of_creator(connection, user_id, self._view.now)
        # Not looked at again whether they last: one that is over since the line above would fail the whole list.
        found = conversations.load(connection, ids)
        return RoomList(items=[self._view.of(connection, found[id]) for id in ids])

    # --- the end --------------------------------------------------------------------------------------------------

    async def close(self, actor: Actor, room_id: str) -> None:
        """End one's own room now. Raises `NotOwner`, `NotFound`."""
        await self._writer.write(
            _close, room_id, actor.user_id, conversations=[room_id], tell=lambda _: self._tell_end(room_id, "closed")
        )

    async def end_due(self) -> int:
        """End rooms whose time is over, as many as one transaction should; how many they were."""
        if not await self._reader.run(rooms.any_due, self._view.now):
            return 0
        ended = await self._writer.write(_end_due, tell=self._tell_ends)
        return len(ended)

    def _tell_ends(self, ended: list[tuple[str, Reason]]) -> None:
        for room_id, reason in ended:
            self._tell_end(room_id, reason)

    def _tell_end(self, room_id: str, reason: Reason) -> None:
        self._publisher.to_conversation(room_id, "room_ended", {"reason": reason})

    async def end_forever(self, every: float = 1.0) -> None:
        """End rooms as their time comes, to within `every` seconds; what the database refuses is tried again."""
        while True:
            await asyncio.sleep(every)
            try:
                while await self.end_due() == AT_ONCE:
                    pass
            except Refusal as refusal:
                log.warning("rooms_not_ended", code=refusal.code)

    async def gone(self, room_ids: set[str]) -> set[str]:
        """Those of the rooms that ended, in this process or in another one."""
        return room_ids - await self._reader.run(rooms.standing, room_ids)

    async def put_out_of(self, room_ids: set[str]) -> list[Participant]:
        """Everyone who was put out of one of the rooms."""
        return await self._reader.run(rooms.put_out_of, room_ids)


def _close(transaction: Transaction, room_id: str, user_id: str) -> None:
    room = require_room(conversations.load_one(transaction.connection, room_id), transaction.now)
    if room.creator_id != user_id:
        raise NotOwner()
    rooms.remove(transaction.connection, [room])


def _end_due(transaction: Transaction) -> list[tuple[str, Reason]]:
    ended = rooms.take_due(transaction.connection, transaction.now, AT_ONCE)
    rooms.remove(transaction.connection, ended)
    return [(room.id, rules.reason(room.due_at, room.ends_at)) for room in ended]


def require_room(found: Conversation | None, now: int) -> Conversation:
    """A conversation that ends some day, and has not; raises `NotFound`, whatever else may have this id."""
    if found is None or found.due_at is None or rules.is_over(found.due_at, now):
        raise NotFound("There is no such room; perhaps it has ended.")
    return found


def participant_row(one: Participant) -> resources.Participant:
    return resources.Participant(id=one.id, name=one.name, user_id=one.user_id, public_key=one.public_key)
