"""Chats of seed 001: what was said last, and saying something, for programs that have no socket."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from hubbub.actions.documents import Documents, require_reader
from hubbub.actions.messages import Messages
from hubbub.actions.starting import Starting
from hubbub.auth.actor import Actor
from hubbub.auth.limits import STARTING, Limiter, Rule
from hubbub.storage import conversations, memberships, users
from hubbub.storage.engine import Reader
from hubbub.wire.errors import BadInput, Forbidden, IdTaken, NotMember, Refusal
from hubbub.wire.events import MessageRow, SendMessage, StartPrivateConversation
from hubbub.wire.rest import Chat, ChatEntry, PutChat, StoredEntry

SAID = ("encrypted_messages", "sealed", "id", "index", "position", "device_id", "reply_to", "expires_in")


class _Ends(NamedTuple):
    """Who a chat is with: for each sender the target, which for all but private ones is the conversation."""

    conversation_id: str
    name: str | None
    pair: tuple[str, ...]

    def target_of(self, sender: str) -> str:
        return next((user for user in self.pair if user != sender), self.conversation_id)


class _Written(msgspec.Struct):
    message: MessageRow


class Chats:
    """`sending` is how often one user may say something, on whatever way."""

    def __init__(
        self,
        *,
        reader: Reader,
        messages: Messages,
        documents: Documents,
        starting: Starting,
        limiter: Limiter,
        sending: Rule,
    ) -> None:
        self._reader = reader
        self._messages = messages
        self._documents = documents
        self._starting = starting
        self._limiter = limiter
        self._sending = sending

    async def latest(self, actor: Actor | None, chat_id: str, limit: int) -> Chat:
        """The last entries as the actor, or a guest, may read them. Raises `NotMember`, `Unauthorized`."""
        page = await self._documents.page(actor, chat_id, None, limit)
        ends = await self._reader.run(_ends, actor.user_id if actor else None, chat_id)
        return Chat(id=chat_id, items=[_stored(row, ends) for row in page.items])

    async def publish(self, actor: Actor, chat_id: str, entry: ChatEntry) -> StoredEntry:
        """Say something. Raises `Forbidden` for another's name, `BadInput` for another target, and as sending does."""
        await self._require_oneself(actor, entry.sender)
        ends = await self._reader.run(_ends, actor.user_id, chat_id)
        named = ends.target_of(actor.user_id)
        if entry.target.lower() not in (named, ends.name, await self._reader.run(_name_of, named)):
            raise BadInput("target is not whom this chat is with.")
        await self._limiter.spend(self._sending, actor.user_id)
        said = SendMessage(
            content=entry.message, off_the_record=entry.off_the_record, **{name: getattr(entry, name) for name in SAID}
        )
        written = msgspec.json.decode(await self._send(actor.user_id, chat_id, said), type=_Written)
        return _stored(written.message, ends)

    async def begin(self, actor: Actor, chat_id: str, entry: PutChat) -> bool:
        """Begin the private conversation with the target under this id; False when there is one of this id.

        Raises `IdTaken` when the two have one under another id, `NotFound`, and as beginning on the socket does.
        """
        if await self._reader.run(conversations.load_one, chat_id) is not None:
            return False
        await self._require_oneself(actor, entry.sender)
        other = await self._reader.run(users.find, actor.user_id, entry.target.lower())
        if other is None:
            raise NotMember()
        await self._limiter.spend(STARTING, actor.user_id)
        keys = {name: getattr(entry, name) for name in ("public_key", "private_key", "links")}
        asked = StartPrivateConversation(other_user_id=other.id, id=chat_id, **keys)
        begun = (await self._starting.private(actor.user_id, asked))["conversation_id"]
        if begun != chat_id:
            raise IdTaken("The two have a chat already.", chat_id=begun)
        return True

    async def _require_oneself(self, actor: Actor, sender: str) -> None:
        if sender.lower() not in (actor.user_id, await self._reader.run(_name_of, actor.user_id)):
            raise Forbidden("sender is oneself.")

    async def _send(self, user: str, chat_id: str, said: SendMessage) -> msgspec.Raw:
        answered: asyncio.Future[msgspec.Raw | Refusal] = asyncio.get_running_loop().create_future()
        self._messages.send(user, chat_id, said, answered.set_result)
        outcome = await answered
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome


def _ends(connection: Connection, user_id: str | None, chat_id: str) -> _Ends:
    conversation, _ = require_reader(connection, user_id, chat_id)
    pair = tuple(one.user_id for one in memberships.members(connection, chat_id)) if conversation.private else ()
    return _Ends(chat_id, conversation.name, pair)


def _name_of(connection: Connection, user_id: str) -> str | None:
    found = users.find(connection, user_id, user_id)
    return found.name if found else None


def _stored(row: MessageRow, ends: _Ends) -> StoredEntry:
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return StoredEntry(**fields, target=ends.target_of(row.sender))
