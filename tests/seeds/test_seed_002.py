"""Seed 002: rooms that anyone with the link may join, where every message is signed, and that do not last.

Each test quotes the sentence of the seed that it is about.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubbub.wire.ids import new_id
from hubbub.wire.signing import b64u, room_join_bytes
from tests.folder_servers import ON_BOTH, Doors
from tests.people import People, Person
from tests.phoenix import Refused
from tests.rooms import Guest, Key, ask_in, begin_room
from tests.server import Cluster, ServerProcess
from tests.services import PostgresServer, RedisServer


async def room_of(people: People, **asked: Any) -> tuple[Person, str]:
    """An owner with a room."""
    [owner] = await people.sign_up("Owner")
    return owner, str((await begin_room(owner, **asked))["id"])


async def read(people: People, room: str, **params: Any) -> list[dict[str, Any]]:
    answer = await people.http.get(f"/api/rooms/{room}/messages", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def texts(people: People, room: str, **params: Any) -> list[str]:
    return [item["content"] for item in await read(people, room, **params)]


# --- create -----------------------------------------------------------------------------------------------------------


async def test_users_can_generate_chat_with_unique_generated_room_id(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    rooms = [await begin_room(ada, title=f"Tea {number}") for number in range(3)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", room["id"]) for room in rooms), "128 bits: nobody guesses it"
    assert len({room["id"] for room in rooms}) == 3
    assert all(room["link"].endswith(f"/rooms/{room['id']}") for room in rooms)
    assert (await ada.get("/api/rooms")).json()["items"] == rooms
    found = await people.http.get(f"/api/rooms/{rooms[0]['id']}")
    assert found.json() == rooms[0], "whoever knows the id finds it"
    assert (await people.http.get(f"/api/rooms/{'A' * 22}")).status_code == 404


async def test_a_repeated_request_begins_one_room(people: People, doors: Doors) -> None:
    [ada] = await people.sign_up("Ada")
    asked = {"title": "Tea", "id": new_id()}
    first = await begin_room(ada, **asked)
    async with People(doors.second) as elsewhere:
        again = await elsewhere.http.post("/api/rooms", json=asked, headers=ada._headers)
    assert again.json()["id"] == first["id"]
    other = await ada.post("/api/rooms", {**asked, "title": "Coffee"})
    assert other.json()["code"] == "id_taken"
    assert len((await ada.get("/api/rooms")).json()["items"]) == 1


async def test_channels_by_user_requires_authentication(people: People) -> None:
    """ "Limits: channels by user (requires authentication, e.g. via SSO)"."""
    assert (await people.http.post("/api/rooms", json={})).json()["code"] == "unauthorized"
    ada, bob = await people.sign_up("Ada", "Bob")
    rooms = [await begin_room(ada) for _ in range(10)]
    refused = await ada.post("/api/rooms", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many")
    await begin_room(bob)
    headers = ada._headers
    assert (await people.http.delete(f"/api/rooms/{rooms[0]['id']}", headers=headers)).status_code == 204
    await begin_room(ada)


# --- join -------------------------------------------------------------------------------------------------------------


async def test_users_can_join_existing_chat_with_room_id(people: People, doors: Doors) -> None:
    owner, room = await room_of(people, title="Tea")
    guest = await Guest.join(people, room, "Gus")
    member = await Guest.join(people, room, "Mia", person=owner)
    assert guest.answer["participant"] == {
        "id": guest.id,
        "name": "Gus",
        "user_id": None,
        "public_key": guest.key.public,
    }
    assert member.answer["participant"]["user_id"] == owner.id
    client = await guest.arrive(to=doors.second)
    document = await client.join(guest.topic, {"ticket": guest.ticket})
    assert document["conversation"]["id"] == room
    assert document["participants"] == [guest.answer["participant"]]
    refused = await ask_in(people.http, "A" * 22, "Gus", Key())
    assert refused.json()["code"] == "not_found"


async def test_it_creates_a_unique_user_name_from_the_user_name(people: People) -> None:
    """ "create $unique_user_name from $user_name": also for names that only look the same."""
    _, room = await room_of(people)
    wished = ("Ada", "Ada", " ada ", "A\u200bda", "\uff21da", "Ada 2")
    names = [(await Guest.join(people, room, name)).name for name in wished]
    assert names[:3] == ["Ada", "Ada 2", "ada 3"]
    assert len({name.casefold() for name in names}) == len(wished)
    for hostile in ("", " ", "\u200b\u2060", "\u202e", "\ufdfa" * 64, "x" * 65, "\0"):
        refused = await ask_in(people.http, room, hostile, Key())
        assert refused.status_code in (400, 413), hostile


async def test_list_of_current_users_for_each_room(people: People, doors: Doors) -> None:
    """ "List of current users for each room": live, and the same in every process."""
    _, room = await room_of(people)
    ada, bob = await Guest.join(people, room, "Ada"), await Guest.join(people, room, "Bob")
    both = [ada.answer["participant"], bob.answer["participant"]]
    a = await ada.arrive()
    await a.wait_for(ada.topic, "participants", lambda told: told["participants"] == both[:1])
    b = await bob.arrive(to=doors.second)
    for client in (a, b):
        await client.wait_for(ada.topic, "participants", lambda told: told["participants"] == both)
    again = await bob.arrive()  # a second window of the same participant
    await b.drop()
    await again.leave(bob.topic)
    await a.wait_for(ada.topic, "participants", lambda told: told["participants"] == both[:1])


@pytest.mark.postgres
@pytest.mark.redis
async def test_a_process_that_dies_leaves_nobody_behind_in_the_list(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with Cluster(tmp_path, database_url=postgres_url, redis_url=redis_url) as cluster:
        async with People(cluster.first) as people:
            _, room = await room_of(people)
            ada, bob = await Guest.join(people, room, "Ada"), await Guest.join(people, room, "Bob")
            both = [ada.answer["participant"], bob.answer["participant"]]
            a = await ada.arrive()
            await a.wait_for(ada.topic, "participants", lambda told: told["participants"] == both[:1])
            await bob.arrive(to=cluster.second)
            await a.wait_for(ada.topic, "participants", lambda told: told["participants"] == both)
            await asyncio.to_thread(cluster.second.kill)
            await a.wait_for(ada.topic, "participants", lambda told: told["participants"] == both[:1])
            document = await a.join(ada.topic, {"ticket": ada.ticket})
            assert document["participants"] == both[:1]


async def test_public_key_is_registered_on_joining_and_shown(people: People) -> None:
    """ "send public key to backend when joining a room; backend can save this"."""
    _, room = await room_of(people)
    ada = await Guest.join(people, room, "Ada")
    shown = (await people.http.get(f"/api/rooms/{room}")).json()["participants"]
    assert shown == [ada.answer["participant"]]
    for bad in ("A" * 43, "B" * 42, "=" * 43, b64u((1).to_bytes(32, "little")), "ö" * 43):
        body = {"name": "Eve", "public_key": bad}
        refused = await people.http.post(f"/api/rooms/{room}/join", json=body)
        assert refused.status_code in (400, 422), bad


async def test_a_key_that_was_there_before_comes_back_under_its_name_when_it_signs(people: People) -> None:
    _, room = await room_of(people)
    await Guest.join(people, room, "Ada")
    ada = await Guest.join(people, room, "Ada")
    required = await ask_in(people.http, room, "Ada", ada.key)
    assert (required.status_code, required.json()["code"]) == (409, "proof_required")
    nonce = required.json()["nonce"]
    again = await ask_in(people.http, room, "Ada", ada.key, nonce=nonce)
    assert again.json()["participant"] == ada.answer["participant"]
    assert again.json()["participant"]["name"] == "Ada 2"
    assert again.json()["ticket"] == ada.ticket


async def test_nobody_comes_back_as_somebody_else(people: People) -> None:
    _, room = await room_of(people)
    _, other = await room_of(people)
    ada, eve = await Guest.join(people, room, "Ada"), Key()
    elsewhere = await Guest.join(people, other, "Ada", ada.key)
    nonce = (await ask_in(people.http, room, "Ada", ada.key)).json()["nonce"]
    other_nonce = (await ask_in(people.http, other, "Ada", ada.key)).json()["nonce"]

    async def tries(nonce: str, signature: str) -> str:
        body = {"name": "Ada", "public_key": ada.key.public, "proof": {"nonce": nonce, "signature": signature}}
        answer = await people.http.post(f"/api/rooms/{room}/join", json=body)
        return str(answer.json()["code"])

    assert await tries(nonce, eve.sign(room_join_bytes(room, nonce))) == "invalid_signature"
    assert await tries(nonce, elsewhere.key.sign(room_join_bytes(other, nonce))) == "invalid_signature"
    assert await tries(other_nonce, ada.key.sign(room_join_bytes(room, other_nonce))) == "proof_required"
    assert await tries("made up", ada.key.sign(room_join_bytes(room, "made up"))) == "proof_required"


# --- send -------------------------------------------------------------------------------------------------------------


async def test_users_can_send_text_to_room(people: People, doors: Doors) -> None:
    _, room = await room_of(people)
    ada, bob = await Guest.join(people, room, "Ada"), await Guest.join(people, room, "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    spoken = ada.spoken("hello")
    answer = await a.ask(ada.topic, "send_message", spoken)
    assert answer["message"]["signature"] == spoken["signature"]
    heard = await b.wait_for(bob.topic, "new_message")
    assert heard["message"] == answer["message"]
    assert heard["author"] == ada.answer["participant"]
    posted = await bob.say("hello by program")
    heard = await a.wait_for(ada.topic, "new_message", lambda told: told["message"]["sender"] == bob.id)
    assert heard["message"] == posted
    assert await texts(people, room) == ["hello", "hello by program"]


async def test_length_of_message_1000_utf_8_characters(people: People) -> None:
    _, room = await room_of(people)
    ada = await Guest.join(people, room, "Ada")
    await ada.say("é" * 1000)
    await ada.say("🙂" * 1000)
    for text in ("x" * 1001, "", "a\0b"):
        refused = await ada.post(ada.signed(text))
        assert refused.json()["code"] == "invalid_text"
    client = await ada.arrive()
    with pytest.raises(Refused) as refusal:
        await client.ask(ada.topic, "send_message", ada.spoken("x" * 1001))
    assert refusal.value.reason == "invalid_text"
    assert len(await read(people, room)) == 2


async def test_messages_are_guaranteed_to_be_sent_by_the_displayed_users(people: People) -> None:
    """ "reject unsigned or invalidly signed messages": by HTTP and on the socket, and nothing of them is stored."""
    _, room = await room_of(people)
    _, other = await room_of(people)
    ada, bob = await Guest.join(people, room, "Ada"), await Guest.join(people, room, "Bob")
    elsewhere = await Guest.join(people, other, "Ada", ada.key)
    true = ada.signed("I owe Bob 10")
    forged = [
        {name: value for name, value in true.items() if name != "signature"},
        {**true, "signature": ""},
        {**true, "signature": "A" * 86},
        {**true, "signature": true["signature"] + "="},
        {**true, "text": "I owe Bob 1000"},
        {**true, "id": new_id()},
        {**true, "signature": bob.signed("I owe Bob 10", true["id"], name="Ada")["signature"]},
        {**true, "participant": bob.id},
        {**bob.signed("I owe Bob 10", true["id"]), "participant": ada.id},
        ada.signed("under another name", name="Bob"),
        ada.signed("for another room", room=other),
        {**elsewhere.signed("I owe Bob 10", true["id"]), "participant": ada.id},
    ]
    client = await ada.arrive()
    for body in forged:
        refused = await ada.post(body)
        assert (refused.status_code, refused.json()["code"]) == (403, "invalid_signature"), body
        if body["participant"] == ada.id:
            spoken = {"id": body["id"], "content": body["text"], "signature": body.get("signature", "")}
            with pytest.raises(Refused) as refusal:
                await client.ask(ada.topic, "send_message", spoken)
            assert refusal.value.reason == "invalid_signature"
    assert await read(people, room) == []
    assert (await ada.post({**true, "participant": new_id()})).json()["code"] == "not_member"
    assert (await ada.post(true)).status_code == 201, "what was forged does not stand in its way"


async def test_a_signed_message_counts_once(people: People, doors: Doors) -> None:
    """Whoever read a message has its signature, too: sent again, it changes nothing, here and elsewhere."""
    _, room = await room_of(people)
    _, other = await room_of(people)
    ada = await Guest.join(people, room, "Ada")
    await Guest.join(people, other, "Ada", ada.key)
    body = ada.signed("hello")
    first = (await ada.post(body)).json()
    async with People(doors.second) as elsewhere:
        again = await elsewhere.http.post(f"/api/rooms/{room}/messages", json=body)
        assert again.json() == first
        assert (await elsewhere.http.post(f"/api/rooms/{other}/messages", json=body)).json()["code"] == "not_member"
    assert len(await read(people, room)) == 1


async def test_what_is_to_be_off_the_record_is_not_kept_by_mistake(people: People, doors: Doors) -> None:
    """ "All messages should be signed": there is no other record to be off, so who asks for that is refused."""
    _, room = await room_of(people)
    guest = await Guest.join(people, room, "Ada")
    client = await guest.arrive(to=doors.second)
    reply = await client.push(guest.topic, "send_message", {**guest.spoken("psst"), "off_the_record": True})
    assert (reply.status, reply.response["reason"]) == ("error", "wrong_kind")
    assert await read(people, room) == []


async def test_all_users_see_a_consistent_version_of_the_chat_room(people: People, doors: Doors) -> None:
    """ "Messages needs to be ordered in some centralized data structure": the server's order, for everyone."""
    _, room = await room_of(people)
    guests = [await Guest.join(people, room, f"Guest {number}") for number in range(3)]
    clients = [await guest.arrive(to=door) for guest, door in zip(guests, (*doors, doors.first), strict=True)]
    for number in range(5):
        for guest, client in zip(guests, clients, strict=True):
            await client.ask(guest.topic, "send_message", {**guest.spoken(f"{guest.name} {number}"), "index": 99})
    stored = await read(people, room)
    assert len(stored) == 15
    for guest in guests:
        document = await (await guest.arrive()).join(guest.topic, {"ticket": guest.ticket})
        assert document["messages"]["items"] == stored[::-1]
    for guest, client in zip(guests, clients, strict=True):
        await client.wait_for(guest.topic, "new_message", lambda told: told["message"] == stored[-1])
        places = [(row["index"], row["sender"], row["position"]) for row in stored]
        assert sorted(places) == places, "the reading order is the order of arrival"


async def test_users_see_chat_history(people: People) -> None:
    """ "- fetch_msgs($last_msg_id)": what came after it."""
    _, room = await room_of(people)
    ada = await Guest.join(people, room, "Ada")
    rows = [await ada.say(str(number)) for number in range(60)]
    assert await texts(people, room, after=rows[56]["message_group"]) == ["57", "58", "59"]
    assert await texts(people, room, after=rows[0]["message_group"], limit=2) == ["1", "2"]
    assert await texts(people, room, before=rows[10]["message_group"], limit=2) == ["8", "9"]
    newcomer = await Guest.join(people, room, "Newcomer")
    client = await newcomer.arrive()
    document = await client.join(newcomer.topic, {"ticket": newcomer.ticket})
    page = document["messages"]
    assert [row["content"] for row in page["items"]] == [str(number) for number in range(59, 9, -1)]
    assert document["authors"] == {ada.id: ada.answer["participant"]}
    assert await texts(people, room, before=page["page_token"]) == [str(number) for number in range(10)]
    unknown = await people.http.get(f"/api/rooms/{room}/messages", params={"after": new_id()})
    assert unknown.json()["code"] == "not_found"


async def test_an_encrypted_room_keeps_its_key_in_the_link(people: People) -> None:
    """The server takes what is sealed, and signed as it is; it could not read it if it wanted to."""
    _, room = await room_of(people, encrypted=True)
    ada = await Guest.join(people, room, "Ada")
    sealed = b64u(bytes(12 + 16 + 4000))
    row = await ada.say(sealed)
    assert row["content"] == sealed
    for text in ("hello", b64u(bytes(28)), b64u(bytes(12 + 16 + 4001))):
        assert (await ada.post(ada.signed(text))).json()["code"] == "invalid_text"
    assert (await people.http.get(f"/api/rooms/{room}")).json()["encrypted"] is True


# --- who is not in it -------------------------------------------------------------------------------------------------


async def test_without_a_ticket_nobody_listens(people: People) -> None:
    owner, room = await room_of(people)
    _, other = await room_of(people)
    ada = await Guest.join(people, room, "Ada")
    elsewhere = await Guest.join(people, other, "Ada")
    guest, signed_in = await people.open(), await owner.connect()
    made_up = f"{ada.id}.{elsewhere.ticket.partition('.')[2]}"
    for client in (guest, signed_in):
        for params in ({}, {"ticket": ""}, {"ticket": elsewhere.ticket}, {"ticket": made_up}, {"ticket": "ö." * 99}):
            with pytest.raises(Refused) as refused:
                await client.join(ada.topic, params)
            assert refused.value.reason == "unauthorized"
        assert (await client.push(ada.topic, "send_message", ada.spoken("hello"))).response["reason"] == (
            "unmatched topic"
        )


# --- the end ----------------------------------------------------------------------------------------------------------

BRIEF = {"HUBBUB_ROOM_IDLE_SECONDS": "3", "HUBBUB_ROOM_LONGEST_SECONDS": "8", "HUBBUB_ROOM_HISTORY": "3"}


@pytest.fixture(scope="package")
def brief_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Rooms last seconds here."""
    with ServerProcess(tmp_path_factory.mktemp("brief"), environment=BRIEF) as server:
        yield server


@pytest.fixture(scope="package")
def brief_cluster(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis_server: RedisServer
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("brief-cluster")
    url = postgres.create_database()
    with Cluster(folder, database_url=url, redis_url=redis_server.url, environment=BRIEF) as cluster:
        yield cluster


on_brief_ones = pytest.mark.parametrize(
    "doors",
    [pytest.param(f"brief_{one.values[0]}", id=str(one.id), marks=one.marks) for one in ON_BOTH],
    indirect=True,
)


async def is_gone(people: People, room: str) -> None:
    for answer in (
        await people.http.get(f"/api/rooms/{room}"),
        await people.http.get(f"/api/rooms/{room}/messages"),
        await ask_in(people.http, room, "Late", Key()),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@on_brief_ones
async def test_delete_if_room_idle(people: People, doors: Doors) -> None:
    """ "Delete if room idle, e.g. after 5 min": everyone who is there is told, and put out."""
    owner, room = await room_of(people)
    ada = await Guest.join(people, room, "Ada")
    a, b = await ada.arrive(), await ada.arrive(to=doors.second)
    await ada.say("hello")
    for client in (a, b):
        assert await client.wait_for(ada.topic, "room_ended") == {"reason": "idle"}
        await client.wait_for(ada.topic, "phx_close")
        refused = await client.push(ada.topic, "send_message", ada.spoken("anybody there?"))
        assert refused.response["reason"] == "unmatched topic"
        with pytest.raises(Refused) as refusal:
            await client.join(ada.topic, {"ticket": ada.ticket})
        assert refusal.value.reason == "not_found"
        assert client.is_open
    assert (await ada.post(ada.signed("anybody there?"))).json()["code"] == "not_found"
    await is_gone(people, room)
    assert (await owner.get("/api/rooms")).json()["items"] == []


@on_brief_ones
async def test_maximum_ttl(people: People, doors: Doors) -> None:
    """ "Maximum TTL, e.g. 12h": however much is going on."""
    _, room = await room_of(people)
    ada = await Guest.join(people, room, "Ada")
    client = await ada.arrive(to=doors.second)
    while not client.heard(ada.topic, "room_ended"):
        await ada.post(ada.signed("still here"))
        await client.heartbeat()
    assert client.heard(ada.topic, "room_ended") == [{"reason": "age"}]
    await is_gone(people, room)


@on_brief_ones
async def test_max_x_messages_in_chat_history(people: People, doors: Doors) -> None:
    _, room = await room_of(people)
    ada = await Guest.join(people, room, "Ada")
    client = await ada.arrive(to=doors.second)
    bodies = [ada.signed(str(number)) for number in range(5)]
    for body in bodies:
        assert (await ada.post(body)).status_code == 201
    assert await texts(people, room) == ["2", "3", "4"]
    assert await texts(people, room, after=bodies[0]["id"]) == ["2", "3", "4"]
    document = await client.join(ada.topic, {"ticket": ada.ticket})
    assert [row["content"] for row in document["messages"]["items"]] == ["4", "3", "2"]
    again = await ada.post(bodies[0])
    assert (again.json()["content"], again.json()["deleted"]) == (None, True), "nobody says again what is gone"
    assert await texts(people, room) == ["2", "3", "4"]


async def test_the_owner_closes_a_room_and_nobody_else(people: People, doors: Doors) -> None:
    owner, room = await room_of(people)
    [other] = await people.sign_up("Other")
    ada = await Guest.join(people, room, "Ada", person=other)
    client = await ada.arrive(to=doors.second)

    async def close(person: Person | None) -> httpx.Response:
        return await people.http.delete(f"/api/rooms/{room}", headers=person._headers if person else {})

    assert (await close(None)).json()["code"] == "unauthorized"
    assert (await close(other)).json()["code"] == "not_owner"
    assert (await close(owner)).status_code == 204
    assert await client.wait_for(ada.topic, "room_ended") == {"reason": "closed"}
    await client.wait_for(ada.topic, "phx_close")
    assert (await close(owner)).json()["code"] == "not_found"
    await is_gone(people, room)


async def test_nothing_that_is_no_room_is_one(people: People) -> None:
    """A channel is not found, joined or closed as a room, nor a room as a channel."""
    owner, room = await room_of(people)
    channel = (await owner.post("/api/channels", {"title": "Boats"})).json()["id"]
    for id in (channel, "..", "%2e%2e", "A" * 21, "A" * 23):
        assert (await people.http.get(f"/api/rooms/{id}")).status_code == 404
    client = await owner.connect()
    for topic in (f"room:{room}", f"conversation:{'A' * 21}"):
        with pytest.raises(Refused):
            await client.join(topic)
    for path in ("/api/messages", "/api/sync"):
        assert (await owner.get(path, conversation_id=room)).status_code == 400
