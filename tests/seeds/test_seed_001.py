"""Seed 001: named groups, secure by default or open; messages that are not kept, or for a certain time.

Each test quotes the sentence of the seed that it is about.
"""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hubbub.wire.ids import NIL_ID, new_id
from tests.folder_servers import Doors
from tests.people import (
    SYSTEM,
    People,
    Person,
    conversation,
    copies,
    start_channel,
    start_group,
    start_open_group,
    start_private,
)
from tests.phoenix import Client, Refused
from tests.protocol.test_sealing import sealing
from tests.sealing import head_after
from tests.server import ServerProcess

LEAST = 5  # seconds: the shortest time that a message may last


def end_of(row: dict[str, Any]) -> float:
    """When a message is over, in seconds since 1970."""
    return datetime.fromisoformat(row["expires_at"]).timestamp()


def seconds_from(row: dict[str, Any], name: str) -> float:
    return end_of(row) - datetime.fromisoformat(row[name]).timestamp()


async def until(moment: float) -> None:
    """That clock is the server's, too."""
    await asyncio.sleep(max(0.0, moment - datetime.now(UTC).timestamp()) + 0.01)


async def refused(client: Client, topic: str, event: str, payload: dict[str, Any]) -> str:
    with pytest.raises(Refused) as refusal:
        await client.ask(topic, event, payload)
    return str(refusal.value.reason)


async def changes_since(person: Person, id: str, cursor: int) -> dict[str, dict[str, Any]]:
    answer = await person.get("/api/sync", conversation_id=id, cursor=str(cursor))
    assert answer.status_code == 200, answer.text
    return {f"{change['kind']} {change['id']}": change for change in answer.json()["changes"]}


async def texts(person: Person, id: str) -> list[str]:
    answer = await person.get("/api/messages", conversation_id=id)
    return [message["content"] for message in answer.json()["items"]]


# --- "or that has a certain duration" ---------------------------------------------------------------------------------


async def test_a_message_that_has_a_certain_duration_goes_with_all_that_hangs_on_it(
    people: People, doors: Doors
) -> None:
    """ "...or that has a certain duration": its reactions go too, once, on every device, also on one that was away."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    id = await start_open_group(a, bob)
    topic = conversation(id)
    await a.join(topic)
    await b.join(topic)
    kept = await a.ask(topic, "send_message", {"content": "for good"})
    said = await a.ask(topic, "send_message", {"content": "not for long", "expires_in": LEAST})
    group = said["message"]["message_group"]
    assert "expires_at" not in kept["message"]
    assert seconds_from(said["message"], "inserted_at") == LEAST
    reacted = await b.ask(topic, "react", {"message_group_id": group, "emoji": "+1"})
    away = await changes_since(bob, id, 0)
    assert away[f"message {group}"]["data"]["content"] == "not for long"
    await b.drop()  # from here on Bob is away

    told = await a.wait_for(topic, "message_expired")
    assert datetime.now(UTC).timestamp() - end_of(said["message"]) < 3
    assert told["version"] == reacted["version"] + 1
    assert told["message_group_id"] == group
    tombstones = {
        f"message {group}": {"kind": "message", "id": group},
        f"reaction {reacted['reaction']['id']}": {"kind": "reaction", "id": reacted["reaction"]["id"]},
    }
    gone = {"version": told["version"], "deleted": True, "data": None}
    assert {f"{change['kind']} {change['id']}": change for change in told["changes"]} == {
        name: {**row, **gone} for name, row in tombstones.items()
    }
    assert await changes_since(bob, id, reacted["version"]) == {name: {**r, **gone} for name, r in tombstones.items()}
    assert await texts(bob, id) == ["for good"]
    back = await bob.arrive(to=doors.second)
    document = await back.join(topic)
    assert [row["content"] for row in document["messages"]["items"]] == ["for good"]
    # Each of the processes would have done it: it was done once.
    assert document["cursor"] == told["version"]


async def test_an_encrypted_message_that_has_a_certain_duration_loses_its_copies(people: People, doors: Doors) -> None:
    """ "...or that has a certain duration", where the server keeps a copy for each."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    id = await start_group(a, bob)
    topic = conversation(id)
    await a.join(topic)
    await b.join(topic)
    request = {"encrypted_messages": copies("hello", ada, bob), "expires_in": LEAST, "id": new_id()}
    said = await a.ask(topic, "send_message", request)
    heard = await b.wait_for(bob.topic, "new_message")
    assert heard["message"]["expires_at"] == said["message"]["expires_at"]
    told = await b.wait_for(topic, "message_expired")
    assert told["version"] == said["version"] + 1
    for person in (ada, bob):
        assert await texts(person, id) == []
        [change] = (await changes_since(person, id, said["version"])).values()
        assert (change["deleted"], change["data"]) == (True, None)


async def test_nothing_that_is_over_is_shown_before_it_is_swept(tmp_path: Path) -> None:
    """Nobody can write to the database, so nothing is swept; and still nobody sees what is over."""
    with ServerProcess(tmp_path) as server:
        async with People(server) as people:
            ada, bob = await people.sign_up("Ada", "Bob")
            a, b = await ada.arrive(), await bob.arrive()
            open_group, secret = await start_open_group(a, bob), await start_group(a, bob)
            said = []
            for id, form in ((open_group, {"content": "x"}), (secret, {"encrypted_messages": copies("x", ada, bob)})):
                await a.join(conversation(id))
                said.append(await a.ask(conversation(id), "send_message", {**form, "expires_in": LEAST}))
                await a.ask(conversation(id), "send_message", form)
                assert len((await b.join(conversation(id)))["messages"]["items"]) == 2  # from here on in the cache
            group = said[0]["message"]["message_group"]
            await a.ask(conversation(open_group), "react", {"message_group_id": group, "emoji": "+1"})
            blocker = sqlite3.connect(tmp_path / "data" / "hubbub.db", isolation_level=None)
            try:
                blocker.execute("BEGIN IMMEDIATE")
                await until(max(end_of(one["message"]) for one in said))
                for id, one in ((open_group, said[0]), (secret, said[1])):
                    document = await b.join(conversation(id))
                    assert len(document["messages"]["items"]) == 1
                    assert len(await texts(bob, id)) == 1
                    rows = await changes_since(bob, id, one["version"] - 1)
                    standing = {name for name, row in rows.items() if not row["deleted"]}
                    assert len(standing) == 1
                    assert f"message {one['message']['message_group']}" not in standing
                assert not b.heard(conversation(open_group), "message_expired")
            finally:
                blocker.execute("ROLLBACK")
                blocker.close()
            await b.wait_for(conversation(open_group), "message_expired")
            await b.wait_for(conversation(secret), "message_expired")


async def test_what_is_over_does_not_come_back(people: People, doors: Doors) -> None:
    """ "...that has a certain duration": not by a repeat, an edit, a reaction, a reply, nor by anybody else."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    id = await start_open_group(a, bob)
    topic = conversation(id)
    await a.join(topic)
    await b.join(topic)
    request = {"content": "not for long", "expires_in": LEAST, "id": new_id()}
    said = await a.ask(topic, "send_message", request)
    group = {"message_group_id": request["id"]}
    reaction = {**group, "emoji": "+1", "op_id": "reaction"}
    await b.ask(topic, "react", reaction)
    edit = {**group, "content": "for longer", "op_id": "edit"}
    edited = await a.ask(topic, "edit_message", edit)
    assert edited["message"]["expires_at"] == said["message"]["expires_at"]
    assert await refused(b, topic, "edit_message", {**group, "content": "for ever"}) == "not_owner"
    assert await refused(a, topic, "send_message", {**request, "expires_in": 60}) == "id_taken"
    await b.wait_for(topic, "message_expired")

    head = (await changes_since(ada, id, 0))[f"message {request['id']}"]["version"]
    again = await a.ask(topic, "send_message", request)
    assert (again["message"]["deleted"], again["message"]["content"]) == (True, None)
    assert "expires_at" not in again["message"]
    repeated = await a.ask(topic, "edit_message", edit)
    assert (repeated["message"]["deleted"], repeated["message"]["content"]) == (True, None)
    for client, event, payload in (
        (a, "edit_message", {**group, "content": "again"}),
        (a, "delete_message", group),
        (b, "react", {**group, "emoji": "-1"}),
        (b, "react", reaction),
        (b, "unreact", {**group, "emoji": "+1"}),
    ):
        assert await refused(client, topic, event, payload) == "not_found", event
    for other in ({"content": "another"}, {"expires_in": None}):
        assert await refused(a, topic, "send_message", {**request, **other}) == "id_taken"
    assert await refused(b, topic, "send_message", {"content": "mine", "id": request["id"]}) == "id_taken"
    await b.ask(topic, "send_message", {"content": "as I said", "reply_to": request["id"]})
    assert await texts(bob, id) == ["as I said"]
    row = (await changes_since(bob, id, 0))[f"message {request['id']}"]
    assert (row["version"], row["deleted"], row["data"]) == (head, True, None)


async def test_a_sealed_message_that_is_over_cannot_be_shared_again(people: People, doors: Doors) -> None:
    """ "...that has a certain duration": who kept their copy gives nobody else one, however they ask."""
    persons = await people.sign_up("Ada", "Bob")
    ada, bob = [await sealing(person) for person in persons]
    a, b = await persons[0].arrive(), await persons[1].arrive(to=doors.second)
    id, message = new_id(), new_id()
    links = ada.found(id, [])
    key = ada.public_key(id)
    await a.ask(SYSTEM, "start_group_conversation", {"id": id, "user_ids": [], "public_key": key, "links": links})
    topic, head = conversation(id), head_after(id, None, *links)
    await a.join(topic)
    sealed = ada.seal("psst", conversation=id, message=message, members=head, recipients={ada.user: key})
    request = {"id": message, "device_id": NIL_ID, "index": 1, "position": 0, "expires_in": LEAST}
    said = {**request, "sealed": sealed.sealed, "encrypted_messages": sealed.encrypted_messages}
    await a.ask(topic, "send_message", said)
    link = ada.link(id, head, "add", bob)
    await a.ask(topic, "modify_conversation", {"new_members": [bob.user], "links": [link]})
    await a.wait_for(topic, "message_expired")
    copies = ada.share(sealed.sealed, sealed.encrypted_messages[ada.user], to={bob.user: bob.public_key()})
    assert (await a.ask(topic, "share_copies", {"copies": {message: copies}}))["shared"] == 0
    await b.join(topic)
    row = (await changes_since(persons[1], id, 0))[f"message {message}"]
    assert (row["deleted"], row["data"]) == (True, None)
    assert "sealed" not in (await a.ask(topic, "send_message", said))["message"]


@pytest.mark.parametrize("kind", ["private", "secure", "open", "channel"])
async def test_a_conversation_gives_its_messages_a_duration(people: People, doors: Doors, kind: str) -> None:
    """ "...that has a certain duration": that of the conversation, unless the message says otherwise."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    if kind == "channel":
        id = await start_channel(ada, bob)
    else:
        begin = {"private": start_private, "secure": start_group, "open": start_open_group}[kind]
        id = await begin(a, bob, expires_in=3600)
    topic = conversation(id)
    begun = (await a.join(topic))["conversation"]["expires_in"]
    assert begun == (None if kind == "channel" else 3600)
    form = {"encrypted_messages": copies("x", ada, bob)} if kind in ("private", "secure") else {"content": "x"}
    await b.join(topic)
    before = await a.ask(topic, "send_message", form)
    answer = await a.ask(topic, "change_expiry", {"expires_in": 60, "op_id": "expiry"})
    told = await b.wait_for(topic, "update_expiry")
    assert told["conversation"] == answer["conversation"] == told["changes"][0]["data"]
    assert (told["version"], told["conversation"]["expires_in"]) == (before["version"] + 1, 60)
    assert await a.ask(topic, "change_expiry", {"expires_in": 60, "op_id": "expiry"}) == answer
    lasting = await b.ask(topic, "send_message", form)
    assert seconds_from(lasting["message"], "inserted_at") == 60
    own = await b.ask(topic, "send_message", {**form, "expires_in": 120})
    assert seconds_from(own["message"], "inserted_at") == 120
    # What was said before keeps the time that it was given.
    rows = await changes_since(ada, id, 0)
    earlier = rows[f"message {before['message']['message_group']}"]["data"]
    assert earlier.get("expires_at") == before["message"].get("expires_at")
    await a.ask(topic, "change_expiry", {"expires_in": None})
    assert "expires_at" not in (await b.ask(topic, "send_message", form))["message"]


@pytest.mark.parametrize("seconds", [LEAST - 1, 0, -5, 28 * 86_400 + 1, 7.5, "60"])
async def test_a_duration_is_from_five_seconds_to_four_weeks(people: People, seconds: Any) -> None:
    """ "...that has a certain duration": one that a person can read in, and that is not for ever."""
    [ada] = await people.sign_up("Ada")
    a = await ada.arrive()
    topic = conversation(await start_open_group(a))
    await a.join(topic)
    for event, payload in (("send_message", {"content": "x"}), ("change_expiry", {})):
        assert await refused(a, topic, event, {**payload, "expires_in": seconds}) == "invalid_payload"
    begin = {"user_ids": [], "open": True, "expires_in": seconds}
    assert await refused(a, SYSTEM, "start_group_conversation", begin) == "invalid_payload"
    longest = await a.ask(topic, "send_message", {"content": "x", "expires_in": 28 * 86_400})
    assert seconds_from(longest["message"], "inserted_at") == 28 * 86_400


# --- "messages that are not stored 'off the record'" ------------------------------------------------------------------


async def cursors(person: Person, id: str) -> Any:
    return (await person.get("/api/sync", conversation_id=id)).json()


@pytest.mark.parametrize("kind", ["open", "secure"])
async def test_a_message_off_the_record_reaches_who_is_there_and_nobody_later(
    people: People, doors: Doors, kind: str
) -> None:
    """ "...send messages that are not stored": heard by those present on every process, and then gone."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    also_ada = await ada.arrive(to=doors.second)
    id = await (start_open_group if kind == "open" else start_group)(a, bob, eve)
    topic = conversation(id)
    for client in (a, also_ada, b):
        await client.join(topic)
    before = await cursors(ada, id)
    form: dict[str, Any] = {"content": "psst"} if kind == "open" else {"encrypted_messages": copies("psst", ada, bob)}
    answer = await a.ask(topic, "send_message", {**form, "off_the_record": True, "reply_to": None, "id": new_id()})
    assert answer.keys() == {"message"}
    row = answer["message"]
    assert row["off_the_record"] is True
    for client, person in ((a, ada), (also_ada, ada), (b, bob)):
        heard = await client.wait_for(topic if kind == "open" else person.topic, "new_message")
        assert heard.keys() == {"conversation_id", "message"}
        text = "psst" if kind == "open" else f"psst for {person.id}"
        assert heard["message"] == {**row, "content": text}
    assert await cursors(ada, id) == before
    assert await texts(bob, id) == []
    e = await eve.arrive(to=doors.second)
    assert (await e.join(topic))["messages"]["items"] == []
    group = {"message_group_id": row["message_group"]}
    for event, payload in (
        ("edit_message", {**group, **form}),
        ("delete_message", group),
        *([("react", {**group, "emoji": "+1"})] if kind == "open" else []),
    ):
        assert await refused(a, topic, event, payload) == "not_found"
    # What is said next, for the record, takes the place and the version as if nothing had been said before.
    said = await b.ask(topic, "send_message", form if kind == "open" else {"encrypted_messages": copies("x", ada, bob)})
    assert (said["version"], said["message"]["index"]) == (before["cursor"] + 1, 1)


async def test_messages_off_the_record_come_in_the_order_in_which_they_were_said(people: People, doors: Doors) -> None:
    """ "...send messages that are not stored": a burst on one socket stays in order."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    topic = conversation(await start_open_group(a, bob))
    await a.join(topic)
    await b.join(topic)
    texts = [str(number) for number in range(300)]
    for text in texts:
        await a.send(a.joined[topic], a.next_ref(), topic, "send_message", {"content": text, "off_the_record": True})
    await b.wait_for(topic, "new_message", lambda push: push["message"]["content"] == texts[-1])
    assert [push["message"]["content"] for push in b.heard(topic, "new_message")] == texts


async def test_a_repeat_off_the_record_is_heard_once(people: People, doors: Doors) -> None:
    """ "...send messages that are not stored": who did not hear the answer asks again, and is not heard again."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    id = await start_open_group(a, bob)
    topic = conversation(id)
    await a.join(topic)
    await b.join(topic)
    request = {"content": "psst", "off_the_record": True, "id": new_id()}
    answers = await asyncio.gather(*(a.ask(topic, "send_message", request) for _ in range(3)))
    assert answers == [answers[0]] * 3
    assert await a.ask(topic, "send_message", request) == answers[0]
    assert await refused(a, topic, "send_message", {**request, "content": "another"}) == "id_taken"
    same_process = await bob.arrive(topic.partition(":")[2])
    assert await refused(same_process, topic, "send_message", request) == "id_taken"
    stored = await a.ask(topic, "send_message", {"content": "on the record", "id": new_id()})
    for client in (a, b):  # nobody passes something off as a message that is kept
        taken = {**request, "id": stored["message"]["message_group"]}
        assert await refused(client, topic, "send_message", taken) == "id_taken"
    await b.wait_for(topic, "new_message", lambda push: push["message"]["content"] == "on the record")
    assert [push["message"]["content"] for push in b.heard(topic, "new_message")] == ["psst", "on the record"]
    # The same id on the record is another request: the server kept nothing that it could be compared with.
    await a.ask(topic, "send_message", {"content": "psst", "id": request["id"]})
    assert await texts(bob, id) == ["psst", "on the record"]


async def test_who_may_not_write_may_not_off_the_record_either(people: People, doors: Doors) -> None:
    """ "...to another user": not to one who blocked the sender, not where one is no member any more."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    private, group = await start_private(a, bob), await start_open_group(a, bob)
    for id in (private, group):
        await a.join(conversation(id))
        await b.join(conversation(id))
    said = {"off_the_record": True, "encrypted_messages": copies("psst", ada, bob)}
    await b.ask(conversation(private), "send_message", said)
    assert (await ada.put(f"/api/choices/block/{bob.id}")).status_code < 300
    assert await refused(b, conversation(private), "send_message", said) == "blocked"
    await b.ask(conversation(group), "leave_conversation")
    await b.join(SYSTEM)
    assert await refused(b, conversation(group), "send_message", {"off_the_record": True, "content": "x"}) in (
        "not_member",
        "unmatched topic",
    )
    for wrong in (
        {"content": "x" * 4001},
        {"encrypted_messages": copies("x", ada)},
        {"content": "x", "expires_in": 1},
        {"content": "x", "id": "x"},
        {},
    ):
        assert await refused(a, conversation(group), "send_message", {**wrong, "off_the_record": True}) in (
            "invalid_payload",
            "invalid_text",
            "too_large",
        )
    assert not [push for push in a.heard(conversation(group), "new_message") if push["message"]["sender"] == bob.id]


async def test_a_sealed_message_off_the_record_is_checked_like_any_other(people: People, doors: Doors) -> None:
    """ "The communication ... is always encrypted", off the record too: signed by its author, for all who are in."""
    persons = await people.sign_up("Ada", "Bob")
    ada, bob = [await sealing(person) for person in persons]
    a, b = await persons[0].arrive(), await persons[1].arrive(to=doors.second)
    id, message = new_id(), new_id()
    links = ada.found(id, [bob])
    begin = {"id": id, "other_user_id": bob.user, "public_key": ada.public_key(id), "links": links}
    await a.ask(SYSTEM, "start_private_conversation", begin)
    topic = conversation(id)
    await a.join(topic)
    keys = {ada.user: ada.public_key(id), bob.user: bob.public_key()}
    head = head_after(id, None, *links)
    sealed = ada.seal("psst", conversation=id, message=message, members=head, recipients=keys)
    request = {
        "id": message,
        "device_id": NIL_ID,
        "index": 1,
        "position": 0,
        "off_the_record": True,
        "sealed": sealed.sealed,
        "encrypted_messages": sealed.encrypted_messages,
    }
    alone = {ada.user: sealed.encrypted_messages[ada.user]}
    assert await refused(a, topic, "send_message", {**request, "encrypted_messages": alone}) == "stale_members"
    assert await refused(a, topic, "send_message", {**request, "index": 2}) == "invalid_envelope"
    forged = bob.seal("psst", conversation=id, message=message, members=head, recipients=keys)
    assert await refused(a, topic, "send_message", {**request, "sealed": forged.sealed}) == "invalid_envelope"
    await a.ask(topic, "send_message", request)
    heard = (await b.wait_for(persons[1].topic, "new_message"))["message"]
    assert heard["off_the_record"] is True
    assert bob.open(heard["sealed"], heard["content"], author=ada, own_key=True) == {"text": "psst"}
    assert await texts(persons[1], id) == []


async def test_guests_hear_what_is_said_off_the_record_where_they_may_read(people: People, doors: Doors) -> None:
    """ "...send messages that are not stored", in the lobby: the guests who are there hear it, with its author."""
    [ada] = await people.sign_up("Ada")
    lobby = (await ada.get("/api/channels/lobby")).json()["id"]
    a, guest = await ada.arrive(lobby), await people.open(to=doors.second)
    await guest.join(conversation(lobby))
    word = new_id()
    await a.ask(conversation(lobby), "send_message", {"content": word, "off_the_record": True})
    heard = await guest.wait_for(conversation(lobby), "new_message", lambda push: push["message"]["content"] == word)
    assert heard["author"]["id"] == ada.id
    assert word not in await texts(ada, lobby)
