"""What users set for themselves about others (`block`, `watch`) and about conversations (`mute`)."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import choice_change
from hubbub.actions.starting import require_users
from hubbub.auth.actor import Actor
from hubbub.storage import choices, conversations, memberships, user_stream
from hubbub.storage.choices import BLOCK, MUTE, WATCH
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import BadInput, NotMember, TooMany
from hubbub.wire.events import ChoiceRow
from hubbub.wire.resources import ChoiceList

MOST_OF_A_KIND = 1000


class _Chosen(NamedTuple):
    """`user_version` is None when everything was so already."""

    user_id: str
    choice: ChoiceRow
    on: bool
    user_version: int | None


class Choices:
    """Keeps choices in their user's stream, so that they are the same on every device."""

    def __init__(self, reader: Reader, writer: Writer, publisher: Publisher) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher

    async def all(self, actor: Actor) -> ChoiceList:
        """Everything that the user set for themselves."""
        found = await self._reader.run(choices.of, actor.user_id)
        return ChoiceList(items=[ChoiceRow(kind=kind, about_id=about) for kind, about in found])  # type: ignore[arg-type]

    async def choose(self, actor: Actor, choice: ChoiceRow) -> ChoiceRow:
        """Make a choice; again changes nothing. Raises `NotFound`, `NotMember`, `BadInput`, `TooMany`."""
        return await self._set(actor.user_id, choice, on=True)

    async def take_back(self, actor: Actor, choice: ChoiceRow) -> ChoiceRow:
        """Choose that no longer; again changes nothing."""
        return await self._set(actor.user_id, choice, on=False)

    async def _set(self, user: str, choice: ChoiceRow, on: bool) -> ChoiceRow:
        if choice.about_id == user:
            raise BadInput("about_id is somebody else, or a conversation.")
        blocking = choice.kind == BLOCK
        talk = await self._reader.run(conversations.private_between, user, choice.about_id) if blocking else None
        locked = [user, choice.about_id] if blocking else [user]
        done = await self._writer.write(
            _apply, user, choice, on, conversations=[talk] if talk else [], users=locked, tell=self._tell
        )
        return done.choice

    def _tell(self, done: _Chosen) -> None:
        if done.user_version is None:
            return
        kind, about = done.choice.kind, done.choice.about_id
        change = choice_change(kind, about, done.user_version, taken_back=not done.on)
        self._publisher.to_user(done.user_id, "choice", {"user_version": done.user_version, "changes": [change]})
        if kind == BLOCK:
            self._publisher.contacts_changed([done.user_id, about])
        elif kind == WATCH:
            self._publisher.contacts_changed([done.user_id])


# --- in the transaction -------------------------------------------------------------------------------------------


def _apply(transaction: Transaction, user: str, choice: ChoiceRow, on: bool) -> _Chosen:
    connection, kind, about = transaction.connection, choice.kind, choice.about_id
    if on:
        _require_there(connection, user, choice)
        if choices.count(connection, user, kind) >= MOST_OF_A_KIND:
            raise TooMany(f"Nobody has more than {MOST_OF_A_KIND} choices of a kind.")
        changed = choices.add(connection, user, kind, about, transaction.now)
    else:
        changed = choices.remove(connection, user, kind, about)
    if not changed:
        return _Chosen(user, choice, on, None)
    if kind == BLOCK:
        _part(connection, user, about)
    heads = user_stream.advance(transaction, {user: [(kind, about, not on)]})
    return _Chosen(user, choice, on, heads[user])


def _require_there(connection: Connection, user: str, choice: ChoiceRow) -> None:
    if choice.kind != MUTE:
        require_users(connection, [choice.about_id])
        return
    conversation = conversations.load_one(connection, choice.about_id)
    if conversation is None or not (
        conversation.reading == "anyone" or memberships.spans(connection, conversation.id, user)
    ):
        raise NotMember()


def _part(connection: Connection, one: str, other: str) -> None:
    """Note in the private conversation of the two whether anything may be said in it.

    Both users are locked, so that one that they begin at this moment is either found here or not begun.
    """
    talk = conversations.private_between(connection, one, other)
    if talk is not None:
        conversations.set_apart(connection, talk, other in choices.apart(connection, one))
