"""Putting somebody out of a room: by who began it, or by an admin. It lasts as long as the room, and is noted nowhere
else: the audit log would outlast the room, of which nothing is to be left.
"""

from __future__ import annotations

from typing import NamedTuple

from hubbub.actions.publishing import Publisher
from hubbub.actions.rooms import require_room
from hubbub.auth.actor import Actor
from hubbub.storage import conversations, memberships, rooms, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.rooms import Participant, PutOutBy
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import Forbidden, NotFound, NotOwner


class _PutOut(NamedTuple):
    """Which participants went; none, when they had gone before."""

    by: PutOutBy
    ids: list[str]


class RoomExpelling:
    """Puts participants out: check, commit, publish."""

    def __init__(self, writer: Writer, publisher: Publisher) -> None:
        self._writer = writer
        self._publisher = publisher

    async def put_out(self, actor: Actor, room_id: str, participant_id: str) -> None:
        """Put a participant out for as long as the room lasts; one with an account goes with all that it is there.

        Raises `NotOwner`, `Forbidden` for oneself, `NotFound`.
        """
        await self._writer.write(
            _put_out,
            room_id,
            actor.user_id,
            participant_id,
            conversations=[room_id],
            tell=lambda done: self._tell(room_id, done),
        )

    def _tell(self, room_id: str, done: _PutOut) -> None:
        if done.ids:
            self._publisher.to_conversation(room_id, "put_out", {"participants": done.ids, "reason": done.by})


def _put_out(transaction: Transaction, room_id: str, actor: str, participant: str) -> _PutOut:
    connection = transaction.connection
    room = require_room(conversations.load_one(connection, room_id), transaction.now)
    by = _right_of(transaction, room, actor)
    known = rooms.participants_of(connection, room_id)
    found = next((one for one in known if one.id == participant), None)
    if found is None:
        raise NotFound("There is no such participant in this room.")
    if found.user_id == actor:
        raise Forbidden("Nobody puts themselves out: leave the room instead.")
    gone = [one.id for one in known if not one.put_out and _is_same(one, found)]
    if gone:
        rooms.put_out(connection, room_id, gone, by)
        for id in gone:
            memberships.end_membership(connection, room_id, id, room.head + 1)
        conversations.save_members_version(connection, room_id, room.head + 1)
    return _PutOut(by, gone)


def _right_of(transaction: Transaction, room: Conversation, actor: str) -> PutOutBy:
    if room.creator_id == actor:
        return "owner"
    if users.is_admin(transaction.connection, actor):
        return "admin"
    raise NotOwner()


def _is_same(one: Participant, other: Participant) -> bool:
    return one.id == other.id or (one.user_id is not None and one.user_id == other.user_id)
