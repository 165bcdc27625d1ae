"""/api/channels: anyone begins one and subscribes, only its owner changes it (seed 000)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hubbub.storage.users import set_admin
from hubbub.wire.ids import new_id
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World


async def begun(person: Person, title: str, **further: str) -> dict[str, Any]:
    answer = await person.post("/api/channels", {"title": title, **further})
    assert answer.status_code == 200, answer.text
    channel: dict[str, Any] = answer.json()
    return channel


async def titles(person: Person, **asked: Any) -> list[str]:
    answer = await person.get("/api/channels", **asked)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


# --- beginning ----------------------------------------------------------------------------------------------------


async def test_anyone_begins_one_and_is_its_owner_and_first_subscriber(world: World, ada: Person) -> None:
    channel = await begun(ada, "  Boats & Oars ")
    assert channel == {
        "id": channel["id"],
        "name": "boats-oars",
        "title": "Boats & Oars",
        "about": "",
        "reading": "members",
        "posting": "members",
        "owner_id": ada.id,
        "inserted_at": channel["inserted_at"],
        "members": 1,
        "subscribed": True,
    }
    assert (await ada.get(f"/api/channels/{channel['id']}")).json() == channel


async def test_two_of_one_title_have_names_of_their_own(world: World, ada: Person, bob: Person) -> None:
    names = [(await begun(person, "General"))["name"] for person in (ada, bob, ada)]
    assert names[0] == "general"
    assert len(set(names)) == 3
    assert all(name.startswith("general") for name in names)


async def test_beginning_again_with_the_same_id_changes_nothing(world: World, ada: Person, bob: Person) -> None:
    id = new_id()
    first = await begun(ada, "Boats", id=id)
    assert await begun(ada, "Boats", id=id) == first
    assert is_problem(await ada.post("/api/channels", {"title": "Oars", "id": id}), 409, "id_taken")
    assert is_problem(await bob.post("/api/channels", {"title": "Boats", "id": id}), 409, "id_taken")
    assert await titles(ada) == ["Boats"]


@pytest.mark.parametrize("title", ["", " ", "x" * 129, None, 7])
async def test_a_title_that_is_none(world: World, ada: Person, title: Any) -> None:
    answer = await ada.post("/api/channels", {"title": title})
    assert answer.status_code == 400
    assert await titles(ada) == []


# --- finding ------------------------------------------------------------------------------------------------------


async def test_everyone_finds_them_by_name_and_title(world: World, ada: Person, bob: Person) -> None:
    for title in ("Harbour", "Ärger", "Oars"):
        await begun(ada, title)
    assert await titles(bob) == ["Harbour", "Ärger", "Oars"]
    assert await titles(bob, q="HARB") == ["Harbour"]
    assert await titles(bob, q="äRG") == ["Ärger"]
    assert await titles(bob, q="arger") == ["Ärger"], "its name in addresses"
    assert await titles(bob, q="100%") == []


async def test_pages_of_them_follow_each_other(world: World, ada: Person, bob: Person) -> None:
    for number in range(5):
        await begun(ada, f"Channel {number}")
    found, token = [], None
    while True:
        page = (await ada.get("/api/channels", page_size=2, **({"page_token": token} if token else {}))).json()
        found += [item["title"] for item in page["items"]]
        token = page["page_token"]
        if token is None:
            break
    assert found == [f"Channel {number}" for number in range(5)]
    first = (await ada.get("/api/channels", page_size=2)).json()["page_token"]
    assert is_problem(await bob.get("/api/channels", page_token=first), 400, "invalid_page_token")
    assert is_problem(await ada.get("/api/channels", page_token=first, q="x"), 400, "invalid_page_token")


# --- subscribing --------------------------------------------------------------------------------------------------


async def test_who_subscribes_is_told_on_every_device_and_counted_once(world: World, ada: Person, bob: Person) -> None:
    channel = await begun(ada, "Boats")
    path = f"/api/channels/{channel['id']}/subscription"
    for _ in range(2):
        answer = await bob.put(path)
        assert (answer.status_code, answer.json()) == (200, {**channel, "members": 2})
    [(event, told)] = world.pushed_to(bob)
    assert event == "new_conversation"
    [change] = told["changes"]
    assert (change["kind"], change["id"], change["data"]["role"]) == ("conversation", channel["id"], "member")
    assert change["data"]["conversation"] | {"updated_at": ""} == {
        "id": channel["id"],
        "private": False,
        "kind": "channel",
        "alias": "Boats",
        "name": "boats",
        "encrypted": False,
        "sealed": False,
        "history": "all",
        "approvals": 1,
        "joining": "oneself",
        "changing": "owner",
        "reading": "members",
        "posting": "members",
        "placing": "authors",
        "signed": False,
        "expires_in": None,
        "about": "",
        "picture": None,
        "inserted_at": channel["inserted_at"],
        "updated_at": "",
    }


async def test_who_unsubscribes_is_out_and_may_come_back(world: World, ada: Person, bob: Person) -> None:
    channel = await begun(ada, "Boats")
    path = f"/api/channels/{channel['id']}/subscription"
    await bob.put(path)
    assert (await bob.delete(path)).status_code == 204
    assert (await bob.get(f"/api/channels/{channel['id']}")).json() == {**channel, "subscribed": False}
    assert is_problem(await bob.delete(path), 404, "not_member")
    assert (await bob.put(path)).json()["members"] == 2


async def test_a_channel_that_is_full(world: World, ada: Person) -> None:
    channel = await begun(ada, "Boats")
    path = f"/api/channels/{channel['id']}/subscription"
    others = [await world.register(f"{name}@example.org") for name in ("Cem", "Dora", "Eve")]
    for other in others[:2]:
        assert (await other.put(path)).status_code == 200
    assert is_problem(await others[2].put(path), 409, "too_many")


async def test_what_is_no_channel_lets_nobody_in(world: World, ada: Person, bob: Person) -> None:
    group = await world.gather(ada, alias="Secret")
    for id in (group, new_id()):
        assert is_problem(await bob.put(f"/api/channels/{id}/subscription"), 404, "not_found")
        assert is_problem(await bob.get(f"/api/channels/{id}"), 404, "not_found")
        assert is_problem(await ada.delete(f"/api/channels/{id}/subscription"), 404, "not_found")
    assert await titles(ada) == []


# --- changing -----------------------------------------------------------------------------------------------------


async def test_only_the_owner_changes_it(world: World, ada: Person, bob: Person) -> None:
    channel = await begun(ada, "Boats")
    path = f"/api/channels/{channel['id']}"
    await bob.put(f"{path}/subscription")
    refused = await bob.patch(path, {"title": "Mine"})
    assert is_problem(refused, 403, "not_owner")
    assert refused.json()["current"]["alias"] == "Boats"
    assert (await ada.patch(path, {"title": "Ships"})).json() == {**channel, "title": "Ships", "members": 2}
    assert await titles(bob, q="ships") == ["Ships"]


async def test_an_owner_who_left_and_came_back_is_its_owner(world: World, ada: Person, bob: Person) -> None:
    channel = await begun(ada, "Boats")
    path = f"/api/channels/{channel['id']}"
    await bob.put(f"{path}/subscription")
    await ada.delete(f"{path}/subscription")
    assert is_problem(await bob.patch(path, {"title": "Mine"}), 403, "not_owner")
    await ada.put(f"{path}/subscription")
    assert (await ada.patch(path, {"title": "Ships"})).json()["title"] == "Ships"


async def test_title_about_who_reads_and_who_writes_are_the_owners_to_change(
    world: World, ada: Person, bob: Person
) -> None:
    channel = await begun(ada, "Boats", about="Oars and sails")
    assert channel["about"] == "Oars and sails"
    path = f"/api/channels/{channel['id']}"
    wanted = {"about": "Anchors", "reading": "anyone", "posting": "moderators"}
    assert is_problem(await bob.patch(path, wanted), 403, "not_owner")
    assert (await ada.patch(path, wanted)).json() == {**channel, **wanted}
    told = world.told_in(channel["id"])
    assert [event for event, _ in told] == ["member_joined", "update_alias"]
    assert told[-1][1]["changes"][0]["data"] == told[-1][1]["conversation"]
    assert told[-1][1]["conversation"] | wanted == told[-1][1]["conversation"]
    assert (await ada.patch(path, {})).json() == {**channel, **wanted}
    assert await titles(bob, q="anchor") == ["Boats"]
    assert await titles(bob, q="sails") == []


@pytest.mark.parametrize(
    "wanted", [{"title": " "}, {"reading": "nobody"}, {"posting": "accounts"}, {"about": "x" * 1001}]
)
async def test_changes_that_are_none(world: World, ada: Person, wanted: Any) -> None:
    channel = await begun(ada, "Boats")
    assert (await ada.patch(f"/api/channels/{channel['id']}", wanted)).status_code == 400
    assert (await ada.get(f"/api/channels/{channel['id']}")).json() == channel


# --- who may begin ------------------------------------------------------------------------------------------------


async def test_where_only_admins_begin_channels(tmp_path: Path) -> None:
    world = World(tmp_path, creators="admins")
    await world.open()
    await world.register("root@example.com")  # the first is an admin
    ada = await world.register("ada@example.com")
    refused = await ada.post("/api/channels", {"title": "Boats"})
    assert is_problem(refused, 403, "not_admin")
    await world.writer.write(set_admin, ada.id, True, users=[ada.id])
    await begun(ada, "Boats")
    await world.close()
