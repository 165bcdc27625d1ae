"""/api/signout_all, /api/password and /api/profile as seed 003 shows them; /api/logout of seed 004."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher

from hubbub.actions.administration import Administration
from hubbub.storage import users
from hubbub.wire.errors import BadInput, InvalidText, Refusal, TooLarge
from hubbub.wire.ids import new_id
from tests.http.test_signing_in import is_problem
from tests.http.world import PASSWORD, Person, World

NEW = "VerySecurePassword2!"
PROFILE = {
    "hidden": True,
    "theme": "night",
    "magnification": 1.2,
    "recents": ["/chat/1787a16a-e6a3-4a22-bfdc-0f0ac7253ad5"],
}
OF_OURS = {"display_name": "Ada Lovelace", "about": "Poetical science.\nAnd flying."}


# --- signing out --------------------------------------------------------------------------------------------------


async def test_signing_out_ends_every_token_of_the_user_alone(world: World, ada: Person, bob: Person) -> None:
    other = await world.login(ada.email)
    answer = await ada.post("/api/signout_all")
    assert (answer.status_code, answer.content) == (204, b"")
    for ended in (ada, other):
        assert is_problem(await ended.get("/api/users"), 401, "invalid_token")
        assert is_problem(await world.refresh(ended.answer["refresh_token"]), 401, "invalid_token")
    assert (await bob.get("/api/users")).status_code == 200


async def test_logging_out_ends_the_tokens_of_one_sign_in_alone(world: World, ada: Person) -> None:
    other = await world.login(ada.email)
    answer = await ada.post("/api/logout")
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_problem(await ada.get("/api/users"), 401, "invalid_token")
    assert is_problem(await ada.post("/api/logout"), 401, "invalid_token")
    assert is_problem(await world.refresh(ada.answer["refresh_token"]), 401, "invalid_token")
    assert (await other.get("/api/users")).status_code == 200
    assert (await world.refresh(other.answer["refresh_token"])).status_code == 200


async def test_who_signs_in_right_after_signing_out_stays_in(world: World, ada: Person) -> None:
    await ada.post("/api/signout_all")
    again = await world.login(ada.email)
    assert (await again.get("/api/users")).status_code == 200
    assert (await world.refresh(again.answer["refresh_token"])).status_code == 200


# --- the password -------------------------------------------------------------------------------------------------


def password_change(**changed: str) -> dict[str, str]:
    return {"password": PASSWORD, "new_password": NEW, "new_password_confirmation": NEW, **changed}


async def test_a_new_password_replaces_the_old_and_ends_every_token(world: World, ada: Person) -> None:
    answer = await ada.patch("/api/password", password_change())
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_problem(await ada.get("/api/users"), 401, "invalid_token")
    assert is_problem(await world.refresh(ada.answer["refresh_token"]), 401, "invalid_token")
    old = await world.client.post("/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert is_problem(old, 401, "invalid_credentials")
    assert (await world.login(ada.email, NEW)).id == ada.id


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"password": "wrong"}, 401, "invalid_credentials"),
        ({"new_password_confirmation": NEW + " "}, 400, "invalid_payload"),
        ({"new_password": "short", "new_password_confirmation": "short"}, 400, "invalid_payload"),
    ],
)
async def test_a_refused_password_change_changes_nothing(
    world: World, ada: Person, changed: dict[str, str], status: int, code: str
) -> None:
    assert is_problem(await ada.patch("/api/password", password_change(**changed)), status, code)
    assert (await ada.get("/api/users")).status_code == 200
    assert (await world.login(ada.email)).id == ada.id


# --- the profile --------------------------------------------------------------------------------------------------


async def test_the_profile_answers_what_was_set(world: World, ada: Person) -> None:
    whole = {**PROFILE, **OF_OURS}
    answer = await ada.patch("/api/profile", whole)
    assert (answer.status_code, answer.json()) == (200, whole)
    user = (await world.login(ada.email)).answer["user"]
    assert {key: user[key] for key in whole} == whole


async def test_what_is_left_out_of_a_profile_stays(ada: Person) -> None:
    whole = {**PROFILE, **OF_OURS}
    await ada.patch("/api/profile", whole)
    assert (await ada.patch("/api/profile", {"theme": "day"})).json() == {**whole, "theme": "day"}
    assert (await ada.patch("/api/profile", {})).json() == {**whole, "theme": "day"}


async def test_settings_are_pushed_to_the_user_as_a_change_of_their_stream(world: World, ada: Person) -> None:
    await ada.patch("/api/profile", {"theme": "night"})
    await ada.patch("/api/profile", {"magnification": 0.7})
    (_, first), (event, second) = world.pushed_to(ada)
    assert event == "settings"
    assert second["user_version"] == first["user_version"] + 1
    (change,) = second["changes"]
    assert (change["kind"], change["id"], change["deleted"]) == ("settings", ada.id, False)
    assert change["version"] == second["user_version"]
    assert (change["data"]["theme"], change["data"]["magnification"]) == ("night", 0.7)
    assert change["data"].keys() == ada.answer["user"].keys()


async def test_a_repeated_change_of_settings_changes_nothing_and_is_announced_again(world: World, ada: Person) -> None:
    await ada.patch("/api/profile", {"theme": "night", "op_id": "op-1"})
    await ada.patch("/api/profile", {"theme": "day"})
    repeat = await ada.patch("/api/profile", {"theme": "night", "op_id": "op-1"})
    assert repeat.json()["theme"] == "day"
    *_, (_, latest), (_, again) = world.pushed_to(ada)
    assert again == latest
    other = await ada.patch("/api/profile", {"theme": "day", "op_id": "op-1"})
    assert is_problem(other, 409, "id_taken")


@pytest.mark.parametrize(
    ("body", "code", "names"),
    [
        ({"hidden": "true"}, "invalid_payload", "hidden"),
        ({"hidden": 1}, "invalid_payload", "hidden"),
        ({"hidden": None}, "invalid_payload", "hidden"),
        ({"theme": "noon"}, "invalid_payload", "theme"),
        ({"magnification": 0.69}, "invalid_payload", "magnification"),
        ({"magnification": 1.41}, "invalid_payload", "magnification"),
        ({"magnification": "1.0"}, "invalid_payload", "magnification"),
        ({"recents": "/chat"}, "invalid_payload", "recents"),
        ({"recents": ["/chat"] * 51}, "invalid_payload", "recents"),
        ({"recents": ["x" * 513]}, "invalid_payload", "recents"),
        ({"recents": ["/chat\0"]}, "invalid_text", "recents"),
        ({"about": "x" * 501}, "invalid_payload", "about"),
        ({"about": None}, "invalid_payload", "about"),
        ({"about": "a\0b"}, "invalid_text", "about"),
        ({"display_name": ""}, "invalid_payload", "display_name"),
        ({"display_name": " \u2003"}, "invalid_payload", "display_name"),
        ({"display_name": "x" * 129}, "invalid_payload", "display_name"),
    ],
)
async def test_bad_profiles_are_refused_by_name(
    world: World, ada: Person, body: dict[str, Any], code: str, names: str
) -> None:
    answer = await ada.patch("/api/profile", body)
    assert is_problem(answer, 400, code)
    assert names in answer.json()["detail"]
    assert world.pushed_to(ada) == world.shown_to(ada) == []


async def test_a_profile_is_shown_to_contacts_and_oneself(world: World, ada: Person, bob: Person) -> None:
    stranger = await world.register("eve@example.com", "Eve")
    await world.gather(ada, bob)
    name = ada.answer["user"]["name"]
    await ada.patch("/api/profile", {"about": "Poetical science"})
    seen = {"id": ada.id, "email": ada.email, "display_name": ada.email, "name": name}
    seen |= {"about": "Poetical science", "picture": None, "bot": False}
    assert world.shown_to(ada) == world.shown_to(bob) == [("update_profile", {"user": seen})]
    assert world.shown_to(stranger) == []
    await ada.patch("/api/profile", {"theme": "night"})
    assert len(world.shown_to(bob)) == 1


async def test_a_display_name_in_the_profile_does_what_set_display_name_does(
    world: World, ada: Person, bob: Person
) -> None:
    await world.gather(ada, bob)
    body = {"display_name": " Ada L ", "op_id": "op-1"}
    assert (await ada.patch("/api/profile", body)).json()["display_name"] == "Ada L"
    renamed, profile = world.shown_to(bob)
    assert renamed == ("update_display_name", {"user_id": ada.id, "display_name": "Ada L"})
    assert (profile[0], profile[1]["user"]["display_name"]) == ("update_profile", "Ada L")
    found = (await bob.get("/api/users", q="ada l")).json()["items"]
    assert [user["id"] for user in found] == [ada.id]
    await ada.patch("/api/profile", body)
    assert world.shown_to(bob) == [renamed, profile, renamed, profile]


# --- what the socket asks of accounts -----------------------------------------------------------------------------


async def test_a_new_display_name_is_shown_to_contacts_and_oneself(world: World, ada: Person, bob: Person) -> None:
    stranger = await world.register("eve@example.com", "Eve")
    await world.gather(ada, bob)
    await world.accounts.set_display_name(ada.id, "  Ada L ")
    assert world.shown_to(ada) == world.shown_to(bob)
    renamed, profile = world.shown_to(bob)
    assert renamed == ("update_display_name", {"user_id": ada.id, "display_name": "Ada L"})
    assert (profile[0], profile[1]["user"]["display_name"]) == ("update_profile", "Ada L")
    assert world.shown_to(stranger) == []
    ((event, push),) = world.pushed_to(ada)
    assert (event, push["changes"][0]["data"]["display_name"]) == ("settings", "Ada L")
    found = (await bob.get("/api/users", q="ada l")).json()["items"]
    assert [user["id"] for user in found] == [ada.id]


@pytest.mark.parametrize(("members", "told"), [(100, True), (101, False)])
async def test_members_of_large_groups_are_no_contacts(
    world: World, ada: Person, bob: Person, members: int, told: bool
) -> None:
    others = [Person(world.client, {"user": {"id": new_id()}}, "") for _ in range(members - 2)]
    await world.gather(ada, bob, *others)
    await world.accounts.set_display_name(ada.id, "Ada L")
    assert bool(world.shown_to(bob)) is told
    assert [event for event, _ in world.shown_to(ada)] == ["update_display_name", "update_profile"]


async def test_former_members_are_no_contacts(world: World, ada: Person, bob: Person) -> None:
    await world.leave(bob, await world.gather(ada, bob))
    await world.accounts.set_display_name(ada.id, "Ada L")
    assert world.shown_to(bob) == []


@pytest.mark.parametrize(("name", "refused"), [("   ", BadInput), ("x" * 129, TooLarge), ("a\0b", InvalidText)])
async def test_bad_display_names_are_refused(world: World, ada: Person, name: str, refused: type[Refusal]) -> None:
    with pytest.raises(refused):
        await world.accounts.set_display_name(ada.id, name)
    assert world.pushed_to(ada) == world.shown_to(ada) == []


async def test_hiding_is_kept(world: World, ada: Person) -> None:
    assert (await world.accounts.set_hidden(ada.id, True)).hidden
    assert (await world.login(ada.email)).answer["user"]["hidden"] is True


# --- what changes around an account -------------------------------------------------------------------------------


async def test_a_disabled_account_is_shut_out_until_it_is_let_in_again(world: World, ada: Person) -> None:
    administration = Administration(world.reader, world.writer)
    await administration.set_disabled(ada.email, True)
    await world.revocations.look()
    assert is_problem(await ada.get("/api/users"), 401, "invalid_token")
    assert is_problem(await world.refresh(ada.answer["refresh_token"]), 401, "invalid_token")
    credentials = {"email": ada.email, "password": PASSWORD}
    assert is_problem(await world.client.post("/auth/login", json=credentials), 401, "invalid_credentials")
    await administration.set_disabled(ada.email, False)
    assert (await world.login(ada.email)).id == ada.id


async def test_an_administrator_is_told_that_they_are_one(world: World, ada: Person, bob: Person) -> None:
    assert ada.answer["user"]["admin"] is True  # the first of the server
    assert bob.answer["user"]["admin"] is False
    await Administration(world.reader, world.writer).set_admin(bob.email, True)
    assert (await world.login(bob.email)).answer["user"]["admin"] is True


async def test_an_old_hash_is_renewed_by_signing_in(world: World, ada: Person) -> None:
    stored = await world.reader.run(users.account_by_id, ada.id)
    world.passwords._hasher = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    await world.login(ada.email)
    renewed = await world.reader.run(users.account_by_id, ada.id)
    assert stored is not None
    assert renewed is not None
    assert renewed.password_hash != stored.password_hash
    assert (await world.login(ada.email)).id == ada.id
    assert await world.reader.run(users.account_by_id, ada.id) == renewed
