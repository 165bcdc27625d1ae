"""Queries on conversations that end: which are due, whose they are, who takes part, and their end without a trace."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from hubbub.storage.closing import OF_CONVERSATIONS
from hubbub.storage.conversations import Conversation
from hubbub.storage.messages import Message
from hubbub.storage.schema import conversations, memberships, messages, operations, participants

PutOutBy = Literal["owner", "admin"]


class Participant(NamedTuple):
    """Who takes part, in the order of the table's columns; `user_id` is None for a guest. Who was put out by somebody
    takes part no more.
    """

    conversation_id: str
    id: str
    user_id: str | None
    name: str
    name_key: str
    public_key: str
    inserted_at: int
    put_out: PutOutBy | None = None


class Ending(NamedTuple):
    """A conversation that is due."""

    id: str
    creator_id: str
    due_at: int
    ends_at: int | None


# --- which there are --------------------------------------------------------------------------------------------------


def any_due(connection: Connection, now: int) -> bool:
    query = select(conversations.c.id).where(conversations.c.due_at <= now).limit(1)
    return connection.execute(query).first() is not None


def take_due(connection: Connection, now: int, most: int) -> list[Ending]:
    """Some that are due, locked: what another process ends already is left to it."""
    columns = conversations.c
    query = (
        select(columns.id, columns.creator_id, columns.due_at, columns.ends_at)
        .where(columns.due_at <= now)
        .order_by(columns.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [Ending(*row) for row in connection.execute(query)]


def of_creator(connection: Connection, user_id: str, now: int) -> list[str]:
    """The ids of those that the user began and that last still, oldest first."""
    query = (
        select(conversations.c.id)
        .where(conversations.c.creator_id == user_id, conversations.c.due_at > now)
        .order_by(conversations.c.inserted_at, conversations.c.id)
    )
    return list(connection.execute(query).scalars())


def count_of_creator(connection: Connection, user_id: str, now: int) -> int:
    query = select(func.count()).where(conversations.c.creator_id == user_id, conversations.c.due_at > now)
    return connection.execute(query).scalar_one()


def standing(connection: Connection, ids: set[str]) -> set[str]:
    """Those of the ids that are conversations still."""
    return set(connection.execute(select(conversations.c.id).where(conversations.c.id.in_(ids))).scalars())


# --- their course -----------------------------------------------------------------------------------------------------


def participants_of(connection: Connection, conversation_id: str) -> list[Participant]:
    """Everyone who ever joined, in that order."""
    query = (
        select(participants)
        .where(participants.c.conversation_id == conversation_id)
        .order_by(participants.c.inserted_at, participants.c.id)
    )
    return [Participant(*row) for row in connection.execute(query)]


def participant(connection: Connection, conversation_id: str, participant_id: str) -> Participant | None:
    row = connection.execute(
        select(participants).where(
            participants.c.conversation_id == conversation_id, participants.c.id == participant_id
        )
    ).first()
    return Participant(*row) if row is not None else None


def add_participant(connection: Connection, added: Participant) -> None:
    connection.execute(insert(participants).values(**added._asdict()))


def put_out(connection: Connection, conversation_id: str, ids: Collection[str], by: PutOutBy) -> None:
    these = participants.c.conversation_id == conversation_id, participants.c.id.in_(ids)
    connection.execute(update(participants).where(*these).values(put_out=by))


def put_out_of(connection: Connection, room_ids: set[str]) -> list[Participant]:
    """Everyone who was put out of one of the rooms."""
    query = select(participants).where(
        participants.c.conversation_id.in_(room_ids), participants.c.put_out.is_not(None)
    )
    return [Participant(*row) for row in connection.execute(query)]


def save_due(connection: Connection, conversation_id: str, due_at: int | None) -> None:
    connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(due_at=due_at))


def version_of(connection: Connection, conversation_id: str, message_id: str) -> int | None:
    """Where among the others a message came, also one that the history has let go of; None: there was none."""
    query = select(messages.c.version)
    query = query.where(messages.c.conversation_id == conversation_id, messages.c.id == message_id)
    return connection.execute(query).scalar()


def after(connection: Connection, conversation_id: str, version: int, most: int) -> list[Message]:
    """The first messages that came after `version` and stand, oldest first."""
    query = _standing(conversation_id).where(messages.c.version > version).order_by(messages.c.version)
    return [Message(*row) for row in connection.execute(query.limit(most))]


def before(connection: Connection, conversation_id: str, version: int | None, most: int) -> list[Message]:
    """The last messages that came before `version` (None: the very last) and stand, latest first."""
    query = _standing(conversation_id).order_by(messages.c.version.desc())
    if version is not None:
        query = query.where(messages.c.version < version)
    return [Message(*row) for row in connection.execute(query.limit(most))]


def _standing(conversation_id: str) -> Select[Any]:
    return select(messages).where(messages.c.conversation_id == conversation_id, messages.c.deleted == 0)


# --- their end --------------------------------------------------------------------------------------------------------


def remove(connection: Connection, ended: Collection[Ending | Conversation]) -> None:
    """Delete conversations, which are locked, with everything that was ever of them, remembered answers too."""
    ids, creators = [one.id for one in ended], {one.creator_id for one in ended}
    for table in (memberships, *OF_CONVERSATIONS):
        connection.execute(delete(table).where(table.c.conversation_id.in_(ids)))
    begun = operations.c.scope.in_(creators) & operations.c.reference.in_(ids)
    connection.execute(delete(operations).where(operations.c.scope.in_(ids) | begun))
    connection.execute(delete(conversations).where(conversations.c.id.in_(ids)))
