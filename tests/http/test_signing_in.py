"""/auth/register, /auth/login, /auth/refresh as seed 003 shows them, and what refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.http.world import PASSWORD, Person, World

SEED_USER = {"id", "email", "display_name", "hidden", "theme", "magnification", "recents"}
MINUTE = 60


def is_problem(answer: Any, status: int, code: str) -> bool:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), answer.text
    return True


# --- seed 003's examples ------------------------------------------------------------------------------------------


async def test_registering_answers_as_the_seed_shows(world: World) -> None:
    payload = {
        "email": "test@example.com",
        "password": "VerySecurePassword1!",
        "display_name": "My Cool Name",
    }
    answer = await world.client.post("/auth/register", json=payload)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"user", "conversations", "users", "auth_token", "refresh_token", "device_proof"}
    assert body["user"].keys() >= SEED_USER
    assert body["user"]["email"] == "test@example.com"
    assert body["user"]["display_name"] == "My Cool Name"
    assert (body["user"]["hidden"], body["user"]["theme"]) == (False, "day")
    assert (body["user"]["magnification"], body["user"]["recents"]) == (1.0, [])
    assert body["conversations"] == body["users"] == []


async def test_the_display_name_defaults_to_the_address(ada: Person) -> None:
    assert ada.answer["user"]["display_name"] == "ada@example.com"


async def test_signing_in_answers_with_conversations_and_the_users_in_them(
    world: World, ada: Person, bob: Person
) -> None:
    group = await world.gather(ada, bob, alias="Besties 4eva")
    left = await world.gather(ada, bob)
    await world.leave(ada, left)
    body = (await world.login("ada@example.com")).answer
    (conversation,) = body["conversations"]
    assert conversation["id"] == group
    assert conversation["private"] is False
    assert conversation["alias"] == "Besties 4eva"
    assert conversation["inserted_at"].endswith("Z")
    assert conversation["updated_at"].endswith("Z")
    (user,) = body["users"]
    assert (user["id"], user["email"], user["display_name"]) == (bob.id, "bob@example.com", "Bob Builder")


async def test_refreshing_answers_like_registering(world: World, ada: Person) -> None:
    body = (await world.refresh(ada.answer["refresh_token"])).json()
    assert body["user"] == ada.answer["user"]
    assert body["refresh_token"] != ada.answer["refresh_token"]
    renewed = Person(world.client, body, PASSWORD)
    assert (await renewed.get("/api/users")).status_code == 200


async def test_unknown_keys_are_ignored(world: World) -> None:
    body = {"email": "x@example.com", "password": PASSWORD, "salt": "s", "later": [1]}
    assert (await world.client.post("/auth/register", json=body)).status_code == 200


# --- who may sign in ----------------------------------------------------------------------------------------------


async def test_an_address_has_one_account_whatever_its_case(world: World, ada: Person) -> None:
    again = {"email": " ADA@Example.com", "password": PASSWORD}
    answer = await world.client.post("/auth/register", json=again)
    assert is_problem(answer, 400, "invalid_payload")  # no blanks in an address
    again["email"] = "ADA@Example.com"
    assert is_problem(await world.client.post("/auth/register", json=again), 422, "email_taken")
    assert (await world.login("Ada@EXAMPLE.com")).id == ada.id


async def test_a_race_for_one_address_has_one_winner(world: World) -> None:
    body = {"email": "race@example.com", "password": PASSWORD, "display_name": "Racer"}
    answers = await asyncio.gather(*(world.client.post("/auth/register", json=body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 5


async def test_an_unknown_address_and_a_wrong_password_look_the_same(world: World, ada: Person) -> None:
    wrong = await world.client.post("/auth/login", json={"email": ada.email, "password": "wrong"})
    unknown = await world.client.post("/auth/login", json={"email": "nobody@example.com", "password": PASSWORD})
    assert is_problem(wrong, 401, "invalid_credentials")
    assert wrong.json() == unknown.json()


@pytest.mark.parametrize(
    ("body", "code", "names"),
    [
        ({}, "invalid_payload", "email"),
        ({"email": "a@b.example", "password": "short"}, "invalid_payload", "password"),
        ({"email": "a@b.example", "password": 12345678}, "invalid_payload", "password"),
        ({"email": "no address", "password": PASSWORD}, "invalid_payload", "email"),
        ({"email": "a" * 260 + "@b.example", "password": PASSWORD}, "invalid_payload", "email"),
        ({"email": "ΐ" * 240 + "@b.example", "password": PASSWORD}, "invalid_payload", "email"),
        ({"email": "a@b.example", "password": "p" * 1025}, "invalid_payload", "password"),
        (
            {"email": "a@b.example", "password": PASSWORD, "display_name": ""},
            "invalid_payload",
            "display_name",
        ),
        (
            {"email": "a@b.example", "password": PASSWORD, "display_name": "x" * 129},
            "invalid_payload",
            "display_name",
        ),
        (
            {"email": "a@b.example", "password": PASSWORD, "display_name": "a\0b"},
            "invalid_text",
            "display_name",
        ),
        ({"email": "a@b.example", "password": PASSWORD + "\0"}, "invalid_text", "password"),
    ],
)
async def test_bad_registrations_are_refused_by_name(world: World, body: dict[str, Any], code: str, names: str) -> None:
    answer = await world.client.post("/auth/register", json=body)
    assert is_problem(answer, 400, code)
    assert names in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_payload"),
        (b"[]", 400, "invalid_payload"),
        (b"{", 400, "invalid_payload"),
        (b'"text"', 400, "invalid_payload"),
        (b'{"token":"\\ud800"}', 400, "invalid_text"),
        (b'{"token":"\\udc00 and more"}', 400, "invalid_text"),
        (b'{"token":"\\ud800\\ud800"}', 400, "invalid_text"),
        (b'{"token":"\xff"}', 400, "invalid_text"),
        (b'{"later":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400, "invalid_payload"),
        (b'{"token":"' + b"x" * 300_000 + b'"}', 413, "too_large"),
    ],
)
async def test_bodies_that_are_no_requests_are_refused(world: World, body: bytes, status: int, code: str) -> None:
    headers = {"content-type": "application/json"}
    assert is_problem(await world.client.post("/auth/refresh", content=body, headers=headers), status, code)


# --- refresh tokens -----------------------------------------------------------------------------------------------


async def test_a_spent_refresh_token_ends_its_family_and_no_other(world: World, ada: Person) -> None:
    other = await world.login(ada.email)
    renewed = Person(world.client, (await world.refresh(ada.answer["refresh_token"])).json(), PASSWORD)
    assert is_problem(await world.refresh(ada.answer["refresh_token"]), 401, "invalid_token")
    assert is_problem(await world.refresh(renewed.answer["refresh_token"]), 401, "invalid_token")
    for ended in (ada, renewed):
        assert is_problem(await ended.get("/api/users"), 401, "invalid_token")
    assert (await other.get("/api/users")).status_code == 200
    assert (await world.refresh(other.answer["refresh_token"])).status_code == 200


async def test_repeating_a_refresh_with_its_op_id_repeats_the_answer(world: World, ada: Person) -> None:
    first = await world.refresh(ada.answer["refresh_token"], "op-1")
    world.clock.ahead += 4 * MINUTE
    repeat = await world.refresh(ada.answer["refresh_token"], "op-1")
    assert (repeat.status_code, repeat.json()) == (200, first.json())
    assert (await world.refresh(first.json()["refresh_token"])).status_code == 200


@pytest.mark.parametrize(("later", "op_id"), [(0, "op-2"), (0, None), (6 * MINUTE, "op-1")])
async def test_any_other_use_of_a_spent_token_ends_the_family(
    world: World, ada: Person, later: int, op_id: str | None
) -> None:
    successor = (await world.refresh(ada.answer["refresh_token"], "op-1")).json()["refresh_token"]
    world.clock.ahead += later
    assert is_problem(await world.refresh(ada.answer["refresh_token"], op_id), 401, "invalid_token")
    assert is_problem(await world.refresh(successor), 401, "invalid_token")


async def test_of_refreshes_at_once_without_op_id_one_is_granted(world: World, ada: Person) -> None:
    answers = await asyncio.gather(*(world.refresh(ada.answer["refresh_token"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_refresh_tokens_last_two_weeks(world: World, ada: Person) -> None:
    world.clock.ahead += 14 * 24 * 60 * MINUTE - MINUTE
    renewed = await world.refresh(ada.answer["refresh_token"])
    assert renewed.status_code == 200
    world.clock.ahead += 14 * 24 * 60 * MINUTE + MINUTE
    late = await world.refresh(renewed.json()["refresh_token"])
    assert is_problem(late, 401, "expired_token")


@pytest.mark.parametrize("token", ["JOebHW8SWnSchOmVwhDJKafyWhCuYRV1CidfR3PwsgQ", "?", "x" * 512])
async def test_made_up_refresh_tokens_are_refused(world: World, token: str) -> None:
    assert is_problem(await world.refresh(token), 401, "invalid_token")


# --- handles ------------------------------------------------------------------------------------------------------


async def test_handles_come_from_the_display_name_and_are_unique(world: World) -> None:
    names = [
        (await world.register(f"user{number}@example.com", "Zoë O'Hara")).answer["user"]["name"] for number in range(3)
    ]
    assert names[0] == "zoe-o-hara"
    assert len(set(names)) == 3
    assert all(name.startswith("zoe-o-hara-") for name in names[1:])


@pytest.mark.parametrize("display_name", [None, "secret.name@example.com", "Ольга", "!", "admin"])
async def test_other_handles_are_random_words(world: World, display_name: str | None) -> None:
    person = await world.register("secret.name@example.com", display_name)
    handle = person.answer["user"]["name"]
    assert "secret" not in handle
    assert "example" not in handle
    assert handle != "admin"
    assert handle.count("-") >= 1


# --- seed 004's change of password --------------------------------------------------------------------------------


async def test_a_session_that_was_left_behind_does_not_take_the_account_over(world: World, ada: Person) -> None:
    """Seed 004 asks for no current password: that is enough while the sign-in is fresh, and never after."""
    path, taken = "/api/change_password", "ItIsMineNow1!"
    world.clock.ahead += 6 * MINUTE
    assert is_problem(await ada.post(path, {"password": taken}), 403, "fresh_proof_required")
    wrong = {"password": taken, "current_password": "wrong password"}
    assert is_problem(await ada.post(path, wrong), 401, "invalid_credentials")
    again = await world.login("ada@example.com")
    assert again.id == ada.id, "the password is the old one"
    assert (await again.post(path, {"password": "MyNextPassword1!"})).status_code == 200
    later = await world.login("ada@example.com", "MyNextPassword1!")
    world.clock.ahead += 6 * MINUTE
    known = {"password": "MyLastPassword1!", "current_password": "MyNextPassword1!"}
    assert (await later.post(path, known)).status_code == 200
    await world.login("ada@example.com", "MyLastPassword1!")
