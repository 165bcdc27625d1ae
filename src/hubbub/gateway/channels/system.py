"""`system:general`: presence, one's name, and beginning conversations (seed 003, system channel)."""

from __future__ import annotations

from hubbub.actions.accounts import Accounts
from hubbub.actions.publishing import presence_topic
from hubbub.actions.starting import Starting
from hubbub.auth.actor import Actor
from hubbub.auth.limits import STARTING, MemoryLimiter, NoLimits, Rule
from hubbub.gateway.background import Background
from hubbub.gateway.channel import Event, Response, Socket, handles
from hubbub.gateway.presence import Presence
from hubbub.wire import answers, events
from hubbub.wire.errors import Unauthorized, UnmatchedTopic

STATUS = Rule("status", 1, 20)


class SystemChannel:
    """Each user hears here only of their contacts, so the topic of the bus behind it is the user's own."""

    join_answers = (answers.Done,)

    def __init__(
        self, accounts: Accounts, starting: Starting, presence: Presence, limiter: MemoryLimiter | NoLimits
    ) -> None:
        self._accounts = accounts
        self._starting = starting
        self._presence = presence
        self._limiter = limiter
        self._background = Background()
        self.events: dict[str, Event] = {
            "set_hidden": handles(events.SetHidden, self.set_hidden, answers.MessageSent, scope="write"),
            "set_status": handles(events.SetStatus, self.set_status, answers.StatusSet, scope="write"),
            "set_display_name": handles(events.SetDisplayName, self.set_display_name, answers.Renamed, scope="write"),
            "start_group_conversation": handles(
                events.StartGroupConversation, self.start_group, answers.Begun, scope="write"
            ),
            "start_private_conversation": handles(
                events.StartPrivateConversation, self.start_private, answers.Begun, scope="write"
            ),
        }

    def bus_topic(self, actor: Actor | None, id: str) -> str:
        if actor is None:
            raise Unauthorized()
        if id != "general":
            raise UnmatchedTopic()
        return presence_topic(actor.user_id)

    async def join(self, socket: Socket, id: str, params: events.JoinParams) -> Response:
        return {}

    async def joined(self, socket: Socket, id: str) -> None:
        """Show the newcomer who is there, and the newcomer to their contacts."""
        await self._presence.arrive(socket)

    def resync(self, socket: Socket, id: str) -> None:
        """Presence has no versions: the whole state is shown anew."""
        self._background.spawn(self._presence.show(socket))

    def left(self, socket: Socket, id: str) -> None:
        self._background.spawn(self._presence.leave(socket))

    # --- events ---------------------------------------------------------------------------------------------------

    async def set_hidden(self, socket: Socket, id: str, payload: events.SetHidden) -> Response:
        """Show oneself as online to contacts, or do not."""
        user = _user(socket)
        await self._accounts.set_hidden(user, payload.hidden, payload.op_id)
        return {"status": "message_sent"}

    async def set_status(self, socket: Socket, id: str, payload: events.SetStatus) -> Response:
        """Say whether somebody is at this device: `online`, or `idle`."""
        self._limiter.spend_now(STATUS, _user(socket))
        await self._presence.set_status(socket, payload.status)
        return {"status": payload.status}

    async def set_display_name(self, socket: Socket, id: str, payload: events.SetDisplayName) -> Response:
        """Change one's name; contacts are told."""
        own = await self._accounts.set_display_name(_user(socket), payload.display_name, payload.op_id)
        return {"user_id": own.id, "display_name": own.display_name}

    async def start_group(self, socket: Socket, id: str, payload: events.StartGroupConversation) -> Response:
        """Begin a group with these users: encrypted with its creator's `public_key`, or `open`."""
        user = _user(socket)
        self._limiter.spend_now(STARTING, user)
        return await self._starting.group(user, payload)

    async def start_private(self, socket: Socket, id: str, payload: events.StartPrivateConversation) -> Response:
        """Begin the private conversation with another user, or find the one that exists."""
        user = _user(socket)
        self._limiter.spend_now(STARTING, user)
        return await self._starting.private(user, payload)


def _user(socket: Socket) -> str:
    if socket.actor is None:
        raise Unauthorized()
    return socket.actor.user_id
