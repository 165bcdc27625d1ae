"""What moderators do, seen by everyone through every door, on one process and on two."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hubbub.storage.lobby import LOBBY_ID
from hubbub.wire.ids import new_id
from tests.people import SYSTEM, People, Person, conversation, copies, start_channel, start_group, start_open_group
from tests.phoenix import Client, refusal
from tests.protocol.conftest import Doors
from tests.protocol.test_starting_anew import begun
from tests.server import promote

SECRET = "the rude words"


class Place:
    """A conversation of Ada, who owns it, Mod, whom she made a moderator, and Bob; all have joined it.

    Ada and Bob are at the first door, Mod at the second.
    """

    def __init__(self, people: People, doors: Doors) -> None:
        self.people, self.doors = people, doors

    async def set(self, kind: str) -> None:
        self.ada, self.mod, self.bob = await self.people.sign_up("Ada", "Mod", "Bob")
        self.a, self.b = await self.ada.arrive(), await self.bob.arrive()
        self.m = await self.mod.arrive(to=self.doors.second)
        if kind == "channel":
            self.id = await start_channel(self.ada, self.mod, self.bob)
        elif kind == "open":
            self.id = await start_open_group(self.a, self.mod, self.bob)
        else:
            self.id = await start_group(self.a, self.mod, self.bob)
        self.topic = conversation(self.id)
        for client in (self.a, self.m, self.b):
            await client.join(self.topic)
        await self.expect(self.ada, "PUT", f"members/{self.mod.id}", {"role": "moderator"})
        await self.m.wait_for(self.topic, "member_changed")

    async def expect(self, who: Person, method: str, path: str, body: Any = None, status: int = 0) -> Any:
        """The body of the answer; 0: any success."""
        path = f"/api/conversations/{self.id}/{path}"
        ask = {"PUT": who.put(path, body), "DELETE": who.delete(path), "GET": who.get(path)}
        answer = await ask.pop(method)
        for other in ask.values():
            other.close()
        assert answer.is_success if not status else answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def say(self, client: Client, text: str, **further: Any) -> Any:
        said = await client.ask(self.topic, "send_message", {"content": text, **further})
        return said["message"]["message_group"]


@pytest.fixture
async def channel(people: People, doors: Doors) -> Place:
    place = Place(people, doors)
    await place.set("channel")
    return place


# --- removing a message -------------------------------------------------------------------------------------------


async def test_a_removed_message_is_nowhere_to_be_read(channel: Place) -> None:
    start = await channel.b.ask(channel.topic, "sync", {"cursor": 0})
    message = await channel.say(channel.b, SECRET)
    await channel.a.ask(channel.topic, "react", {"message_group_id": message, "emoji": "+1"})
    await channel.say(channel.a, "Really?", reply_to=message)
    removal = await channel.expect(channel.mod, "PUT", f"messages/{message}/removal", {"reason": "Not here"})
    assert (removal["moderator_id"], removal["reason"], removal["message_group"]) == (
        *(channel.mod.id, "Not here", message),
    )
    for client, person in ((channel.a, channel.ada), (channel.b, channel.bob)):
        told = await client.wait_for(channel.topic, "message_removed")
        assert (told["moderator_id"], told["reason"]) == (channel.mod.id, "Not here")
        shown = {
            "push": told["changes"],
            "whole": (await client.ask(channel.topic, "sync", {"cursor": 0}))["changes"],
            "since": (await client.ask(channel.topic, "sync", {"cursor": start["cursor"]}))["changes"],
            "http": (await person.get("/api/sync", conversation_id=channel.id)).json()["changes"],
        }
        for door, changes in shown.items():
            assert SECRET not in json.dumps(changes), door
            rows = {(row["kind"], row["id"]): row for row in changes}
            row = rows["message", message]
            assert (row["deleted"], row["data"]["content"], row["data"]["removed_by"]) == (False, None, channel.mod.id)
            assert row["data"]["removed_because"] == "Not here"
            assert rows["removal", message]["data"]["reason"] == "Not here"
            assert [row["deleted"] for (kind, _), row in rows.items() if kind == "reaction"] == [True], door
        page = (await person.get("/api/messages", conversation_id=channel.id)).json()
        document = await client.join(channel.topic)
        for items in (page["items"], document["messages"]["items"]):
            [found] = [item for item in items if item["message_group"] == message]
            assert (found["content"], found["removed_by"], found["sender"]) == (None, channel.mod.id, channel.bob.id)
            assert found["removed_because"] == "Not here"
        assert SECRET not in json.dumps([page, document])


async def test_its_owner_cannot_bring_it_back(channel: Place) -> None:
    sent = {"content": SECRET, "id": new_id()}
    first = await channel.b.ask(channel.topic, "send_message", sent)
    message = first["message"]["message_group"]
    edit = {"message_group_id": message, "content": f"{SECRET}!", "op_id": "edit"}
    await channel.b.ask(channel.topic, "edit_message", edit)
    react = {"message_group_id": message, "emoji": "+1", "op_id": "like"}
    await channel.a.ask(channel.topic, "react", react)
    await channel.expect(channel.mod, "PUT", f"messages/{message}/removal", {})
    await channel.b.wait_for(channel.topic, "message_removed")
    for event, payload in (
        ("edit_message", {"message_group_id": message, "content": SECRET}),
        ("delete_message", {"message_group_id": message}),
    ):
        refused = await refusal(channel.b.ask(channel.topic, event, payload))
        current = refused["current"]
        assert (refused["reason"], current["content"], current["removed_by"]) == ("forbidden", None, channel.mod.id)
    refused = await refusal(channel.b.ask(channel.topic, "react", {"message_group_id": message, "emoji": "+1"}))
    assert refused["reason"] == "not_found"
    # What was accepted before is answered again, as things are now.
    for event, payload in (("send_message", sent), ("edit_message", edit)):
        answer = await channel.b.ask(channel.topic, event, payload)
        assert (answer["message"]["content"], answer["message"]["removed_by"]) == (None, channel.mod.id)
    assert (await channel.a.ask(channel.topic, "react", react))["reaction"] is None
    await channel.a.heartbeat()
    await channel.m.heartbeat()
    late = [frame.payload for frame in channel.m.frames if frame.event in ("new_message", "edit_message")][2:]
    assert SECRET not in json.dumps(late)


async def test_removing_again_changes_nothing(channel: Place) -> None:
    message = await channel.say(channel.b, SECRET)
    first = await channel.expect(channel.mod, "PUT", f"messages/{message}/removal", {"reason": "Rude"})
    head = (await channel.a.ask(channel.topic, "sync", {"cursor": 0}))["cursor"]
    assert await channel.expect(channel.ada, "PUT", f"messages/{message}/removal", {"reason": "Mine"}) == first
    assert (await channel.a.ask(channel.topic, "sync", {"cursor": 0}))["cursor"] == head


async def test_what_is_not_there_cannot_be_removed(channel: Place) -> None:
    message = await channel.say(channel.b, SECRET)
    await channel.b.ask(channel.topic, "delete_message", {"message_group_id": message})
    for gone in (message, new_id()):
        problem = await channel.expect(channel.mod, "PUT", f"messages/{gone}/removal", {}, status=404)
        assert problem["code"] == "not_found"


async def test_in_an_encrypted_group_the_copies_go(people: People, doors: Doors) -> None:
    place = Place(people, doors)
    await place.set("secure")
    body = {"encrypted_messages": copies(SECRET, place.ada, place.mod, place.bob)}
    said = await place.b.ask(place.topic, "send_message", body)
    message = said["message"]["message_group"]
    await place.expect(place.mod, "PUT", f"messages/{message}/removal", {"reason": "Rude"})
    for client, person in ((place.a, place.ada), (place.b, place.bob)):
        await client.wait_for(place.topic, "message_removed")
        pulled = await client.ask(place.topic, "sync", {"cursor": 0})
        document = await client.join(place.topic)
        page = (await person.get("/api/messages", conversation_id=place.id)).json()
        assert SECRET not in json.dumps([pulled, document, page])
        [row] = [row for row in pulled["changes"] if row["kind"] == "message"]
        assert (row["data"]["content"], row["data"]["removed_by"]) == (None, place.mod.id)
        shown = [*page["items"], *document["messages"]["items"], row["data"]]
        assert [(item["removed_by"], item["removed_because"]) for item in shown] == [(place.mod.id, "Rude")] * 3
    edit = {"message_group_id": message, **body}
    assert (await refusal(place.b.ask(place.topic, "edit_message", edit)))["reason"] == "forbidden"


async def test_who_left_before_still_reads_what_was_theirs_but_not_what_was_removed_since(channel: Place) -> None:
    """What changes after one left is not shown in its new state, and its old one is gone for everyone."""
    message = await channel.say(channel.a, SECRET)
    await channel.m.ask(channel.topic, "leave_conversation")
    head = (await channel.mod.get("/api/sync", conversation_id=channel.id)).json()["cursor"]
    other = await channel.say(channel.b, SECRET)
    await channel.expect(channel.ada, "PUT", f"messages/{other}/removal", {})
    page = (await channel.mod.get("/api/messages", conversation_id=channel.id)).json()
    assert [item["message_group"] for item in page["items"]] == [message]
    assert (await channel.mod.get("/api/sync", conversation_id=channel.id)).json()["cursor"] == head


# --- muting -------------------------------------------------------------------------------------------------------


async def test_who_is_muted_writes_nothing_in_any_way(channel: Place) -> None:
    message = await channel.say(channel.b, "hello")
    await channel.expect(channel.mod, "PUT", f"sanctions/{channel.bob.id}/mute", {"reason": "Loud"})
    told = await channel.b.wait_for(channel.topic, "member_changed", lambda told: told["user_id"] == channel.bob.id)
    [row] = told["changes"]
    assert (row["id"], row["data"]["muted"], row["data"]["muted_until"]) == (channel.bob.id, True, None)
    about = {"message_group_id": message}
    tries = [
        ("send_message", {"content": "again"}),
        ("send_message", {"content": "again", "off_the_record": True}),
        ("edit_message", {**about, "content": "again"}),
        ("react", {**about, "emoji": "+1"}),
        ("change_alias", {"alias": "again"}),
        ("modify_conversation", {"alias": "again"}),
    ]
    for event, payload in tries:
        assert (await refusal(channel.b.ask(channel.topic, event, payload)))["reason"] == "muted", event
    await channel.b.ask(channel.topic, "delete_message", about)
    await channel.expect(channel.mod, "DELETE", f"sanctions/{channel.bob.id}/mute")
    await channel.say(channel.b, "thank you")


@pytest.mark.parametrize("kind", ["mute", "ban"])
async def test_in_the_lobby_who_never_joined_it_is_silent_too(people: People, doors: Doors, kind: str) -> None:
    ada, root = await people.sign_up("Ada", "Root")
    promote(doors.first, root.email)
    a, topic = await ada.arrive(LOBBY_ID, to=doors.second), conversation(LOBBY_ID)
    said = await a.ask(topic, "send_message", {"content": "hello"})
    about = {"message_group_id": said["message"]["message_group"]}
    path = f"/api/conversations/{LOBBY_ID}/sanctions/{ada.id}/{kind}"
    assert (await root.put(path, {"reason": "Loud"})).status_code == 200
    tries = [
        ("send_message", {"content": "again"}),
        ("send_message", {"content": "again", "off_the_record": True}),
        ("edit_message", {**about, "content": "again"}),
        ("react", {**about, "emoji": "+1"}),
    ]
    for event, payload in tries:
        assert (await refusal(a.ask(topic, event, payload)))["reason"] == "muted", event
    joining = await ada.put(f"/api/channels/{LOBBY_ID}/subscription")
    assert joining.status_code == (200 if kind == "mute" else 403)
    assert (await refusal(a.ask(topic, "send_message", {"content": "again"})))["reason"] == "muted"
    assert (await root.delete(path)).status_code == 204
    await a.ask(topic, "send_message", {"content": "thank you"})


async def test_a_mute_outlasts_leaving_and_coming_back(channel: Place) -> None:
    await channel.expect(channel.mod, "PUT", f"sanctions/{channel.bob.id}/mute", {})
    await channel.b.ask(channel.topic, "leave_conversation")
    await channel.b.wait_for(channel.topic, "phx_close")
    assert (await channel.bob.put(f"/api/channels/{channel.id}/subscription")).status_code == 200
    joined = await channel.a.wait_for(channel.topic, "member_joined")
    pulled = await channel.a.ask(channel.topic, "sync", {"cursor": joined["version"] - 1})
    assert joined["changes"] == pulled["changes"], "the push shows what a pull shows"
    assert joined["changes"][0]["data"]["muted"] is True
    await channel.b.join(channel.topic)
    assert (await refusal(channel.say(channel.b, "me again")))["reason"] == "muted"


async def test_a_mute_for_a_time_ends_by_itself(channel: Place) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    decided = await channel.expect(channel.mod, "PUT", f"sanctions/{channel.bob.id}/mute", {"until": soon})
    assert decided["until"].startswith(soon[:19])
    assert (await refusal(channel.say(channel.b, "hello")))["reason"] == "muted"
    async with asyncio.timeout(30):
        while (await channel.b.push(channel.topic, "send_message", {"content": "hello"})).status != "ok":
            await channel.b.heartbeat()
    assert (await channel.expect(channel.mod, "GET", "sanctions"))["items"] == []


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00", "tomorrow", 7])
async def test_an_end_that_is_none(channel: Place, until: Any) -> None:
    problem = await channel.expect(channel.mod, "PUT", f"sanctions/{channel.bob.id}/mute", {"until": until}, status=400)
    assert problem["code"] == "invalid_payload"


# --- removing and banning -----------------------------------------------------------------------------------------


async def test_who_is_removed_is_out_at_once_and_may_come_back(channel: Place) -> None:
    await channel.expect(channel.mod, "DELETE", f"members/{channel.bob.id}")
    told = await channel.b.wait_for(channel.bob.topic, "conversation_removed")
    assert (told["conversation_id"], told["moderator_id"]) == (channel.id, channel.mod.id)
    await channel.b.wait_for(channel.topic, "phx_close")
    left = await channel.a.wait_for(channel.topic, "leave_conversation")
    assert (left["user_id"], left["moderator_id"]) == (channel.bob.id, channel.mod.id)
    assert (await refusal(channel.b.join(channel.topic)))["reason"] == "not_member"
    assert (await channel.bob.put(f"/api/channels/{channel.id}/subscription")).status_code == 200
    await channel.b.join(channel.topic)


async def test_who_is_banned_is_removed_and_does_not_come_back(channel: Place) -> None:
    path = f"sanctions/{channel.bob.id}/ban"
    await channel.expect(channel.mod, "PUT", path, {"reason": "Spam"})
    told = await channel.b.wait_for(channel.bob.topic, "conversation_removed")
    assert told["reason"] == "Spam"
    await channel.b.wait_for(channel.topic, "phx_close")
    answer = await channel.bob.put(f"/api/channels/{channel.id}/subscription")
    assert (answer.status_code, answer.json()["code"]) == (403, "banned")
    [item] = (await channel.expect(channel.ada, "GET", "sanctions"))["items"]
    assert (item["user_id"], item["kind"], item["moderator_id"], item["reason"], item["until"]) == (
        *(channel.bob.id, "ban", channel.mod.id, "Spam", None),
    )
    await channel.expect(channel.ada, "DELETE", path)
    assert (await channel.bob.put(f"/api/channels/{channel.id}/subscription")).status_code == 200


async def test_nobody_brings_in_who_is_banned(people: People, doors: Doors) -> None:
    place = Place(people, doors)
    for kind in ("open", "secure"):
        await place.set(kind)
        await place.expect(place.mod, "PUT", f"sanctions/{place.bob.id}/ban", {})
        refused = await refusal(place.a.ask(place.topic, "modify_conversation", {"new_members": [place.bob.id]}))
        assert (refused["reason"], refused["user_ids"]) == ("banned", [place.bob.id])


async def test_a_ban_ends_what_one_asked_for(people: People, doors: Doors) -> None:
    place = Place(people, doors)
    await place.set("secure")
    [cleo] = await people.sign_up("Cleo")
    path = f"/api/groups/{place.id}/membership"
    # Whoever knows the group may ask, so it is listed for this.
    assert (await place.ada.patch(f"/api/groups/{place.id}", {"listed": True})).status_code == 200
    assert (await cleo.put(path, {})).status_code == 202
    assert len((await place.ada.get(f"/api/groups/{place.id}/requests")).json()["items"]) == 1
    await place.expect(place.mod, "PUT", f"sanctions/{cleo.id}/ban", {})
    assert (await place.ada.get(f"/api/groups/{place.id}/requests")).json()["items"] == []
    assert (await cleo.put(path, {})).json()["code"] == "banned"


async def test_removal_from_a_sealed_group_takes_a_signed_link(people: People, doors: Doors) -> None:
    talk = await begun(people, doors, private=False)
    a, c = talk.ada, talk.bob
    ada, bob = talk.persons[:2]
    path = f"/api/conversations/{talk.id}/members/{bob.id}"
    assert (await ada.delete(path)).json()["code"] == "invalid_link"
    assert (await ada.put(f"/api/conversations/{talk.id}/sanctions/{bob.id}/ban", {})).json()["code"] == "invalid_link"
    link = a.link(talk.id, talk.head, "remove", c)
    forged = c.link(talk.id, talk.head, "remove", c)
    for links in ([], [forged], [link, link]):
        refused = await refusal(talk.a.ask(talk.topic, "remove_member", {"user_id": bob.id, "links": links}))
        assert refused["reason"] == "invalid_link"
    removed = await talk.a.ask(talk.topic, "remove_member", {"user_id": bob.id, "links": [link], "op_id": "out"})
    talk.links.append(link)
    await talk.b.wait_for(bob.topic, "conversation_removed")
    await talk.b.wait_for(talk.topic, "phx_close")
    pulled = await talk.a.ask(talk.topic, "sync", {"cursor": removed["version"] - 1})
    assert {row["kind"] for row in pulled["changes"]} == {"member", "link"}
    again = await talk.a.ask(talk.topic, "remove_member", {"user_id": bob.id, "links": [link], "op_id": "out"})
    assert again == removed


async def test_a_plain_member_of_a_sealed_group_removes_nobody(people: People, doors: Doors) -> None:
    """The chain proves who signed; whether they may is for the role, which the server keeps."""
    talk = await begun(people, doors, private=False)
    ada = talk.persons[0]
    link = talk.bob.link(talk.id, talk.head, "remove", talk.ada)
    refused = await refusal(talk.b.ask(talk.topic, "remove_member", {"user_id": ada.id, "links": [link]}))
    assert refused["reason"] == "forbidden"


# --- roles --------------------------------------------------------------------------------------------------------


async def test_who_lost_their_role_does_nothing_any_more_not_even_in_the_same_moment(channel: Place) -> None:
    message = await channel.say(channel.b, "hello")
    removal = channel.mod.put(f"/api/conversations/{channel.id}/messages/{message}/removal", {})
    demotion = await channel.ada.put(f"/api/conversations/{channel.id}/members/{channel.mod.id}", {"role": "member"})
    assert demotion.status_code == 204
    tries = [
        removal,
        channel.mod.put(f"/api/conversations/{channel.id}/sanctions/{channel.bob.id}/ban", {}),
        channel.mod.delete(f"/api/conversations/{channel.id}/members/{channel.bob.id}"),
        channel.mod.get(f"/api/conversations/{channel.id}/sanctions"),
    ]
    assert [answer.json()["code"] for answer in await asyncio.gather(*tries)] == ["forbidden"] * 4


async def test_two_who_act_on_each_other_at_once_do_not_both(people: People, doors: Doors) -> None:
    place = Place(people, doors)
    await place.set("open")
    await place.expect(place.ada, "PUT", f"members/{place.bob.id}", {"role": "moderator"})
    # The owner demotes a moderator while that one bans somebody: one of the two orders, never a mixture.
    demoted, banned = await asyncio.gather(
        place.ada.put(f"/api/conversations/{place.id}/members/{place.mod.id}", {"role": "member"}),
        place.mod.put(f"/api/conversations/{place.id}/sanctions/{place.ada.id}/ban", {}),
    )
    assert (demoted.status_code, banned.json()["code"]) == (204, "forbidden")


async def test_who_comes_back_is_a_member_alone(channel: Place) -> None:
    await channel.m.ask(channel.topic, "leave_conversation")
    await channel.mod.put(f"/api/channels/{channel.id}/subscription")
    problem = await channel.expect(channel.mod, "DELETE", f"members/{channel.bob.id}", status=403)
    assert problem["code"] == "forbidden"


async def test_an_owner_who_left_their_channel_is_its_owner_still(channel: Place) -> None:
    await channel.a.ask(channel.topic, "leave_conversation")
    await channel.expect(channel.mod, "PUT", f"sanctions/{channel.ada.id}/ban", {}, status=403)
    await channel.expect(channel.ada, "PUT", f"sanctions/{channel.bob.id}/ban", {})


async def test_nobody_moderates_a_private_conversation(people: People, doors: Doors) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    a = await ada.arrive()
    begun = await a.ask(SYSTEM, "start_private_conversation", {"other_user_id": bob.id})
    path = f"/api/conversations/{begun['conversation_id']}"
    assert (await ada.delete(f"{path}/members/{bob.id}")).json()["code"] == "wrong_kind"
    assert (await ada.put(f"{path}/sanctions/{bob.id}/mute", {})).json()["code"] == "wrong_kind"
    assert (await ada.put(f"{path}/members/{bob.id}", {"role": "moderator"})).json()["code"] == "wrong_kind"


@pytest.mark.parametrize("role", ["owner", "admin", "", None])
async def test_a_role_that_cannot_be_given(channel: Place, role: Any) -> None:
    await channel.expect(channel.ada, "PUT", f"members/{channel.bob.id}", {"role": role}, status=400)
