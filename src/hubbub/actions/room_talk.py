"""What is said in rooms: signed by its author, checked before anything is stored, read by whoever knows the room."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from hubbub.actions.announcing import as_seen, message_push
from hubbub.actions.messages import Answered
from hubbub.actions.publishing import Publisher
from hubbub.actions.room_joining import signature_of
from hubbub.actions.rooms import WAS_PUT_OUT, RoomView, participant_row
from hubbub.actions.rows import conversation_row, message_row, raw
from hubbub.actions.sending import Said, Send, Sent
from hubbub.auth.limits import MemoryLimiter, NoLimits, Rule
from hubbub.domain.rooms import check_body
from hubbub.storage import rooms
from hubbub.storage.engine import Reader
from hubbub.storage.messages import Message
from hubbub.storage.operations import RequestMac
from hubbub.storage.rooms import Participant
from hubbub.storage.rosters import Rosters
from hubbub.storage.writer import Writer
from hubbub.wire.errors import Banned, InvalidSignature, NotFound, NotMember, Refusal
from hubbub.wire.events import MessageRow
from hubbub.wire.ids import require_id
from hubbub.wire.pages import MessagePage
from hubbub.wire.resources import RoomMessages
from hubbub.wire.signing import b64u_decode, is_signed_by, room_message_bytes

PAGE_SIZE = 50


class Speaker(NamedTuple):
    """A participant, with what must be known of the room to check what they say."""

    participant: Participant
    encrypted: bool


class Document(NamedTuple):
    """What a join answers, but for who is there now: `registered` are all of whom some may be."""

    body: dict[str, object]
    speaker: Speaker
    registered: list[Participant]


class RoomTalk:
    """Saying things in rooms, and reading them. `longest` is the limit of a text, `sending` that of one participant."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        publisher: Publisher,
        rosters: Rosters,
        mac: RequestMac,
        view: RoomView,
        epoch: str,
        longest: int,
        limiter: MemoryLimiter | NoLimits,
        sending: Rule,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher
        self._rosters = rosters
        self._mac = mac
        self._view = view
        self._epoch = epoch
        self._longest = longest
        self._limiter = limiter
        self._sending = sending

    # --- saying ---------------------------------------------------------------------------------------------------

    def send(self, speaker: Speaker, id: str, text: str, signature: str, done: Answered) -> None:
        """Store a message and tell everyone in the room; `done` gets `{"message", "version"}` or the refusal.

        Raises `InvalidSignature`, `InvalidText`, `BadInput`, `TooFast` at once.
        """
        send = self._checked(speaker, id, text, signature)
        self._writer.submit(send, partial(self._sent, speaker.participant, done))

    async def post(self, room_id: str, participant_id: str, id: str, text: str, signature: str) -> MessageRow:
        """As `send`, for who is on no socket: the signature says who they are. Raises `NotMember`, `Banned`, too."""
        participant = require_id(participant_id, "participant")
        speaker = await self._reader.run(self._speaker, room_id, participant)
        send = self._checked(speaker, id, text, signature)
        sent = await self._writer.run(send, partial(self._tell, speaker.participant))
        return message_row(as_seen(sent.message, None))

    def _speaker(self, connection: Connection, room_id: str, participant_id: str) -> Speaker:
        room = self._view.require(connection, room_id)
        found = rooms.participant(connection, room_id, participant_id)
        if found is None:
            raise NotMember("There is no such participant in this room.")
        if found.put_out:
            raise Banned(WAS_PUT_OUT)
        return Speaker(found, room.encrypted)

    def _checked(self, speaker: Speaker, id: str, text: str, signature: str) -> Send:
        """What is to be stored, signed by who says it."""
        participant, id = speaker.participant, require_id(id)
        said = check_body(text, self._longest, encrypted=speaker.encrypted)
        signed = room_message_bytes(participant.conversation_id, id, participant.name, said)
        if not is_signed_by(b64u_decode(participant.public_key), signature_of(signature), signed):
            raise InvalidSignature()
        self._limiter.spend_now(self._sending, participant.id)
        return Send(
            self._rosters,
            participant.conversation_id,
            participant.id,
            Said(content=said, signature=signature),
            self._mac("room message", id, said),
            id=id,
            device_id=None,
            index=None,
            position=None,
            reply_to=None,
            expires_in=None,
        )

    def _sent(self, author: Participant, done: Answered, outcome: Sent | Refusal) -> None:
        if isinstance(outcome, Refusal):
            done(outcome)
            return
        self._tell(author, outcome)
        done(msgspec.Raw(b'{"message":%b,"version":%d}' % (_encoded(outcome.message), outcome.message.version)))

    def _tell(self, author: Participant, sent: Sent) -> None:
        """Push the message with its author, whom some see for the first time; what the history has let go of is told
        to nobody, however often it is sent again.
        """
        if not sent.message.deleted:
            push = message_push(sent.message, _encoded(sent.message))[:-1] + b',"author":%b}' % bytes(
                raw(participant_row(author))
            )
            self._publisher.to_conversation(sent.conversation.id, "new_message", push)

    # --- reading --------------------------------------------------------------------------------------------------

    async def page(self, room_id: str, after: str | None, before: str | None, limit: int) -> RoomMessages:
        """Messages oldest first: the first after the message `after`, or the last before `before`; without either from
        the beginning. Raises `NotFound`.
        """
        return await self._reader.run(self._page, room_id, after, before, limit)

    def _page(
        self, connection: Connection, room_id: str, after: str | None, before: str | None, limit: int
    ) -> RoomMessages:
        self._view.require(connection, room_id)
        if before is not None:
            found = rooms.before(connection, room_id, _version_of(connection, room_id, before), limit)[::-1]
        else:
            version = _version_of(connection, room_id, after) if after is not None else 0
            found = rooms.after(connection, room_id, version, limit)
        return _shown(found, rooms.participants_of(connection, room_id))

    async def document(self, room_id: str, participant_id: str) -> Document:
        """What a participant is answered who joins the room's topic. Raises `NotFound`, `Banned`."""
        return await self._reader.run(self._document, room_id, participant_id)

    def _document(self, connection: Connection, room_id: str, participant_id: str) -> Document:
        room = self._view.require(connection, room_id)
        registered = rooms.participants_of(connection, room_id)
        speaker = next((one for one in registered if one.id == participant_id), None)
        if speaker is None:
            raise NotFound("There is no such participant in this room.")
        if speaker.put_out:
            raise Banned(WAS_PUT_OUT)
        found = rooms.before(connection, room_id, None, PAGE_SIZE + 1)
        shown = _shown(found[:PAGE_SIZE], registered)
        token = found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None
        body: dict[str, object] = {
            "conversation": conversation_row(room),
            "messages": MessagePage(items=shown.items, page_token=token),
            "authors": shown.authors,
            "cursor": room.head,
            "epoch": self._epoch,
        }
        return Document(body, Speaker(speaker, room.encrypted), _taking_part(registered))

    async def registered(self, room_id: str) -> list[Participant]:
        """Everyone who joined and was not put out; nobody, where there is no such room."""
        return _taking_part(await self._reader.run(rooms.participants_of, room_id))


def _taking_part(known: Iterable[Participant]) -> list[Participant]:
    return [one for one in known if not one.put_out]


def _encoded(message: Message) -> bytes:
    return bytes(raw(message_row(as_seen(message, None))))


def _version_of(connection: Connection, room_id: str, message_id: str) -> int:
    """Where in the order of the server a message is, also one that the history has let go of."""
    version = rooms.version_of(connection, room_id, require_id(message_id, "message id"))
    if version is None:
        raise NotFound("There is no such message in this room.")
    return version


def _shown(found: Iterable[Message], registered: Iterable[Participant]) -> RoomMessages:
    items = [message_row(as_seen(message, None)) for message in found]
    wrote = {item.sender for item in items}
    return RoomMessages(items=items, authors={one.id: participant_row(one) for one in registered if one.id in wrote})
