"""/api/choices: whom one blocks and watches, and which conversations one mutes."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.actions import choices as module
from hubbub.wire.ids import new_id
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World


def path(kind: str, about: str) -> str:
    return f"/api/choices/{kind}/{about}"


async def chosen(person: Person) -> list[dict[str, Any]]:
    answer = await person.get("/api/choices")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_choice_is_kept_until_it_is_taken_back(world: World, ada: Person, bob: Person) -> None:
    talk = await world.gather(ada, bob)
    made = [{"kind": "block", "about_id": bob.id}, {"kind": "mute", "about_id": talk}]
    for choice in made:
        answer = await ada.put(path(choice["kind"], choice["about_id"]))
        assert (answer.status_code, answer.json()) == (200, choice)
    assert await chosen(ada) == made
    assert await chosen(bob) == []
    assert (await ada.delete(path("block", bob.id))).status_code == 204
    assert await chosen(ada) == made[1:]


async def test_every_device_is_told_once(world: World, ada: Person, bob: Person) -> None:
    for _ in range(2):
        await ada.put(path("watch", bob.id))
    for _ in range(2):
        await ada.delete(path("watch", bob.id))
    told = [told for event, told in world.pushed_to(ada) if event == "choice"]
    [made, taken_back] = [row for push in told for row in push["changes"]]
    assert made == {
        "kind": "choice",
        "id": f"watch:{bob.id}",
        "version": told[0]["user_version"],
        "deleted": False,
        "data": {"kind": "watch", "about_id": bob.id},
    }
    assert (taken_back["deleted"], taken_back["data"], taken_back["version"]) == (True, None, made["version"] + 1)
    assert world.pushed_to(bob) == []


@pytest.mark.parametrize("kind", ["block", "watch"])
async def test_a_user_may_be_blocked_and_watched_both(world: World, ada: Person, bob: Person, kind: str) -> None:
    for each in ("block", "watch"):
        await ada.put(path(each, bob.id))
    await ada.delete(path(kind, bob.id))
    assert [choice["kind"] for choice in await chosen(ada)] == [{"block": "watch", "watch": "block"}[kind]]


async def test_what_cannot_be_chosen(world: World, ada: Person, bob: Person) -> None:
    secret = await world.gather(bob)
    for kind in ("block", "watch"):
        assert is_problem(await ada.put(path(kind, new_id())), 404, "not_found")
        assert is_problem(await ada.put(path(kind, ada.id)), 400, "invalid_payload")
    for conversation in (secret, new_id(), bob.id):
        assert is_problem(await ada.put(path("mute", conversation)), 404, "not_member")
    assert is_problem(await ada.put(path("block", "nobody")), 400, "invalid_payload")
    assert is_problem(await ada.put(path("love", bob.id)), 400, "invalid_payload")
    assert await chosen(ada) == []


async def test_there_are_no_more_than_so_many(
    world: World, ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OF_A_KIND", 1)
    cem = await world.register("cem@example.org")
    assert (await ada.put(path("block", bob.id))).status_code == 200
    assert is_problem(await ada.put(path("block", cem.id)), 409, "too_many")
    assert (await ada.put(path("watch", cem.id))).status_code == 200
