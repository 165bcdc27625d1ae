"""Asking to be let into a group whose members decide (seed 001), and what becomes of it."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from hubbub.actions.documents import require_listener
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import raw
from hubbub.auth.actor import Actor
from hubbub.storage import choices, conversations, join_requests, memberships, sanctions, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.join_requests import JoinRequest
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire import resources
from hubbub.wire.errors import BadInput, Banned, NotFound, NotMember, TooMany
from hubbub.wire.ids import rfc3339
from hubbub.wire.resources import PublicUser

MOST_OF_GROUP = 1000
MOST_OF_USER = 100


class _Asked(msgspec.Struct, frozen=True, gc=False):
    """Which members hear of it; nobody when nothing changed."""

    conversation_id: str
    user: PublicUser
    members: list[str]


class JoinRequests:
    """Keeps who asks and tells the members. They let in by `modify_conversation`, or decline here."""

    def __init__(self, reader: Reader, writer: Writer, publisher: Publisher) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher

    async def ask(self, user: str, conversation_id: str, request: str | None) -> None:
        """Ask to be let in; again, and as a member, changes nothing.

        `request` is sealed to the group's public key. Raises `Banned`, `TooMany`, `BadInput`, `NotFound`.
        """
        await self._writer.write(
            _ask, conversation_id, user, request, conversations=[conversation_id], users=[user], tell=self._tell
        )

    def _tell(self, done: _Asked | None) -> None:
        if done is None:
            return
        told = bytes(raw({"conversation_id": done.conversation_id, "user": done.user}))
        for member in done.members:
            self._publisher.to_user(member, "join_requested", told)

    async def withdraw(self, user: str, conversation_id: str) -> bool:
        """Ask no more; False when one did not ask."""
        return bool(await self._writer.write(_forget, conversation_id, user, conversations=[conversation_id]))

    async def shown_to(self, actor: Actor, conversation_id: str) -> resources.JoinRequests:
        """Who asks, but for those whom the actor blocks. Raises `NotMember`."""
        return await self._reader.run(_shown, actor.user_id, conversation_id)

    async def decline(self, actor: Actor, conversation_id: str, user: str) -> None:
        """Forget that the user asked. Raises `NotMember`, `NotFound` when they do not."""
        await self._writer.write(_decline, conversation_id, actor.user_id, user, conversations=[conversation_id])


# --- in the transaction -------------------------------------------------------------------------------------------


def _ask(transaction: Transaction, conversation_id: str, user: str, request: str | None) -> _Asked | None:
    connection = transaction.connection
    conversation = conversations.load_one(connection, conversation_id)
    if conversation is None or conversation.joining != "members":
        raise NotFound("There is nobody whom one asks to be let in.")
    if (conversation_id, user) in memberships.current_members(connection, [(conversation_id, user)]):
        return None
    if sanctions.is_banned(connection, conversation_id, user, transaction.now):
        raise Banned()
    if request is not None and conversation.public_key is None:
        raise BadInput("request: the group has no public key that it could be sealed to.")
    if join_requests.asking(connection, conversation_id, [user]):
        return None
    if join_requests.count_of_user(connection, user) >= MOST_OF_USER:
        raise TooMany(f"One asks {MOST_OF_USER} groups at once at most.")
    if join_requests.count_of_group(connection, conversation_id) >= MOST_OF_GROUP:
        raise TooMany("Too many ask to be let in there already.")
    join_requests.add(connection, conversation_id, JoinRequest(user, request, transaction.now))
    return _asked(connection, conversation, user)


def _asked(connection: Connection, conversation: Conversation, user: str) -> _Asked | None:
    shown = users.public_users(connection, "", [user])
    members = {one.user_id for one in memberships.members(connection, conversation.id)}
    hearing = members.difference(choices.blockers(connection, user, members))
    return _Asked(conversation.id, shown[0], sorted(hearing)) if shown else None


def _forget(transaction: Transaction, conversation_id: str, user: str) -> set[str]:
    return join_requests.remove(transaction.connection, conversation_id, [user])


def _decline(transaction: Transaction, conversation_id: str, actor: str, user: str) -> None:
    pair = (conversation_id, actor)
    if pair not in memberships.current_members(transaction.connection, [pair]):
        raise NotMember()
    if not _forget(transaction, conversation_id, user):
        raise NotFound("They do not ask to be let in.")


def _shown(connection: Connection, reader_id: str, conversation_id: str) -> resources.JoinRequests:
    require_listener(connection, reader_id, conversation_id)
    apart = choices.apart(connection, reader_id)
    asked = [one for one in join_requests.of_group(connection, conversation_id) if one.user_id not in apart]
    people = {user.id: user for user in users.public_users(connection, reader_id, [one.user_id for one in asked])}
    return resources.JoinRequests(
        items=[
            resources.JoinRequest(user=people[one.user_id], request=one.request, inserted_at=rfc3339(one.inserted_at))
            for one in asked
            if one.user_id in people
        ]
    )
