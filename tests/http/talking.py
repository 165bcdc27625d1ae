"""Saying things in the channels of a world whose clock tests turn: what the socket's events come to."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from hubbub.actions.composing import Composer
from hubbub.actions.messages import Messages
from hubbub.actions.passing import Passing
from hubbub.actions.publishing import Publisher
from hubbub.actions.reactions import Reactions
from hubbub.actions.removals import Removals
from hubbub.storage.operations import RequestMac
from hubbub.storage.rosters import Rosters
from hubbub.wire.errors import Refusal
from hubbub.wire.events import DeleteMessage, EditMessage, React, SendMessage
from hubbub.wire.ids import new_id
from hubbub.wire.resources import NewRemoval
from tests.http.world import SECRET, Person, World


class Talking:
    """Each method is one event of its author's; refusals are raised."""

    def __init__(self, world: World) -> None:
        publisher, mac, rosters = Publisher(world.bus), RequestMac(SECRET), Rosters(100)
        passing = Passing(world.reader, publisher, rosters)
        self._messages = Messages(world.writer, publisher, rosters, mac, Composer(mac, longest=4000), passing)
        self._removals = Removals(world.writer, publisher)
        self._reactions = Reactions(world.writer, publisher, mac)

    async def send(
        self, who: Person, channel: str, id: str | None = None, content: str = "Hello", **further: Any
    ) -> str:
        """The id of the message."""
        id = id or new_id()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._messages.send(who.id, channel, SendMessage(id=id, content=content, **further), answer.set_result)
        if isinstance(outcome := await answer, Refusal):
            raise outcome
        return str(msgspec.json.decode(outcome)["message"]["message_group"])

    async def edit(self, who: Person, channel: str, message: str, content: str, op_id: str | None = None) -> None:
        request = EditMessage(message_group_id=message, content=content, op_id=op_id)
        await self._messages.edit(who.id, channel, request)

    async def delete(self, who: Person, channel: str, message: str, op_id: str | None = None) -> None:
        await self._messages.delete(who.id, channel, DeleteMessage(message_group_id=message, op_id=op_id))

    async def react(
        self, who: Person, channel: str, message: str, emoji: str = "+1", *, on: bool = True, op_id: str | None = None
    ) -> None:
        await self._reactions.react(who.id, channel, React(message_group_id=message, emoji=emoji, op_id=op_id), on)

    async def remove(self, moderator: Person, channel: str, message: str) -> None:
        await self._removals.remove(moderator.id, channel, message, NewRemoval(reason=""))
