"""Seed 004, live chat: `/ws/chat` in the seed's words, and how many are connected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.chat import Chat
from tests.folder_servers import Doors
from tests.people import People, Person, conversation
from tests.phoenix import Client
from tests.server import promote

LOBBY = "00000000-0000-7000-8000-006c6f626279"
LOBBY_TOPIC = conversation(LOBBY)


class Chats:
    """Opens chat sockets, and closes them at the end."""

    def __init__(self, stack: AsyncExitStack, doors: Doors) -> None:
        self._stack = stack
        self._doors = doors

    async def open(self, person: Person | None = None, *, second: bool = False) -> Chat:
        chat = await Chat.connect(self._doors.second if second else self._doors.first)
        await self._stack.enter_async_context(chat)
        await chat.wait_for("user_count")  # it is in the lobby
        if person is not None:
            await chat.say("auth", token=person.token)
            await chat.wait_for("auth")
        return chat


@pytest.fixture
async def chats(doors: Doors) -> AsyncIterator[Chats]:
    async with AsyncExitStack() as stack:
        yield Chats(stack, doors)


# --- the words ----------------------------------------------------------------------------------------------------


async def test_a_ping_is_answered_by_a_pong(chats: Chats) -> None:
    """ "On ping messages, it responds with a pong to keep the connection alive." """
    chat = await chats.open()
    await chat.say("ping")
    assert await chat.wait_for("pong") == {"type": "pong"}


async def test_auth_signs_the_socket_in(chats: Chats, people: People) -> None:
    """ "On auth messages... If successful, it sends an auth message." """
    [ada] = await people.sign_up("Ada")
    chat = await chats.open()
    await chat.say("auth", token=f"Bearer {ada.token}")  # as the header Authorization had it
    assert await chat.wait_for("auth") == {"type": "auth", "user": {"id": ada.id, "name": "Ada"}}


async def test_stale_credentials_are_to_be_refreshed(chats: Chats, people: People) -> None:
    """ "If the credentials are stale, it sends a refresh message." """
    [ada] = await people.sign_up("Ada")
    await ada.post("/api/logout")
    chat = await chats.open()
    for token in (ada.token, "forged", ""):
        before = len(chat.heard)
        await chat.say("auth", token=token)
        await chat.say("ping")
        await chat.wait_for("pong")
        assert {"type": "refresh"} in chat.heard[before:]
        chat.heard.clear()


async def test_what_is_said_reaches_everybody_on_both_doors(chats: Chats, people: People, doors: Doors) -> None:
    """ "...so all replica pods (including itself) will broadcast the message to their sockets." """
    [ada] = await people.sign_up("Ada")
    chat, guest = await chats.open(ada), await chats.open(second=True)
    phoenix = await people.open(doors.second)
    await phoenix.join(LOBBY_TOPIC)
    await chat.say("message", subject="Greetings", message="Good evening")
    heard = await guest.wait_for("message", lambda message: message["user"]["id"] == ada.id)
    ts = heard["ts"]
    assert heard == {
        "type": "message",
        "id": heard["id"],
        "user": {"id": ada.id, "name": "Ada"},
        "subject": "Greetings",
        "message": "Good evening",
        "ts": ts,
    }
    assert int(float(ts)) == ts
    assert await chat.wait_for("message", lambda message: message["id"] == heard["id"]) == heard
    pushed = await phoenix.wait_for(LOBBY_TOPIC, "new_message", lambda push: push["message"]["id"] == heard["id"])
    assert (pushed["message"]["ts"], pushed["message"]["subject"]) == (ts, "Greetings")


async def test_what_is_off_the_record_is_heard_here_too(chats: Chats, people: People) -> None:
    """ "...broadcast the message to their sockets": to those who are present, and nowhere else."""
    [ada] = await people.sign_up("Ada")
    chat = await chats.open(second=True)
    async with await ada.connect() as socket:
        await socket.join(LOBBY_TOPIC)
        await socket.ask(LOBBY_TOPIC, "send_message", {"content": "psst", "off_the_record": True})
        await socket.ask(LOBBY_TOPIC, "send_message", {"content": "aloud"})
    heard = await chat.wait_for("message", lambda message: message["user"]["id"] == ada.id)
    assert (heard["message"], heard["ts"] % 1024) == ("psst", 0)
    await chat.wait_for("message", lambda message: message["message"] == "aloud")


async def test_what_is_said_on_the_other_socket_is_heard_here(chats: Chats, people: People) -> None:
    """ "When it receives a message from these channels, it broadcasts the message" """
    [ada] = await people.sign_up("Ada")
    chat = await chats.open(second=True)
    async with await ada.connect() as socket:
        await socket.join(LOBBY_TOPIC)
        said = await socket.ask(LOBBY_TOPIC, "send_message", {"content": "Hello"})
    heard = await chat.wait_for("message", lambda message: message["id"] == said["message"]["id"])
    assert (heard["message"], heard["subject"], heard["ts"]) == ("Hello", "", said["message"]["ts"])


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ({"subject": "", "message": "x"}, "unauthorized"),
        ({"subject": "s" * 129, "message": "x"}, "too_large"),
        ({"subject": "", "message": "x" * 4001}, "too_large"),
        ({"subject": "", "message": "\0"}, "invalid_text"),
        ({"subject": 7, "message": "x"}, "invalid_payload"),
        ({"subject": ""}, "invalid_payload"),
    ],
)
async def test_what_fails_is_told_to_who_sent_it(
    chats: Chats, people: People, frame: dict[str, Any], reason: str
) -> None:
    """ "Sends message-failed to the socket if anything fails"; "...verifies that the authCtx was set" """
    [ada] = await people.sign_up("Ada")
    chat, other = await chats.open(None if reason == "unauthorized" else ada), await chats.open()
    await chat.say("message", **frame)
    assert await chat.wait_for("message_failed") == {"type": "message_failed", "reason": reason}
    assert not [heard for heard in other.heard if heard["type"].startswith("message")]


@pytest.mark.parametrize("kind", ["mute", "ban"])
async def test_who_is_muted_or_banned_in_the_lobby_is_told_why_and_reads_on(
    chats: Chats, people: People, doors: Doors, kind: str
) -> None:
    """ "Sends message-failed to the socket if anything fails": on a socket that was signed in before, too."""
    ada, root = await people.sign_up("Ada", "Root")
    promote(doors.first, root.id)
    chat, other = await chats.open(ada, second=True), await chats.open(root)
    await chat.say("message", subject="", message="something loud")
    await other.wait_for("message", lambda heard: heard["user"]["id"] == ada.id)
    path = f"/api/conversations/{LOBBY}/sanctions/{ada.id}/{kind}"
    assert (await root.put(path, {"reason": "Loud"})).status_code == 200
    await chat.say("message", subject="", message="something louder")
    assert await chat.wait_for("message_failed") == {"type": "message_failed", "reason": "muted"}
    await other.say("message", subject="", message="it is quiet here")
    await chat.wait_for("message", lambda heard: heard["message"] == "it is quiet here")
    assert "something louder" not in str(other.heard)
    assert (await root.delete(path)).status_code == 204
    await chat.say("message", subject="", message="thank you")
    await other.wait_for("message", lambda heard: heard["message"] == "thank you")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"ping"',
        "{}",
        '{"type":"user_count","authorized":9}',
        '{"type":["ping"]}',
        '{"type":"auth"}',
        '{"type":"auth","token":{"a":1}}',
        '{"type":"message","subject":null,"message":["x"]}',
        "{" * 5000,
        "[" * 100_000,
        '{"type":"message","message":"\\ud800","subject":""}',
        '[null,"1","conversation:x","phx_join",{}]',
        '{"type":"ping"}x',
    ],
)
async def test_hostile_frames_are_refused_and_nothing_breaks(chats: Chats, people: People, text: str) -> None:
    """Whatever comes: an answer, and the socket goes on."""
    [ada] = await people.sign_up("Ada")
    chat = await chats.open(ada)
    await chat.connection.send(text)
    await chat.wait_for("message_failed")
    await chat.say("ping")
    await chat.wait_for("pong")


async def test_binary_frames_are_refused(chats: Chats) -> None:
    chat = await chats.open()
    await chat.connection.send(b"\x00\x01\x02\x03\x04hello")
    assert (await chat.wait_for("message_failed"))["reason"] == "binary_unsupported"


async def test_a_page_of_another_origin_is_refused(doors: Doors) -> None:
    for origin in ("https://evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            await Chat.connect(doors.first, Origin=origin)
        assert refused.value.response.status_code == 403
    async with await Chat.connect(doors.first, Origin=doors.first.url) as chat:
        await chat.wait_for("user_count")


async def test_who_signs_out_is_put_off_the_socket(chats: Chats, people: People) -> None:
    """ "...calls shared/auth to invalidate the users refresh token": its sockets close, and come back as guests."""
    [ada] = await people.sign_up("Ada")
    chat = await chats.open(ada, second=True)
    await ada.post("/api/logout")
    assert await chat.wait_closed() == 4001


# --- how many are there -------------------------------------------------------------------------------------------


def _is(authorized: int, anonymous: int) -> Any:
    return lambda told: (told["authorized"], told["anonymous"]) == (authorized, anonymous)


async def test_accounts_count_once_and_guests_by_socket(chats: Chats, people: People, doors: Doors) -> None:
    """ "...multiple sessions on the same account only count as one authenticated user"; "the authenticated user count
    should only change when all sessions are ended for a user, or the first session begins." """
    [ada, bob] = await people.sign_up("Ada", "Bob")
    watching = await chats.open(second=True)  # the first guest
    await watching.wait_for("user_count", _is(0, 1))
    here = await chats.open(ada)
    await watching.wait_for("user_count", _is(1, 1))
    sessions: list[Client] = [await ada.connect(), await ada.connect(doors.second), await bob.connect(doors.second)]
    await watching.wait_for("user_count", _is(2, 1))
    guests = [await people.open(), await people.open(doors.second)]
    await watching.wait_for("user_count", _is(2, 3))
    await here.drop()
    for session in sessions[:2]:
        await session.drop()
    await watching.wait_for("user_count", _is(1, 3))
    await sessions[2].drop()
    await guests[0].close()
    await watching.wait_for("user_count", _is(0, 2))
    await guests[1].drop()
    await watching.wait_for("user_count", lambda told: told is watching.heard[-1] and _is(0, 1)(told))


async def test_the_count_is_told_in_the_lobby_alone(chats: Chats, people: People) -> None:
    """ "If the client WebSocket receives a user_count message": those who are there, on either door."""
    [ada] = await people.sign_up("Ada")
    elsewhere, lobby = await ada.arrive(), await people.open()
    await lobby.join(LOBBY_TOPIC)
    told = await lobby.wait_for(LOBBY_TOPIC, "user_count")
    assert told.keys() == {"authorized", "anonymous"}
    await lobby.wait_for(LOBBY_TOPIC, "user_count", _is(1, 1))
    await elsewhere.heartbeat()
    assert not [frame for frame in elsewhere.frames if frame.event == "user_count"]


async def test_a_hundred_who_vanish_leave_no_trace_in_the_count(chats: Chats, people: People, doors: Doors) -> None:
    """ "On (dis)connection/authentication, it updates the local values accordingly": abrupt ends too."""
    [ada] = await people.sign_up("Ada")
    watching = await chats.open(second=True)
    for turn in range(4):
        door = doors.second if turn % 2 else doors.first
        sockets = await asyncio.gather(*(people.open(door, ada.token if number % 2 else None) for number in range(25)))
        await asyncio.gather(*(socket.drop() for socket in sockets))
    await watching.wait_for("user_count", lambda told: told is watching.heard[-1] and _is(0, 1)(told))


async def test_signing_in_turns_a_guest_into_an_account(chats: Chats, people: People) -> None:
    """ "...store... the authenticated users (map) and anonymous users (int64)" """
    [ada] = await people.sign_up("Ada")
    watching, chat = await chats.open(second=True), await chats.open()
    await watching.wait_for("user_count", _is(0, 2))
    await chat.say("auth", token=ada.token)
    await watching.wait_for("user_count", _is(1, 1))
