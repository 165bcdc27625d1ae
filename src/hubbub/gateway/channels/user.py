"""`user:{id}`: what concerns one user on all their devices (seed 003, user channel; Hubbub protocol, section 2)."""

from __future__ import annotations

from hubbub.actions.publishing import user_topic
from hubbub.actions.pulling import Pulling
from hubbub.auth.actor import Actor
from hubbub.gateway.channel import Event, Response, Socket, handles
from hubbub.wire import answers, events
from hubbub.wire.errors import Forbidden, Unauthorized


class UserChannel:
    """The server speaks here; clients only ask for what they missed."""

    join_answers = (answers.Heads, answers.StreamPulled)

    def __init__(self, pulling: Pulling) -> None:
        self._pulling = pulling
        self.events: dict[str, Event] = {"sync": handles(events.Sync, self.sync, answers.StreamPulled, scope="read")}

    def bus_topic(self, actor: Actor | None, id: str) -> str:
        if actor is None:
            raise Unauthorized()
        if id != actor.user_id:
            raise Forbidden("This topic belongs to another user.")
        return user_topic(id)

    async def join(self, socket: Socket, id: str, params: events.JoinParams) -> Response:
        """With a cursor: what changed since; in any case the heads of the user's conversations."""
        if socket.actor is None:
            raise Unauthorized()
        if params.cursor is None:
            return await self._pulling.heads(socket.actor)
        return await self._pulling.pull(socket.actor, None, params.cursor, events.Sync().limit, params.epoch)

    async def joined(self, socket: Socket, id: str) -> None:
        """Nothing follows."""

    def resync(self, socket: Socket, id: str) -> None:
        socket.push_event(user_topic(id), "resync", b"{}")

    def left(self, socket: Socket, id: str) -> None:
        """Nothing is kept."""

    async def sync(self, socket: Socket, id: str, payload: events.Sync) -> Response:
        """Ask what changed in one's own stream after `cursor`."""
        if socket.actor is None:
            raise Unauthorized()
        return await self._pulling.pull(socket.actor, None, payload.cursor, payload.limit, payload.epoch)
