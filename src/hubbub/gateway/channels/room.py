"""`conversation:{id}` of a room: whoever has a ticket, with an account or without (seed 002)."""

from __future__ import annotations

import msgspec

from hubbub.actions.publishing import Publisher, conversation_topic
from hubbub.actions.room_talk import RoomTalk, Speaker
from hubbub.actions.rooms import WAS_PUT_OUT, participant_row
from hubbub.auth.actor import Actor
from hubbub.auth.tickets import Tickets
from hubbub.gateway.attendance import Attendance
from hubbub.gateway.channel import Answer, Event, Response, Socket, handles, submits
from hubbub.gateway.typing import Typing
from hubbub.wire import answers, events
from hubbub.wire.errors import Banned, Unauthorized, WrongKind
from hubbub.wire.pushes import PutOut

_decode = msgspec.json.Decoder(PutOut).decode


class RoomChannel:
    """A socket is in a room for one participant, whom its ticket names; the socket's user plays no part."""

    join_answers = (answers.RoomDocument,)

    def __init__(self, *, talk: RoomTalk, tickets: Tickets, attendance: Attendance, publisher: Publisher) -> None:
        self._talk = talk
        self._tickets = tickets
        self._attendance = attendance
        self._typing = Typing(publisher)
        self._speakers: dict[tuple[Socket, str], Speaker] = {}
        self._entering: dict[tuple[Socket, str], str] = {}  # participants whose join is being answered
        self.events: dict[str, Event] = {
            "send_message": submits(events.SendSigned, self.send_message, answers.MessageWritten, scope="write"),
            "start_typing": handles(events.Nothing, self.start_typing, answers.Done, scope="write"),
            "finish_typing": handles(events.Nothing, self.finish_typing, answers.Done, scope="write"),
        }

    # --- joining --------------------------------------------------------------------------------------------------

    def bus_topic(self, actor: Actor | None, id: str) -> str:
        """Whether the ticket holds is looked at in the join, which has it."""
        return conversation_topic(id)

    async def join(self, socket: Socket, id: str, params: events.JoinParams) -> Response:
        participant = self._tickets.read(id, params.ticket)
        self._entering[socket, id] = participant
        try:
            document = await self._talk.document(id, participant)
            there = {one.id for one in await self._attendance.among(id, document.registered)} | {participant}
        finally:
            put_out = self._entering.pop((socket, id), None) is None
        if put_out:
            raise Banned(WAS_PUT_OUT)
        self._speakers[socket, id] = document.speaker
        return {
            **document.body,
            "participants": [participant_row(one) for one in document.registered if one.id in there],
        }

    async def joined(self, socket: Socket, id: str) -> None:
        """Show the newcomer to everyone."""
        await self._attendance.arrive(socket, id, self._speaker(socket, id).participant.id)

    def put_out(self, id: str, payload: bytes) -> None:
        """Participants, whom the push names, may not be in the room any more: close the channels of their sockets."""
        gone = set(_decode(payload).participants)
        for key in [key for key, participant in self._entering.items() if key[1] == id and participant in gone]:
            del self._entering[key]
        speakers = self._speakers.items()
        for socket in [key[0] for key, one in speakers if key[1] == id and one.participant.id in gone]:
            socket.evict(conversation_topic(id))

    def resync(self, socket: Socket, id: str) -> None:
        socket.push_event(conversation_topic(id), "resync", b"{}")

    def left(self, socket: Socket, id: str) -> None:
        """Who goes while typing has stopped typing."""
        if self._typing.types(socket, id):
            self._typing.stop(socket, id, self._speaker(socket, id).participant.id)
        self._speakers.pop((socket, id), None)
        self._attendance.leave(socket, id)

    # --- events ---------------------------------------------------------------------------------------------------

    def send_message(self, socket: Socket, id: str, payload: events.SendSigned, done: Answer) -> None:
        """Say something that one has signed."""
        if payload.off_the_record:
            raise WrongKind("Where every message is signed for the record, none is off it.")
        self._talk.send(self._speaker(socket, id), payload.id, payload.content, payload.signature, done)

    async def start_typing(self, socket: Socket, id: str, payload: events.Nothing) -> Response:
        """Tell the others that one types; it ends by itself when the socket goes."""
        self._typing.start(socket, id, self._speaker(socket, id).participant.id)
        return {}

    async def finish_typing(self, socket: Socket, id: str, payload: events.Nothing) -> Response:
        """Tell the others that one stopped typing."""
        self._typing.stop(socket, id, self._speaker(socket, id).participant.id)
        return {}

    def _speaker(self, socket: Socket, id: str) -> Speaker:
        """A socket that is in the topic is a participant's."""
        speaker = self._speakers.get((socket, id))
        if speaker is None:
            raise Unauthorized()
        return speaker
