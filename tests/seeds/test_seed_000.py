"""Seed 000: channels with owners, subscriptions on all devices, runs that stay together, a leader-board.

Each test quotes the sentence of the seed that it is about.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hubbub.wire.ids import new_id
from tests.folder_servers import Doors
from tests.people import SYSTEM, People, Person, Server, conversation, start_channel, start_private
from tests.phoenix import Client, Refused


async def refusal(client: Client, topic: str, event: str, payload: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        await client.ask(topic, event, payload)
    return refused.value


async def say(client: Client, id: str, content: str, **place: Any) -> str:
    """The id of the message."""
    answer = await client.ask(conversation(id), "send_message", {"id": new_id(), "content": content, **place})
    return str(answer["message"]["message_group"])


async def get_at(door: Server, person: Person, path: str, **asked: str) -> httpx.Response:
    """As `Person.get`, of the process behind this door."""
    async with People(door) as there:
        return await there.http.get(path, params=asked, headers={"Authorization": f"Bearer {person.token}"})


async def texts(person: Person, id: str) -> list[str]:
    """What stands in the channel, in reading order."""
    answer = await person.get("/api/messages", conversation_id=id)
    return [message["content"] for message in reversed(answer.json()["items"])]


async def listings(person: Person) -> dict[str, bool]:
    """The conversations of the person's stream, and whether each is gone, as a device learns that was away."""
    changes = (await person.get("/api/sync")).json()["changes"]
    return {change["id"]: change["deleted"] for change in changes if change["kind"] == "conversation"}


# --- rule-based permissions -------------------------------------------------------------------------------------------


async def test_anyone_creates_a_channel_and_only_its_owner_updates_or_deletes_it(people: People, doors: Doors) -> None:
    """ "Anyone can create a channel, but only the owner can update or delete it.": whatever a client claims."""
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_channel(ada, bob)
    path = f"/api/channels/{id}"
    b = await bob.arrive(id, to=doors.second)
    for refused in (await bob.patch(path, {"title": "Mine", "owner_id": bob.id}), await bob.delete(path)):
        assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")
        assert refused.json()["current"]["alias"] == "Boats"
    assert (await refusal(b, conversation(id), "change_alias", {"alias": "Mine"})).reason == "not_owner"
    assert (await ada.patch(path, {"title": "Ships", "about": "Of all sizes"})).status_code == 200
    told = await b.wait_for(conversation(id), "update_alias")
    assert (told["conversation"]["alias"], told["conversation"]["about"]) == ("Ships", "Of all sizes")
    assert (await ada.delete(path)).status_code == 204
    await b.wait_for(conversation(id), "phx_close")
    assert (await b.wait_for(bob.topic, "conversation_removed"))["conversation_id"] == id
    assert (await listings(bob))[id] is True
    with pytest.raises(Refused):
        await b.join(conversation(id))


async def test_a_user_cannot_edit_objects_of_others_and_is_told_what_they_are(people: People, doors: Doors) -> None:
    """ "...the perpetrator will receive a compensating write, and undo the invalid change"."""
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_channel(ada, bob)
    a, b = await ada.arrive(id), await bob.arrive(id, to=doors.second)
    said = await say(a, id, "Ada's own")
    claimed = {"message_group_id": said, "content": "Bob's", "ownerId": bob.id, "sender": bob.id}
    refused = await refusal(b, conversation(id), "edit_message", claimed)
    assert refused.reason == "not_owner"
    assert (refused.response["current"]["sender"], refused.response["current"]["content"]) == (ada.id, "Ada's own")
    assert (await refusal(b, conversation(id), "delete_message", {"message_group_id": said})).reason == "not_owner"
    assert await texts(bob, id) == ["Ada's own"]


async def test_each_reaction_is_owned_by_who_added_it(people: People, doors: Doors) -> None:
    """ "Each reaction is owned by the user who added it.": nobody else takes it off."""
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_channel(ada, bob)
    a, b = await ada.arrive(id), await bob.arrive(id, to=doors.second)
    smile = {"message_group_id": await say(a, id, "Hello"), "emoji": ":)"}
    assert (await b.ask(conversation(id), "react", smile))["reaction"]["user_id"] == bob.id
    assert (await refusal(a, conversation(id), "unreact", {**smile, "user_id": bob.id})).reason == "not_found"
    assert (await b.ask(conversation(id), "unreact", smile))["reaction"] is None


async def test_a_user_cannot_impersonate_others(people: People, doors: Doors) -> None:
    """ "A user ... cannot impersonate others.": whose something is says the session, and no key of a payload."""
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_channel(ada, bob)
    a, b = await ada.arrive(id), await bob.arrive(id, to=doors.second)
    claims = {"ownerId": ada.id, "owner_id": ada.id, "sender": ada.id, "user_id": ada.id, "id": new_id()}
    said = await b.ask(conversation(id), "send_message", {"content": "I am Ada", **claims})
    assert said["message"]["sender"] == bob.id
    smile = {"message_group_id": said["message"]["message_group"], "emoji": ":)", "user_id": ada.id, "owner_id": ada.id}
    assert (await b.ask(conversation(id), "react", smile))["reaction"]["user_id"] == bob.id
    for event in ("new_message", "react"):
        told = await a.wait_for(conversation(id), event)
        assert ada.id not in str(told), f"{event} says nothing of who was claimed to be"
    # A message of Ada's is not Bob's to say again under its id, either.
    hers = await say(a, id, "Ada's own")
    refused = await refusal(b, conversation(id), "send_message", {"id": hers, "content": "Bob's"})
    assert (refused.reason, refused.response.get("current")) == ("id_taken", None)
    assert await texts(ada, id) == ["I am Ada", "Ada's own"]


async def test_a_profile_belongs_to_its_user(people: People, doors: Doors) -> None:
    """ "...be it their messages, reactions, or user profile.": what one changes is one's own, whatever one claims."""
    ada, bob = await people.sign_up("Ada", "Bob")
    claimed = {"id": ada.id, "user_id": ada.id, "name": "ada", "admin": True, "about": "Changed by Bob"}
    changed = await bob.patch("/api/profile", claimed)
    assert (changed.status_code, changed.json()["about"]) == (200, "Changed by Bob")
    seen = (await get_at(doors.second, bob, f"/api/users/{ada.id}")).json()
    assert (seen["display_name"], seen["about"]) == ("Ada", "")
    own = (await get_at(doors.second, bob, "/api/sync")).json()["changes"]
    [settings] = [change["data"] for change in own if change["kind"] == "settings"]
    assert (settings["id"], settings["admin"], settings["name"] == "ada") == (bob.id, False, False)


async def test_a_removal_is_a_row_of_the_moderators_own(people: People, doors: Doors) -> None:
    """ "...only the message owner would be able to update": who moderates refers to a message, and says by whom."""
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_channel(ada, bob)
    a, b = await ada.arrive(id), await bob.arrive(id, to=doors.second)
    said = await say(b, id, "Buy my boats")
    path = f"/api/conversations/{id}/messages/{said}/removal"
    assert (await bob.put(path, {})).json()["code"] == "forbidden"
    removed = await ada.put(path, {"reason": "No selling"})
    assert removed.json()["moderator_id"] == ada.id
    for client in (a, b):
        told = await client.wait_for(conversation(id), "message_removed")
        rows = {change["kind"]: change["data"] for change in told["changes"]}
        assert (rows["message"]["sender"], rows["message"]["content"]) == (bob.id, None)
        assert (rows["message"]["removed_by"], rows["removal"]["moderator_id"]) == (ada.id, ada.id)
        assert (rows["removal"]["message_group"], rows["removal"]["reason"]) == (said, "No selling")
    refused = await refusal(b, conversation(id), "edit_message", {"message_group_id": said, "content": "Still selling"})
    assert (refused.reason, refused.response["current"]["removed_by"]) == ("forbidden", ada.id)
    assert await texts(bob, id) == [None]


# --- subscriptions ----------------------------------------------------------------------------------------------------


async def test_subscribing_follows_to_all_devices_of_the_user(people: People, doors: Doors) -> None:
    """ "...this needs to happen on all devices where the user is currently logged in": those that are away, too."""
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_channel(ada)
    devices = [await bob.arrive(to=door) for door in doors]
    path = f"/api/channels/{id}/subscription"
    assert (await bob.put(path)).status_code == 200
    for device in devices:
        told = await device.wait_for(bob.topic, "new_conversation")
        assert told["conversation"]["id"] == id
    assert (await listings(bob))[id] is False
    assert (await bob.delete(path)).status_code == 204
    for device in devices:
        assert (await device.wait_for(bob.topic, "conversation_removed"))["conversation_id"] == id
    assert (await listings(bob))[id] is True


async def test_the_user_searches_for_adds_and_removes_channels(people: People, doors: Doors) -> None:
    """ "The user can search for, add and remove channels in the app.": by name, by title, by what it is about."""
    ada, bob = await people.sign_up("Ada", "Bob")
    word = new_id()[-12:]
    begun = (await ada.post("/api/channels", {"title": "Öl & Essig", "about": f"Salads, {word}"})).json()
    answer = await get_at(doors.second, bob, "/api/channels", q=word.upper())
    assert [found["id"] for found in answer.json()["items"]] == [begun["id"]]
    assert begun["subscribed"] is True
    assert answer.json()["items"][0]["subscribed"] is False


# --- a bit about modelling --------------------------------------------------------------------------------------------


async def test_messages_of_one_author_stay_together_in_runs(people: People, doors: Doors) -> None:
    """ "This will keep our messages and that of our peers lumped together together in runs": composed apart, sent in
    turn, and read in the same order by everyone."""
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_channel(ada, bob)
    a, b = await ada.arrive(id), await bob.arrive(id, to=doors.second)
    ours, theirs = new_id(), new_id()
    for position in range(3):
        await say(a, id, f"Ada {position}", device_id=ours, index=1, position=position)
        await say(b, id, f"Bob {position}", device_id=theirs, index=1, position=position)
    first, second = sorted(((ada.id, "Ada"), (bob.id, "Bob")))
    expected = [f"{name} {position}" for _, name in (first, second) for position in range(3)]
    assert await texts(ada, id) == await texts(bob, id) == expected


# --- leader-board -----------------------------------------------------------------------------------------------------


async def test_a_leader_board_is_maintained_as_things_change(people: People, doors: Doors) -> None:
    """ "Maintain a leader-board collection using an Atlas function that trigger on changes.": here it is the changes
    themselves, so it is right as soon as they are acknowledged, at every process."""
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_channel(ada, bob)
    a, b = await ada.arrive(id), await bob.arrive(id, to=doors.second)
    first, second = [await say(a, id, content) for content in ("one", "two")]
    mine = await say(b, id, "three")
    for socket, said in ((b, first), (b, second), (a, first), (a, mine)):
        await socket.ask(conversation(id), "react", {"message_group_id": said, "emoji": "+1"})
    assert await board(doors, ada, id) == [(1, ada.id, 2, 2, 4), (2, bob.id, 1, 1, 2)]
    await a.ask(conversation(id), "edit_message", {"message_group_id": second, "content": "too"})
    await a.ask(conversation(id), "unreact", {"message_group_id": mine, "emoji": "+1"})
    await a.ask(conversation(id), "delete_message", {"message_group_id": first})
    assert await board(doors, ada, id) == [(1, ada.id, 1, 1, 2), (2, bob.id, 1, 0, 1)]


async def board(doors: Doors, viewer: Person, id: str) -> list[tuple[int, str, int, int, int]]:
    """The channel's board of this week, which every process shows alike."""
    shown = []
    for door in doors:
        answer = await get_at(door, viewer, "/api/leaderboard", channel=id)
        items = answer.json()["items"]
        fields = ("messages", "reactions", "points")
        shown.append([(item["rank"], item["user"]["id"], *(item[name] for name in fields)) for item in items])
    assert shown[0] == shown[1]
    return shown[0]


# --- presence: "it is better for the server to detect the missing heart-beat" -----------------------------------------


Present = dict[str, dict[str, str]]  # by user: the status of each of their metas


def presence(client: Client) -> Present:
    """Who is there, as this socket heard it and Phoenix puts it together: the last state, and what happened since."""
    present: Present = {}
    for frame in client.frames:
        if frame.event == "presence_state":
            present = {user: _metas(entry) for user, entry in frame.payload.items()}
        elif frame.event == "presence_diff":
            for user, entry in frame.payload["joins"].items():
                present.setdefault(user, {}).update(_metas(entry))
            for user, entry in frame.payload["leaves"].items():
                left = present.get(user, {})
                present[user] = {ref: status for ref, status in left.items() if ref not in _metas(entry)}
    return {user: metas for user, metas in present.items() if metas}


def _metas(entry: Any) -> dict[str, str]:
    return {meta["phx_ref"]: meta["status"] for meta in entry["metas"]}


def statuses(client: Client, person: Person) -> list[str]:
    return sorted(presence(client).get(person.id, {}).values())


async def sees(client: Client, person: Person, *expected: str) -> None:
    """Wait until the socket has heard that the person has sockets with just these statuses."""
    if statuses(client, person) != sorted(expected):
        await client.wait_for_frame(
            lambda frame: frame.topic == SYSTEM and statuses(client, person) == sorted(expected),
            what=f"{expected} of {person.id}; now {statuses(client, person)}",
        )


async def strangers_see_nothing(client: Client, person: Person) -> None:
    """The heartbeat's answer comes after all that was said before to this process."""
    await client.heartbeat()
    assert person.id not in str([frame.payload for frame in client.frames if frame.event.startswith("presence")])


async def test_a_user_is_as_present_as_the_best_of_their_sockets(people: People, doors: Doors) -> None:
    """ "...the small green, empty, or sleeping orb": each socket is online or idle, and all are told."""
    ada, bob = await people.sign_up("Ada", "Bob")
    b = await bob.arrive(to=doors.second)
    first, second = await ada.arrive(), await ada.arrive(to=doors.second)
    await start_private(first, bob)
    await sees(b, ada, "online", "online")
    assert await first.ask(SYSTEM, "set_status", {"status": "idle"}) == {"status": "idle"}
    await sees(b, ada, "idle", "online")
    await first.ask(SYSTEM, "set_status", {"status": "idle"})  # again: nothing to tell
    await second.ask(SYSTEM, "set_status", {"status": "idle"})
    await sees(b, ada, "idle", "idle")
    assert len([diff for diff in b.heard(SYSTEM, "presence_diff") if "idle" in str(diff["joins"])]) == 2
    newcomer = await bob.arrive()
    await sees(newcomer, ada, "idle", "idle")
    await second.ask(SYSTEM, "set_status", {"status": "online"})
    await sees(b, ada, "idle", "online")
    await second.drop()
    await sees(b, ada, "idle")
    # Who hides and shows themselves again is as idle as before.
    await first.ask(SYSTEM, "set_hidden", {"hidden": True})
    await sees(b, ada)
    await first.ask(SYSTEM, "set_hidden", {"hidden": False})
    await sees(b, ada, "idle")
    for wrong in ({"status": "asleep"}, {}, {"status": None}):
        with pytest.raises(Refused) as refused:
            await first.ask(SYSTEM, "set_status", wrong)
        assert refused.value.reason == "invalid_payload"


async def test_who_goes_without_a_word_is_gone(people: People, doors: Doors) -> None:
    """ "...only update the presence of a user when it happens": a socket that breaks is a user who is gone."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    await start_private(a, bob)
    await sees(b, ada, "online")
    await a.drop()
    await sees(b, ada)


async def test_one_watches_whom_one_is_interested_in(people: People, doors: Doors) -> None:
    """ "For each user we maintain a lists of other users that they are interested to know presence about"."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    a, b, e = await ada.arrive(), await bob.arrive(to=doors.second), await eve.arrive()
    assert (await bob.put(f"/api/choices/watch/{ada.id}")).status_code < 300
    await sees(b, ada, "online")
    await a.ask(SYSTEM, "set_status", {"status": "idle"})
    await sees(b, ada, "idle")
    await a.drop()
    await sees(b, ada)
    a = await ada.arrive()
    await sees(b, ada, "online")
    await sees(await bob.arrive(), ada, "online")  # on each of his devices, from the start
    for stranger, of in ((a, bob), (e, ada)):  # who is watched learns nothing by it, nor does anybody else
        await strangers_see_nothing(stranger, of)
    assert (await bob.delete(f"/api/choices/watch/{ada.id}")).status_code < 300
    await sees(b, ada)
    await a.ask(SYSTEM, "set_status", {"status": "idle"})
    await sees(b, ada)


async def test_a_watch_shows_nobody_who_does_not_want_it(people: People, doors: Doors) -> None:
    """ "...interested to know": who hides, or blocked the watcher, is not there for them, now or later."""
    ada, eve, bob = await people.sign_up("Ada", "Eve", "Bob")
    for watcher in (eve, bob):
        assert (await watcher.put(f"/api/choices/watch/{ada.id}")).status_code < 300
    assert (await ada.put(f"/api/choices/block/{eve.id}")).status_code < 300
    e, b = await eve.arrive(to=doors.second), await bob.arrive(to=doors.second)
    a = await ada.arrive()
    await sees(b, ada, "online")
    await a.ask(SYSTEM, "set_hidden", {"hidden": True})
    await sees(b, ada)
    await a.ask(SYSTEM, "set_status", {"status": "idle"})
    hidden_too = await ada.arrive(to=doors.second)
    for client in (await eve.arrive(), await bob.arrive()):
        await client.wait_for(SYSTEM, "presence_state")
        assert statuses(client, ada) == []
    await sees(b, ada)
    await a.ask(SYSTEM, "set_hidden", {"hidden": False})
    await sees(b, ada, "idle", "online")
    await hidden_too.drop()
    await sees(b, ada, "idle")
    await strangers_see_nothing(e, ada)
    # Blocked while they see each other: from then on they do not.
    assert (await ada.put(f"/api/choices/block/{bob.id}")).status_code < 300
    await sees(b, ada)
    await a.ask(SYSTEM, "set_status", {"status": "online"})
    await sees(b, ada)
    # And once it is taken back, again.
    assert (await ada.delete(f"/api/choices/block/{bob.id}")).status_code < 300
    await sees(b, ada, "online")


async def test_only_the_latest_is_told_on_start(people: People, doors: Doors) -> None:
    """ "It is not important ... how many time a friend went online/offline while she herself was offline"."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a = await ada.arrive()
    await start_private(a, bob)
    for _ in range(5):
        await a.drop()
        a = await ada.arrive()
        await a.ask(SYSTEM, "set_status", {"status": "idle"})
    b = await bob.connect(doors.second)
    await b.join(SYSTEM)
    await b.wait_for(SYSTEM, "presence_state")
    await b.heartbeat()
    assert statuses(b, ada) == ["idle"]
    told = [frame.payload for frame in b.frames if frame.event == "presence_diff" and ada.id in str(frame.payload)]
    assert told == []


async def test_who_shares_a_channel_is_told_nothing(people: People, doors: Doors) -> None:
    """ "A naive approach ends up sending every heart-beat to every user": here each hears of their contact alone.

    `make bench` shows the same of a thousand.
    """
    count = 24
    crowd = await people.sign_up(*(f"One of many {number}" for number in range(count)))
    await start_channel(crowd[0], *crowd[1:])
    for one, other in zip(crowd[::2], crowd[1::2], strict=True):
        async with await one.arrive() as client:
            await start_private(client, other)
    clients = [await one.arrive(to=door) for one, door in zip(crowd, [*doors] * (count // 2), strict=True)]
    for client, one in zip(clients, crowd, strict=True):
        await sees(client, one, "online")
    for number, (client, one) in enumerate(zip(clients, crowd, strict=True)):
        contact = crowd[number ^ 1]
        await sees(client, contact, "online")
        assert presence(client).keys() == {one.id, contact.id}
        told = [frame for frame in client.frames if frame.event == "presence_diff"]
        about = {user for frame in told for user in {**frame.payload["joins"], **frame.payload["leaves"]}}
        assert about <= {one.id, contact.id}
        assert len(told) <= 2
