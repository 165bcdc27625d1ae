"""/api/rooms: beginning, finding, joining and talking, for programs and for people (seed 002; protocol, section 5)."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.params import JSONBody, Parameter

from hubbub.actions.room_expelling import RoomExpelling
from hubbub.actions.room_joining import RoomJoining
from hubbub.actions.room_talk import RoomTalk
from hubbub.actions.rooms import Rooms
from hubbub.auth.limits import JOINING, Addresses, Limiter
from hubbub.http.allowed import allows
from hubbub.http.bearer import GUESTS, actor_of, limited, takes
from hubbub.http.documentation import OPEN, SIGNED_IN, WITH_BODY, errors
from hubbub.http.reading_routes import clamped
from hubbub.http.requests import HubbubRequest
from hubbub.wire.errors import NotFound
from hubbub.wire.events import MessageRow
from hubbub.wire.ids import is_room_id
from hubbub.wire.resources import JoinedRoom, JoinRoom, NewRoom, NewRoomMessage, Room, RoomList, RoomMessages

LARGEST_PAGE = 500
DEFAULT_PAGE = 100

RoomId = Annotated[str, Parameter(description="The id of the room: who knows it may come in.", max_length=64)]
ParticipantId = Annotated[str, Parameter(description="The id of a participant.", max_length=36)]
After = Annotated[str | None, Parameter(description="The id of a message: those that came after it.", max_length=36)]
Before = Annotated[
    str | None, Parameter(description="The id of a message: the last of those that came before it.", max_length=36)
]
Limit = Annotated[int, Parameter(description=f"Wanted messages; at most {LARGEST_PAGE} come.")]


def room_routes(
    rooms: Rooms,
    joining: RoomJoining,
    expelling: RoomExpelling,
    talk: RoomTalk,
    limiter: Limiter,
    addresses: Addresses,
) -> Router:
    @post(
        "/",
        opt=takes("write"),
        responses=errors(*SIGNED_IN, *WITH_BODY, 404, 409),
        summary="Begin a room",
        description="A repeat with the same `id` answers with the room that the first one began.",
    )
    async def begin_room(request: HubbubRequest, data: JSONBody[NewRoom]) -> Room:
        return await rooms.begin(request.user, data)

    @get("/", opt=takes("read"), responses=errors(*SIGNED_IN), summary="One's own rooms")
    async def own_rooms(request: HubbubRequest) -> RoomList:
        return await rooms.mine(request.user)

    @get(
        "/{room_id:str}",
        opt=GUESTS | takes("read"),
        security=OPEN,
        responses=errors(*SIGNED_IN, 404),
        summary="One room",
    )
    async def one_room(room_id: RoomId) -> Room:
        return await rooms.find(_known(room_id))

    @delete(
        "/{room_id:str}",
        opt=takes("write"),
        responses=errors(*SIGNED_IN, 403, 404, 507),
        summary="End one's own room, with everything that was said in it",
    )
    async def close_room(request: HubbubRequest, room_id: RoomId) -> None:
        await rooms.close(request.user, _known(room_id))

    @post(
        "/{room_id:str}/join",
        status_code=200,
        guards=[limited(limiter, addresses, JOINING)],
        opt=GUESTS | takes("write"),
        security=OPEN,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409, 422),
        summary="Come into a room, with an account or without",
        description="A name that is taken is made unique. A key that was there before comes back under its name, "
        "with a `proof`: without one it is refused with `proof_required` and a `nonce` to sign.",
    )
    async def join_room(request: HubbubRequest, room_id: RoomId, data: JSONBody[JoinRoom]) -> JoinedRoom:
        return await joining.join(actor_of(request), _known(room_id), data)

    @delete(
        "/{room_id:str}/participants/{participant_id:str}",
        opt=takes("write"),
        responses=errors(*SIGNED_IN, 403, 404, 507),
        summary="Put somebody out of one's own room",
        description="Admins do so in every room. Neither that key nor that account comes in again while it lasts.",
    )
    async def put_out(request: HubbubRequest, room_id: RoomId, participant_id: ParticipantId) -> None:
        await expelling.put_out(request.user, _known(room_id), participant_id)

    @post(
        "/{room_id:str}/messages",
        opt=GUESTS | takes("write"),
        security=OPEN,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409),
        summary="Say something in a room, signed by a participant",
    )
    async def say(room_id: RoomId, data: JSONBody[NewRoomMessage]) -> MessageRow:
        return await talk.post(_known(room_id), data.participant, data.id, data.text, data.signature)

    @get(
        "/{room_id:str}/messages",
        opt=GUESTS | takes("read"),
        security=OPEN,
        responses=errors(*SIGNED_IN, 404),
        summary="Messages of a room, oldest first",
    )
    async def messages(
        room_id: RoomId, after: After = None, before: Before = None, limit: Limit = DEFAULT_PAGE
    ) -> RoomMessages:
        return await talk.page(_known(room_id), after or None, before or None, clamped(limit, LARGEST_PAGE))

    handlers = [
        *(allows("/", "GET", "POST"), own_rooms, begin_room),
        *(allows("/{room_id:str}", "DELETE", "GET"), one_room, close_room),
        *(allows("/{room_id:str}/join", "POST"), join_room),
        *(allows("/{room_id:str}/messages", "GET", "POST"), messages, say),
        *(allows("/{room_id:str}/participants/{participant_id:str}", "DELETE"), put_out),
    ]
    return Router("/rooms", route_handlers=handlers, tags=["rooms"])


def _known(room_id: str) -> str:
    """What cannot be a room's id is that of none."""
    if not is_room_id(room_id):
        raise NotFound("There is no such room.")
    return room_id
