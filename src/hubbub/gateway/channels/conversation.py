"""`conversation:{id}`: everything that members do in a conversation (seed 003, conversation channel)."""

from __future__ import annotations

from typing import Any

import msgspec

from hubbub.actions.conversation_keys import ConversationKeys
from hubbub.actions.documents import Documents
from hubbub.actions.lifetimes import Lifetimes
from hubbub.actions.membership import Membership
from hubbub.actions.messages import Messages
from hubbub.actions.moderation import Moderation
from hubbub.actions.publishing import Publisher, conversation_topic
from hubbub.actions.pulling import Pulling
from hubbub.actions.reactions import Reactions
from hubbub.actions.read_marks import ReadMarks
from hubbub.actions.sharing import Sharing
from hubbub.auth.actor import Actor
from hubbub.auth.limits import MemoryLimiter, NoLimits, Rule
from hubbub.gateway.channel import Answer, Event, Response, Socket, handles, submits
from hubbub.gateway.counting import Counting
from hubbub.gateway.topics import Topics
from hubbub.gateway.typing import Typing
from hubbub.storage.lobby import LOBBY_ID
from hubbub.wire import answers, events
from hubbub.wire.errors import NotMember, Unauthorized
from hubbub.wire.ids import is_id


class ConversationChannel:
    """Types are checked already when a handler is called; rights are checked by the actions, under the lock."""

    join_answers = (answers.Document, answers.ResumedDocument)

    def __init__(
        self,
        *,
        messages: Messages,
        reactions: Reactions,
        sharing: Sharing,
        membership: Membership,
        lifetimes: Lifetimes,
        moderation: Moderation,
        keys: ConversationKeys,
        read_marks: ReadMarks,
        documents: Documents,
        pulling: Pulling,
        publisher: Publisher,
        topics: Topics,
        counting: Counting,
        limiter: MemoryLimiter | NoLimits,
        sending: Rule,
    ) -> None:
        self._messages = messages
        self._reactions = reactions
        self._sharing = sharing
        self._membership = membership
        self._lifetimes = lifetimes
        self._moderation = moderation
        self._keys = keys
        self._read_marks = read_marks
        self._documents = documents
        self._pulling = pulling
        self._topics = topics
        self._counting = counting
        self._limiter = limiter
        self._sending = sending
        self._typing = Typing(publisher)
        self.events: dict[str, Event] = {
            "send_message": submits(
                events.SendMessage, self.send_message, answers.MessageWritten, answers.MessageSpoken, scope="write"
            ),
            "edit_message": handles(events.EditMessage, self.edit_message, answers.MessageWritten, scope="write"),
            "delete_message": handles(events.DeleteMessage, self.delete_message, answers.MessageDeleted, scope="write"),
            "react": handles(events.React, self.react, answers.Reacted, scope="write"),
            "unreact": handles(events.React, self.unreact, answers.Reacted, scope="write"),
            "share_copies": handles(events.ShareCopies, self.share_copies, answers.CopiesShared, scope="write"),
            "start_typing": handles(events.Nothing, self.start_typing, answers.Done, scope="write"),
            "finish_typing": handles(events.Nothing, self.finish_typing, answers.Done, scope="write"),
            "read_conversation": handles(events.Nothing, self.read_conversation, answers.Read, scope="write"),
            "change_alias": handles(events.ChangeAlias, self.change_alias, answers.AliasChanged, scope="write"),
            "change_expiry": handles(events.ChangeExpiry, self.change_expiry, answers.ExpiryChanged, scope="write"),
            "modify_conversation": handles(
                events.ModifyConversation, self.modify_conversation, answers.Modified, scope="write"
            ),
            "leave_conversation": handles(
                events.LeaveConversation, self.leave_conversation, answers.Left, scope="write"
            ),
            "remove_member": handles(events.RemoveMember, self.remove_member, answers.MemberRemoved, scope="write"),
            "set_encryption_keys": handles(events.SetEncryptionKeys, self.set_encryption_keys, answers.KeysSet),
            "sync": handles(events.Sync, self.sync, answers.ConversationPulled, scope="read"),
        }

    # --- joining --------------------------------------------------------------------------------------------------

    def bus_topic(self, actor: Actor | None, id: str) -> str:
        """Whether they may read is asked of the database when the document is read."""
        if not is_id(id):
            raise Unauthorized() if actor is None else NotMember()
        return conversation_topic(id)

    async def join(self, socket: Socket, id: str, params: events.JoinParams) -> Response:
        joined = await self._documents.join(socket.user_id, id, params.cursor is None)
        self._topics.checked(conversation_topic(id), joined.departed_version)
        if params.cursor is None:
            return joined.document
        pulled = await self._pulling.pull(socket.actor, id, params.cursor, events.Sync().limit, params.epoch)
        return _merged(joined.document, pulled)

    async def joined(self, socket: Socket, id: str) -> None:
        """In the lobby follows how many are connected."""
        if id == LOBBY_ID:
            socket.push_event(conversation_topic(id), "user_count", self._counting.payload)

    def resync(self, socket: Socket, id: str) -> None:
        socket.push_event(conversation_topic(id), "resync", b"{}")

    def left(self, socket: Socket, id: str) -> None:
        """Who goes while typing has stopped typing."""
        if self._typing.types(socket, id):
            self._typing.stop(socket, id, _actor(socket).user_id)

    # --- messages -------------------------------------------------------------------------------------------------

    def send_message(self, socket: Socket, id: str, payload: events.SendMessage, done: Answer) -> None:
        """Say something: `content` in a plaintext conversation, else a copy for each member; kept or not."""
        user = _actor(socket).user_id
        self._limiter.spend_now(self._sending, user)
        self._messages.send(user, id, payload, done)

    async def edit_message(self, socket: Socket, id: str, payload: events.EditMessage) -> Response:
        """Replace the text of one's own message."""
        return await self._messages.edit(self._spent(socket), id, payload)

    async def delete_message(self, socket: Socket, id: str, payload: events.DeleteMessage) -> Response:
        """Delete one's own message, all but its place."""
        return await self._messages.delete(self._spent(socket), id, payload)

    async def react(self, socket: Socket, id: str, payload: events.React) -> Response:
        """Put an emoji on a message of a plaintext conversation."""
        return await self._reactions.react(self._spent(socket), id, payload, on=True)

    async def unreact(self, socket: Socket, id: str, payload: events.React) -> Response:
        """Take one's own emoji off again."""
        return await self._reactions.react(self._spent(socket), id, payload, on=False)

    async def share_copies(self, socket: Socket, id: str, payload: events.ShareCopies) -> Response:
        """Give members who cannot read messages of a sealed conversation copies of them."""
        return await self._sharing.share(self._spent(socket), id, payload)

    def _spent(self, socket: Socket) -> str:
        """The user, with one write taken from their allowance."""
        user = _actor(socket).user_id
        self._limiter.spend_now(self._sending, user)
        return user

    # --- typing and reading ---------------------------------------------------------------------------------------

    async def start_typing(self, socket: Socket, id: str, payload: events.Nothing) -> Response:
        """Tell the members that one types; it ends by itself when the socket goes."""
        self._typing.start(socket, id, _actor(socket).user_id)
        return {}

    async def finish_typing(self, socket: Socket, id: str, payload: events.Nothing) -> Response:
        """Tell the members that one stopped typing."""
        self._typing.stop(socket, id, _actor(socket).user_id)
        return {}

    async def read_conversation(self, socket: Socket, id: str, payload: events.Nothing) -> Response:
        """Mark the conversation as read now."""
        return await self._read_marks.read(self._spent(socket), id)

    # --- the conversation itself ----------------------------------------------------------------------------------

    async def change_alias(self, socket: Socket, id: str, payload: events.ChangeAlias) -> Response:
        """Give a group another alias, or none."""
        return await self._membership.change_alias(self._spent(socket), id, payload)

    async def change_expiry(self, socket: Socket, id: str, payload: events.ChangeExpiry) -> Response:
        """Have messages last for another time from now on; null: for good."""
        return await self._lifetimes.change(self._spent(socket), id, payload)

    async def modify_conversation(self, socket: Socket, id: str, payload: events.ModifyConversation) -> Response:
        """Bring new members into a group, and perhaps change its alias."""
        return await self._membership.modify(self._spent(socket), id, payload)

    async def leave_conversation(self, socket: Socket, id: str, payload: events.LeaveConversation) -> Response:
        """Leave a group; what was visible stays readable over HTTP."""
        return await self._membership.leave(self._spent(socket), id, payload)

    async def remove_member(self, socket: Socket, id: str, payload: events.RemoveMember) -> Response:
        """Remove somebody, as the owner or a moderator."""
        return await self._moderation.remove_member(self._spent(socket), id, payload)

    async def set_encryption_keys(self, socket: Socket, id: str, payload: events.SetEncryptionKeys) -> Response:
        """Store a new generation of one's keys for this conversation."""
        return await self._keys.set(self._spent(socket), id, payload)

    async def sync(self, socket: Socket, id: str, payload: events.Sync) -> Response:
        """Ask what changed after `cursor`."""
        return await self._pulling.pull(socket.actor, id, payload.cursor, payload.limit, payload.epoch)


def _actor(socket: Socket) -> Actor:
    """Who is on this socket; guests only listen."""
    if socket.actor is None:
        raise Unauthorized()
    return socket.actor


def _merged(document: msgspec.Raw, pulled: events.Pulled) -> dict[str, Any]:
    """A document whose latest page gave way to what changed."""
    merged: dict[str, Any] = msgspec.json.decode(document, type=dict[str, msgspec.Raw])
    merged |= {"changes": pulled.changes, "cursor": pulled.cursor, "more": pulled.more, "epoch": pulled.epoch}
    return merged if pulled.authors is msgspec.UNSET else merged | {"authors": pulled.authors}
