"""Who is put out of a room: by whom, what they hear, and that they do not come back."""

from __future__ import annotations

import httpx
import pytest

from hubbub.wire.ids import new_id
from tests.people import People, Person
from tests.phoenix import Refused
from tests.protocol.conftest import Doors
from tests.rooms import Guest, Key, ask_in, begin_room
from tests.server import promote


async def room_of(people: People) -> tuple[Person, str]:
    [owner] = await people.sign_up("Owner")
    return owner, str((await begin_room(owner))["id"])


async def put_out(by: Person, guest: Guest) -> httpx.Response:
    return await by.delete(f"/api/rooms/{guest.room}/participants/{guest.id}")


async def test_the_owner_puts_somebody_out_and_everyone_hears_of_it(people: People, doors: Doors) -> None:
    owner, room = await room_of(people)
    stays, goes = await Guest.join(people, room, "Stays"), await Guest.join(people, room, "Goes")
    listening, gone = await stays.arrive(), await goes.arrive(to=doors.second)
    elsewhere = await goes.arrive()
    await goes.say("something rude")
    assert (await put_out(owner, goes)).status_code == 204
    for client in (gone, elsewhere):
        told = await client.wait_for(goes.topic, "put_out")
        assert told["participants"] == [goes.id]
        assert told["reason"] == "owner"
        await client.wait_for(goes.topic, "phx_close")
        reply = await client.push(goes.topic, "send_message", goes.spoken("still here?"))
        assert reply.response["reason"] == "unmatched topic"
        assert client.is_open
    assert (await listening.wait_for(stays.topic, "put_out"))["participants"] == [goes.id]
    alone = {"participants": [stays.answer["participant"]]}
    await listening.wait_for(stays.topic, "participants", lambda told: told == alone)
    await listening.ask(stays.topic, "send_message", stays.spoken("they are gone"))
    page = (await people.http.get(f"/api/rooms/{room}/messages")).json()
    assert [item["content"] for item in page["items"]] == ["something rude", "they are gone"]
    assert page["authors"][goes.id]["name"] == "Goes", "what they said stays theirs"
    await gone.heartbeat()
    assert "they are gone" not in str(gone.frames)


async def test_who_was_put_out_says_nothing_more_and_has_no_way_back(people: People, doors: Doors) -> None:
    owner, room = await room_of(people)
    [mallory] = await people.sign_up("Mallory")
    guest = await Guest.join(people, room, "Guest")
    first = await Guest.join(people, room, "Mallory", person=mallory)
    second = await Guest.join(people, room, "Mallory", person=mallory)
    client = await second.arrive(to=doors.second)
    for one in (guest, first):
        assert (await put_out(owner, one)).status_code == 204
    await client.wait_for(second.topic, "phx_close")  # an account goes with all that it is there
    for one in (guest, first, second):
        refused = await one.post(one.signed("hello?"))
        assert (refused.status_code, refused.json()["code"]) == (403, "banned")
        with pytest.raises(Refused) as ticket:
            await (await people.open(doors.second)).join(one.topic, {"ticket": one.ticket})
        assert ticket.value.reason == "banned"
        back = await ask_in(people.http, room, "Somebody else", one.key)
        assert (back.status_code, back.json()["code"]) == (403, "banned")
    anew = await ask_in(people.http, room, "Mallory", Key(), token=mallory.token)
    assert anew.json()["code"] == "banned"
    assert (await Guest.join(people, room, "Guest")).name == "Guest 2", "nobody gets a name that somebody spoke under"


async def test_a_key_that_was_put_out_of_one_room_comes_into_another(people: People) -> None:
    owner, room = await room_of(people)
    goes = await Guest.join(people, room, "Goes")
    assert (await put_out(owner, goes)).status_code == 204
    other = str((await begin_room(owner))["id"])
    await Guest.join(people, other, "Goes", goes.key)


async def test_an_admin_puts_out_whoever_it_is_and_nobody_else_does(people: People, doors: Doors) -> None:
    owner, room = await room_of(people)
    admin, other = await people.sign_up("Admin", "Other")
    promote(doors.first, admin.id)
    inside = await Guest.join(people, room, "Owner", person=owner)
    guest = await Guest.join(people, room, "Guest")
    client = await inside.arrive(to=doors.second)
    unknown = await people.http.delete(f"/api/rooms/{room}/participants/{guest.id}")
    assert (unknown.status_code, unknown.json()["code"]) == (401, "unauthorized")
    assert (await put_out(other, guest)).json()["code"] == "not_owner"
    assert (await put_out(owner, inside)).json()["code"] == "forbidden", "one leaves by oneself"
    nowhere = [f"{room}/participants/{id}" for id in (new_id(), "nobody")] + [f"{'A' * 22}/participants/{guest.id}"]
    for path in nowhere:
        assert (await owner.delete(f"/api/rooms/{path}")).json()["code"] == "not_found"
    for _ in range(2):  # a repeat is harmless
        assert (await put_out(admin, inside)).status_code == 204
    assert (await client.wait_for(inside.topic, "put_out"))["reason"] == "admin"
    await client.heartbeat()
    assert len(client.heard(inside.topic, "put_out")) == 1
    assert (await owner.delete(f"/api/rooms/{room}")).status_code == 204, "it is the owner's still"


async def test_who_is_put_out_makes_room_for_others(people: People) -> None:
    owner, room = await room_of(people)
    full = [await Guest.join(people, room, "Guest") for _ in range(200)]
    refused = await ask_in(people.http, room, "Late", Key())
    assert refused.json()["code"] == "too_many"
    assert (await put_out(owner, full[7])).status_code == 204
    await Guest.join(people, room, "Late")
