"""/api/users: pages, searches, and who sees whose address (seed 003; Hubbub protocol, section 5)."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.wire.ids import NIL_ID
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World


async def everyone(person: Person, **params: Any) -> list[dict[str, Any]]:
    """All pages, one after the other."""
    items: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        more = {"page_token": token} if token else {}
        page = (await person.get("/api/users", **params, **more)).json()
        assert page.keys() == {"items", "page_token"}
        items += page["items"]
        token = page["page_token"]
        if token is None:
            return items


async def seen(person: Person, other: Person) -> dict[str, Any]:
    return next(user for user in await everyone(person) if user["id"] == other.id)


async def test_users_look_as_the_seed_shows(ada: Person) -> None:
    body = (await ada.get("/api/users")).json()
    assert body["page_token"] is None
    (user,) = body["items"]
    assert user.keys() >= {"id", "email", "display_name"}
    assert (user["id"], user["email"], user["display_name"]) == (ada.id, ada.email, ada.email)


async def test_pages_hold_everyone_once_in_order_of_registration(world: World, ada: Person) -> None:
    people = [ada] + [await world.register(f"user{n}@example.com", f"User {n}") for n in range(6)]
    for size in (1, 2, 3, 7, 50):
        listed = await everyone(ada, page_size=size)
        assert [user["id"] for user in listed] == [person.id for person in people]


@pytest.mark.parametrize(("asked", "given"), [(-5, 1), (0, 1), (2, 2), (1000, 3)])
async def test_page_sizes_are_clamped(world: World, ada: Person, asked: int, given: int) -> None:
    for n in range(2):
        await world.register(f"user{n}@example.com")
    assert len((await ada.get("/api/users", page_size=asked)).json()["items"]) == given


async def test_a_page_token_is_for_its_own_list_and_user(world: World, ada: Person, bob: Person) -> None:
    token = (await ada.get("/api/users", page_size=1)).json()["page_token"]
    assert (await ada.get("/api/users", page_token=token)).status_code == 200
    assert is_problem(await bob.get("/api/users", page_token=token), 400, "invalid_page_token")
    assert is_problem(await ada.get("/api/users", page_token=token, q="b"), 400, "invalid_page_token")


@pytest.mark.parametrize("token", ["x", "JOebHW8SWnSchOmVwhDJKafyWhCuYRV1CidfR3PwsgQ", "é", "A" * 1000])
async def test_made_up_page_tokens_are_refused(ada: Person, token: str) -> None:
    assert is_problem(await ada.get("/api/users", page_token=token), 400, "invalid_page_token")


@pytest.mark.parametrize(
    ("params", "code", "names"),
    [
        ({"page_size": "many"}, "invalid_payload", "page_size"),
        ({"q": "a\0"}, "invalid_text", "q"),
        ({"q": "x" * 129}, "invalid_payload", "q"),
        ({"page_token": "x" * 1025}, "invalid_payload", "page_token"),
    ],
)
async def test_bad_queries_are_refused_by_name(ada: Person, params: dict[str, str], code: str, names: str) -> None:
    answer = await ada.get("/api/users", **params)
    assert is_problem(answer, 400, code)
    assert names in answer.json()["detail"]


# --- searching ----------------------------------------------------------------------------------------------------


async def test_searches_look_through_handles_and_display_names(world: World, ada: Person) -> None:
    weiss = await world.register("w@example.com", "Frau WEISS 100%_")
    await world.register("x@example.com", "Somebody Else")
    handle = weiss.answer["user"]["name"]
    for text in ("weiss", "WEISS", "Weiß", "frau w", "100%_", handle, handle[2:6]):
        assert [user["id"] for user in await everyone(ada, q=text)] == [weiss.id], text
    for text in ("%%", "_weiss", "nobody", "w@example"):
        assert await everyone(ada, q=text) == [], text


async def test_no_search_finds_an_address(world: World, ada: Person, bob: Person) -> None:
    assert await everyone(bob, q="ada@example") == []
    assert await everyone(bob, q="example.com") == []
    await world.accounts.set_display_name(bob.id, "me: BOB@example.com")
    assert await everyone(ada, q="example.com") == []


# --- one user -----------------------------------------------------------------------------------------------------


async def test_one_user_is_found_by_id_and_by_handle_in_any_case(world: World, ada: Person, bob: Person) -> None:
    await bob.patch("/api/profile", {"about": "Can he fix it?"})
    user = await seen(ada, bob)
    assert (user["about"], user["picture"]) == ("Can he fix it?", None)
    for named in (bob.id, bob.id.upper(), user["name"], user["name"].upper()):
        answer = await ada.get(f"/api/users/{named}")
        assert (answer.status_code, answer.json()) == (200, user), named


async def test_one_user_is_shown_as_the_list_shows_them(world: World, ada: Person, bob: Person) -> None:
    assert (await bob.get(f"/api/users/{ada.id}")).json() == await seen(bob, ada)
    await world.gather(ada, bob)
    known = (await bob.get(f"/api/users/{ada.id}")).json()
    assert (known["email"], known) == (ada.email, await seen(bob, ada))
    assert (await ada.get(f"/api/users/{ada.id}")).json()["email"] == ada.email


@pytest.mark.parametrize(
    ("named", "status", "code"),
    [
        (NIL_ID, 404, "not_found"),
        ("nobody-here", 404, "not_found"),
        ("ada@example.com", 404, "not_found"),
        ("%", 404, "not_found"),
        ("a%00b", 400, "invalid_text"),
        ("x" * 129, 400, "invalid_payload"),
    ],
)
async def test_who_is_not_there_is_not_found(ada: Person, named: str, status: int, code: str) -> None:
    assert is_problem(await ada.get(f"/api/users/{named}"), status, code)


# --- who sees an address ------------------------------------------------------------------------------------------


async def test_strangers_see_a_handle_in_place_of_the_address(ada: Person, bob: Person) -> None:
    user = await seen(bob, ada)
    assert user["email"] is None
    assert user["display_name"] == user["name"] == ada.answer["user"]["name"]
    assert (await seen(ada, bob))["display_name"] == "Bob Builder"


@pytest.mark.parametrize("kind", ["private", "group"])
async def test_sharing_a_conversation_shows_the_address_until_one_leaves(
    world: World, ada: Person, bob: Person, kind: str
) -> None:
    stranger = await world.register("eve@example.com")
    conversation = await world.gather(ada, bob, kind=kind)
    user = await seen(bob, ada)
    assert (user["email"], user["display_name"]) == (ada.email, ada.email)
    assert (await seen(stranger, ada))["email"] is None
    await world.leave(bob, conversation)
    assert (await seen(bob, ada))["email"] is None
    assert (await seen(ada, bob))["email"] is None


async def test_a_channel_acquaints_nobody(world: World, ada: Person, bob: Person) -> None:
    await world.gather(ada, bob, kind="channel")
    assert (await seen(bob, ada))["email"] is None
