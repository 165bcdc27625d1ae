"""Seed 004: one lobby for everybody, guests who read it, and accounts by cookie and short token.

Each test quotes the sentence of the seed that it is about.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.folder_servers import Doors
from tests.people import People, conversation
from tests.phoenix import Refused
from tests.server import ServerProcess, migrate
from tests.services import PostgresServer, RedisServer

LOBBY = "00000000-0000-7000-8000-006c6f626279"
LOBBY_TOPIC = conversation(LOBBY)
PAGE = 50


async def said(people: People, *texts: str, subject: str | None = None) -> list[dict[str, Any]]:
    """What somebody new says in the lobby."""
    [speaker] = await people.sign_up("Dante Lav")
    async with await speaker.connect() as socket:
        await socket.join(LOBBY_TOPIC)
        payload = {} if subject is None else {"subject": subject}
        answers = [await socket.ask(LOBBY_TOPIC, "send_message", {"content": text, **payload}) for text in texts]
    return [answer["message"] for answer in answers]


# --- the lobby and its guests -------------------------------------------------------------------------------------


async def test_there_is_one_lobby_from_the_first_start(people: People, doors: Doors) -> None:
    """ "The chat page": both processes made it, and there is one."""
    async with People(doors.second) as elsewhere:
        for http in (people.http, elsewhere.http):
            by_name = (await http.get("/api/channels/lobby")).json()
            assert by_name["id"] == LOBBY
            assert by_name == (await http.get(f"/api/channels/{LOBBY}")).json()
            found = (await http.get("/api/channels", params={"q": "lobby"})).json()["items"]
            assert found == [by_name]


@pytest.mark.postgres
@pytest.mark.redis
async def test_processes_that_start_at_once_make_one_lobby(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    """ "...to the sockets of all the replicas": three of them, on a database that has nothing yet."""
    environment = {
        "HUBBUB_DATABASE_URL": postgres.create_database(),
        "HUBBUB_REDIS_URL": redis_server.url,
        "HUBBUB_SECRET_KEY": secrets.token_urlsafe(32),
        "HUBBUB_VAULT_KEY": secrets.token_urlsafe(32),
    }
    migrate(environment)
    with ServerProcess(tmp_path, workers=3, environment=environment) as server:
        async with People(server) as people:
            for _ in range(6):
                found = (await people.http.get("/api/channels", params={"q": "lobby"})).json()["items"]
                assert [channel["id"] for channel in found] == [LOBBY]
            await said(people, "Hello")
        assert "error" not in server.log()


async def test_guests_read_live(people: People, doors: Doors) -> None:
    """ "...the current thread... broadcasts the message... to all of its current sockets": guests, of both versions."""
    guest, old = await people.open(), await people.open(doors.second, vsn=None)
    await guest.join(LOBBY_TOPIC)
    await old.join(LOBBY_TOPIC)
    [message] = await said(people, "Good evening", subject="Greetings")
    for socket in (guest, old):
        heard = await socket.wait_for(LOBBY_TOPIC, "new_message", lambda push: push["message"]["id"] == message["id"])
        assert heard["message"] == message
        assert (heard["message"]["subject"], heard["message"]["content"]) == ("Greetings", "Good evening")
        assert heard["author"] == {
            "id": message["sender"],
            "name": heard["author"]["name"],
            "display_name": "Dante Lav",
            "picture": None,
            "bot": False,
        }


async def test_guests_scroll_back_by_50(people: People, doors: Doors) -> None:
    """ "...finds the 50 messages that were sent before": page after page, none twice, none missing."""
    spoken = [message["message_group"] for message in await said(people, *map(str, range(PAGE + 7)))]
    guest = await people.open(doors.second)
    document = await guest.join(LOBBY_TOPIC)
    page = document["messages"]
    assert document["authors"].keys() == {item["sender"] for item in page["items"]}
    assert (document["users"], document["read_times"], document["public_keys"]) == ([], {}, {})
    read = [item["message_group"] for item in page["items"]]
    assert len(read) == PAGE
    asked = {"conversation_id": LOBBY, "page_token": page["page_token"]}
    further = (await people.http.get("/api/messages", params=asked)).json()
    assert further["authors"].keys() == {item["sender"] for item in further["items"]}
    read += [item["message_group"] for item in further["items"]]
    assert read[: len(spoken)] == spoken[::-1]
    assert len(set(read)) == len(read)


async def test_guests_see_what_became_of_messages(people: People) -> None:
    """ "...returns them", as they are now: with the reactions and by whom they were removed, told live and shown
    to who comes later, by names, for guests can ask nobody.
    """
    ada, bob = await people.sign_up("Ada", "Bob")
    channel = (await ada.post("/api/channels", {"title": "Seen by all"})).json()["id"]
    assert (await ada.patch(f"/api/channels/{channel}", {"reading": "anyone"})).status_code == 200
    assert (await bob.put(f"/api/channels/{channel}/subscription")).status_code == 200
    topic = conversation(channel)
    guest, writing = await people.open(), await bob.connect()
    await guest.join(topic)
    await writing.join(topic)
    kept, rude = [(await writing.ask(topic, "send_message", {"content": one}))["message"] for one in ("Kept", "Rude")]
    for emoji in ("+1", "-1"):
        await writing.ask(topic, "react", {"message_group_id": kept["id"], "emoji": emoji})
    await writing.ask(topic, "unreact", {"message_group_id": kept["id"], "emoji": "-1"})
    removal = await ada.put(f"/api/conversations/{channel}/messages/{rude['id']}/removal", {"reason": "Be kind"})
    assert removal.status_code == 200
    removed = await guest.wait_for(topic, "message_removed")
    assert removed["author"]["display_name"] == "Ada"
    assert [push["author"]["id"] for push in guest.heard(topic, "react")] == [bob.id, bob.id]
    late = await people.open()
    document = await late.join(topic)
    reactions = document["messages"]["reactions"]
    assert [reaction["data"] for reaction in reactions] == [
        {"id": reactions[0]["id"], "message_group": kept["id"], "user_id": bob.id, "emoji": "+1"}
    ]
    newest = document["messages"]["items"][0]
    assert (newest["content"], newest["removed_by"], newest["removed_because"]) == (None, ada.id, "Be kind")
    assert document["authors"].keys() == {ada.id, bob.id}
    assert (await late.ask(topic, "sync", {"cursor": 0}))["authors"] == document["authors"]
    resumed = await late.join(topic, {"cursor": 0})
    assert (resumed["authors"], resumed["more"]) == (document["authors"], False)
    page = (await people.http.get("/api/messages", params={"conversation_id": channel})).json()
    assert (page["reactions"], page["authors"]) == (reactions, document["authors"])


async def test_a_guest_learns_no_addresses_and_no_members(people: People) -> None:
    """ "...verifies that the authCtx was set (ie. the user is signed in)": a guest is shown what was said, no more."""
    ada, bob = await people.sign_up("Ada", "Bob")
    guest = await people.open()
    await guest.join(LOBBY_TOPIC)
    for person in (ada, bob):
        assert (await person.put(f"/api/channels/{LOBBY}/subscription")).status_code == 200
    [message] = await said(people, "the last of it")
    await guest.wait_for(LOBBY_TOPIC, "new_message", lambda push: push["message"]["id"] == message["id"])
    pulled = await guest.ask(LOBBY_TOPIC, "sync", {"cursor": 0})
    told = str([guest.frames, pulled])
    assert "@example.com" not in told
    assert ada.id not in told
    assert not guest.heard(LOBBY_TOPIC, "member_joined")
    assert len(guest.heard(LOBBY_TOPIC, "version")) == 2  # so that a guest's cursor stays dense


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("send_message", {"content": "spam"}),
        ("edit_message", {"message_group_id": "{message}", "content": "spam"}),
        ("delete_message", {"message_group_id": "{message}"}),
        ("react", {"message_group_id": "{message}", "emoji": "+1"}),
        ("start_typing", {}),
        ("read_conversation", {}),
        ("change_alias", {"alias": "Mine"}),
        ("leave_conversation", {}),
        ("modify_conversation", {"new_members": []}),
    ],
)
async def test_a_guest_does_nothing_but_read(people: People, event: str, payload: dict[str, Any]) -> None:
    """ "...verifies that the authCtx was set (ie. the user is signed in)" """
    [message] = await said(people, "mine")
    guest = await people.open()
    await guest.join(LOBBY_TOPIC)
    filled = {name: message["message_group"] if value == "{message}" else value for name, value in payload.items()}
    with pytest.raises(Refused) as refused:
        await guest.ask(LOBBY_TOPIC, event, filled)
    assert refused.value.reason == "unauthorized"


async def test_signing_in_on_the_live_socket_lets_a_guest_write(people: People) -> None:
    """ "On auth messages, it calls the shared/auth module to authenticate the user and then stores the
    authentication info for the socket." """
    [ada] = await people.sign_up("Ada")
    socket = await people.open()
    await socket.join(LOBBY_TOPIC)
    answer = await socket.ask(LOBBY_TOPIC, "send_message", {"content": "It is me", "token": ada.token})
    assert answer["message"]["sender"] == ada.id
    id = answer["message"]["message_group"]
    await socket.ask(LOBBY_TOPIC, "edit_message", {"message_group_id": id, "content": "It is I"})
    await socket.ask(LOBBY_TOPIC, "react", {"message_group_id": id, "emoji": "+1"})


async def test_stamps_rise_and_javascript_keeps_them(people: People, doors: Doors) -> None:
    """ "...gets the current nanosecond timestamp"; "sorted by message.ts (timestamp) to ensure consistency" """
    [ada] = await people.sign_up("Ada")
    here, there = await ada.connect(), await ada.connect(doors.second)
    for socket in (here, there):
        await socket.join(LOBBY_TOPIC)
    for number in range(40):
        await (here if number % 2 else there).push(LOBBY_TOPIC, "send_message", {"content": str(number)})
    page = (await people.http.get("/api/messages", params={"conversation_id": LOBBY})).json()["items"]
    stamps = [item["ts"] for item in page]
    assert stamps == sorted(stamps, reverse=True)
    assert len(set(stamps)) == len(stamps)
    assert all(stamp % 1024 == 0 and int(float(stamp)) == stamp for stamp in stamps)


async def test_the_lobbys_order_is_the_servers(people: People) -> None:
    """ "...sorted by message.ts": whatever place a client asks for, it is said last."""
    first, second = await said(people, "one", "two")
    [ada] = await people.sign_up("Ada")
    async with await ada.connect() as socket:
        await socket.join(LOBBY_TOPIC)
        asked = {"content": "three", "index": first["index"], "position": 0}
        third = (await socket.ask(LOBBY_TOPIC, "send_message", asked))["message"]
    order = [(message["index"], message["sender"], message["position"]) for message in (first, second, third)]
    assert order == sorted(order)
    assert first["ts"] < second["ts"] < third["ts"]


async def test_a_subject_has_128_characters_at_most(people: People) -> None:
    """ "...a message is sent to the WebSocket with the subject & message" """
    [longest] = await said(people, "fits", subject="s" * 128)
    assert len(longest["subject"]) == 128
    with pytest.raises(Refused) as refused:
        await said(people, "does not", subject="s" * 129)
    assert refused.value.reason == "too_large"


async def test_where_not_anyone_may_read_a_guest_learns_nothing(people: People) -> None:
    """ "...they are still considered a guest": what is not public does not show that it exists."""
    [ada] = await people.sign_up("Ada")
    channel = (await ada.post("/api/channels", {"title": "Boats"})).json()["id"]
    guest = await people.open()
    nothing = "00000000-0000-7000-8000-000000000000"
    for id in (channel, nothing):
        with pytest.raises(Refused) as refused:
            await guest.join(conversation(id))
        assert refused.value.reason == "unauthorized"
        assert (await people.http.get("/api/messages", params={"conversation_id": id})).status_code == 401
        assert (await people.http.get(f"/api/channels/{id}")).status_code == 404
    assert "Boats" not in (await people.http.get("/api/channels")).text


async def test_who_reads_a_public_channel_stays_until_it_is_public_no_more(people: People, doors: Doors) -> None:
    """ "...(and any channel that allows it)": a member's leaving puts no guest out; closing it to guests does."""
    ada, bob, cleo = await people.sign_up("Ada", "Bob", "Cleo")
    channel = (await ada.post("/api/channels", {"title": "Boats"})).json()["id"]
    assert (await ada.patch(f"/api/channels/{channel}", {"reading": "anyone"})).status_code == 200
    topic = conversation(channel)
    guest, passer_by = await people.open(doors.second), await cleo.connect(doors.second)
    async with await ada.connect() as owner, await bob.connect() as member:
        for socket in (guest, passer_by, owner):
            await socket.join(topic)
        assert (await bob.put(f"/api/channels/{channel}/subscription")).status_code == 200
        await member.join(topic)
        await member.ask(topic, "leave_conversation")
        await owner.ask(topic, "send_message", {"content": "still here?"})
        for socket in (guest, passer_by):
            await socket.wait_for(topic, "new_message")
        with pytest.raises(Refused) as refused:
            await passer_by.ask(topic, "send_message", {"content": "me too"})
        assert refused.value.reason == "not_member"
        assert (await ada.patch(f"/api/channels/{channel}", {"reading": "members"})).status_code == 200
        await owner.ask(topic, "send_message", {"content": "among us"})
        for socket in (guest, passer_by):
            await socket.wait_for(topic, "phx_close")
            await socket.heartbeat()
            assert "among us" not in str(socket.frames)
        await owner.wait_for(topic, "new_message", lambda push: push["message"]["content"] == "among us")
    assert (await people.http.get("/api/messages", params={"conversation_id": channel})).status_code == 401


# --- accounts -----------------------------------------------------------------------------------------------------


async def test_logging_out_invalidates_the_refresh_token(people: People, doors: Doors) -> None:
    """ "...to invalidate the users refresh token (delete it from the db)": also of those who came by /auth/login."""
    [ada] = await people.sign_up("Ada")
    assert (await ada.post("/api/logout")).status_code < 300
    async with People(doors.second) as elsewhere:
        refused = await elsewhere.http.post("/auth/refresh", json={"token": ada.answer["refresh_token"]})
    assert refused.status_code == 401
