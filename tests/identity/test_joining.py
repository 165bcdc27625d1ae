"""Who may make an account: every way to register, in every kind of server, with every kind of invitation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubbub.config import Settings
from hubbub.storage.users import set_admin, set_disabled
from tests.http.test_signing_in import is_problem
from tests.http.world import ORIGIN, PASSWORD, Person, World, fresh_database
from tests.mail.postman import link_in

DAY = 86_400


@asynccontextmanager
async def world_of(folder: Path, **settings: Any) -> AsyncIterator[World]:
    world = World(folder, joining=Settings(captcha=False, **settings))
    await world.open()
    yield world
    await world.close()


@asynccontextmanager
async def invited_world(folder: Path, **settings: Any) -> AsyncIterator[tuple[World, Person]]:
    """A server for who was invited, and the admin that it has from before that."""
    engine = fresh_database(folder)
    before = World(folder, engine=engine)
    await before.open()
    await before.register("root@example.com")
    await before.close()
    world = World(folder, engine=engine, joining=Settings(captcha=False, **{"registration": "invited", **settings}))
    await world.open()
    yield world, await world.login("root@example.com")
    await world.close()


async def by_auth(world: World, email: str, further: dict[str, Any]) -> httpx.Response:
    return await world.client.post("/auth/register", json={"email": email, "password": PASSWORD, **further})


async def by_seed_004(world: World, email: str, further: dict[str, Any]) -> httpx.Response:
    body = {"email": email, "name": "New", "password": PASSWORD, **further}
    return await world.client.post("/api/register", json=body)


WAYS: dict[str, Callable[[World, str, dict[str, Any]], Awaitable[httpx.Response]]] = {
    "/auth/register": by_auth,
    "/api/register": by_seed_004,
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


async def invite(maker: Person, **asked: Any) -> str:
    answer = await maker.post("/api/invitations", asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


# --- the three kinds of servers ---------------------------------------------------------------------------------------


@every_way
async def test_closed_is_closed_to_who_was_invited_too(tmp_path: Path, way: Any) -> None:
    async with invited_world(tmp_path, registration="closed") as (world, root):
        code = await invite(root)
        assert is_problem(await way(world, "new@example.com", {}), 403, "registration_closed")
        assert is_problem(await way(world, "new@example.com", {"invitation": code}), 403, "registration_closed")


@every_way
async def test_an_invitation_lets_one_in_where_it_is_needed(tmp_path: Path, way: Any) -> None:
    async with invited_world(tmp_path) as (world, root):
        assert is_problem(await way(world, "new@example.com", {}), 403, "invitation_required")
        code = await invite(root)
        assert (await way(world, "new@example.com", {"invitation": code})).status_code == 200
        assert is_problem(await way(world, "next@example.com", {"invitation": code}), 403, "invalid_invitation")


async def test_where_anyone_may_come_an_old_invitation_does_no_harm(world: World) -> None:
    assert (await by_auth(world, "new@example.com", {"invitation": "of another server"})).status_code == 200


# --- what becomes of an invitation ------------------------------------------------------------------------------------


async def test_the_link_is_shown_once_and_its_code_is_stored_nowhere(tmp_path: Path) -> None:
    async with invited_world(tmp_path) as (world, root):
        made = (await root.post("/api/invitations", {"note": "for Ada", "uses": 3, "days": 2})).json()
        code = made["code"]
        assert made["link"] == f"{ORIGIN}/register#invite={code}"
        assert len(code) == 43  # 32 bytes
        [listed] = (await root.get("/api/invitations")).json()["items"]
        assert listed == made["invitation"]
        assert (listed["note"], listed["uses"], listed["used"], listed["user_id"]) == ("for Ada", 3, 0, root.id)
        with world.engine.connect() as connection:
            stored = connection.exec_driver_sql("SELECT * FROM invitations").one()
        assert code not in map(str, stored)


async def test_it_is_good_for_as_many_as_it_says(tmp_path: Path) -> None:
    async with invited_world(tmp_path) as (world, root):
        code = await invite(root, uses=3)
        tries = [by_auth(world, f"new{number}@example.com", {"invitation": code}) for number in range(6)]
        answers = await asyncio.gather(*tries)  # at once: in one transaction or in several
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 403, 403, 403]
        assert (await root.get("/api/invitations")).json()["items"] == []


async def test_a_registration_that_is_refused_uses_up_nothing(tmp_path: Path) -> None:
    async with invited_world(tmp_path) as (world, root):
        code = await invite(root)
        taken = await by_auth(world, root.email, {"invitation": code})
        assert is_problem(taken, 422, "email_taken")
        assert (await by_auth(world, "new@example.com", {"invitation": code})).status_code == 200


async def test_who_lost_the_answer_hears_that_they_have_an_account(tmp_path: Path) -> None:
    async with invited_world(tmp_path) as (world, root):
        code = await invite(root)
        assert (await by_auth(world, "new@example.com", {"invitation": code})).status_code == 200
        assert is_problem(await by_auth(world, "new@example.com", {"invitation": code}), 422, "email_taken")
        # Without a code that once was one, nobody learns who has an account.
        assert is_problem(await by_auth(world, root.email, {"invitation": "x" * 43}), 403, "invalid_invitation")


async def expire(world: World, _root: Person, _id: str) -> None:
    world.clock.ahead += 8 * DAY


async def withdraw(_world: World, root: Person, id: str) -> None:
    assert (await root.delete(f"/api/invitations/{id}")).status_code == 204


async def shut_its_maker_out(world: World, root: Person, _id: str) -> None:
    await world.writer.write(set_disabled, root.id, True, users=[root.id])


async def take_its_makers_right(world: World, root: Person, _id: str) -> None:
    await world.writer.write(set_admin, root.id, False, users=[root.id])


@pytest.mark.parametrize("end", [expire, withdraw, shut_its_maker_out, take_its_makers_right])
async def test_an_invitation_that_has_ended_lets_nobody_in(tmp_path: Path, end: Any) -> None:
    async with invited_world(tmp_path) as (world, root):
        made = (await root.post("/api/invitations", {"uses": 2})).json()
        assert (await by_auth(world, "first@example.com", {"invitation": made["code"]})).status_code == 200
        await end(world, root, made["invitation"]["id"])
        refused = await by_auth(world, "second@example.com", {"invitation": made["code"]})
        assert is_problem(refused, 403, "invalid_invitation")


async def test_who_makes_invitations_and_who_sees_them(tmp_path: Path) -> None:
    async with invited_world(tmp_path) as (world, root):
        answer = await by_auth(world, "ada@example.com", {"invitation": await invite(root)})
        ada = Person(world.client, answer.json(), PASSWORD)
        assert is_problem(await ada.post("/api/invitations", {}), 403, "not_admin")
        assert is_problem(await ada.get("/api/admin/invitations"), 403, "not_admin")
        made = (await root.post("/api/invitations", {})).json()["invitation"]
        assert (await ada.get("/api/invitations")).json()["items"] == []
        assert is_problem(await ada.delete(f"/api/invitations/{made['id']}"), 404, "not_found")
        assert (await root.get("/api/admin/invitations")).json()["items"] == [made]


async def test_everybody_invites_where_the_operator_lets_them(tmp_path: Path) -> None:
    async with invited_world(tmp_path, invitations="anyone") as (world, root):
        answer = await by_auth(world, "ada@example.com", {"invitation": await invite(root)})
        ada = Person(world.client, answer.json(), PASSWORD)
        code = await invite(ada)
        assert (await by_auth(world, "bob@example.com", {"invitation": code})).status_code == 200
        made = (await ada.post("/api/invitations", {})).json()["invitation"]
        assert (await root.delete(f"/api/invitations/{made['id']}")).status_code == 204
        for _ in range(100):
            await invite(ada)
        assert is_problem(await ada.post("/api/invitations", {}), 409, "too_many")


@pytest.mark.parametrize("wrong", [{"uses": 0}, {"uses": 1001}, {"days": 0}, {"days": 366}, {"note": "x" * 129}])
async def test_what_an_invitation_cannot_be(world: World, wrong: dict[str, Any]) -> None:
    root = await world.register("root@example.com")
    assert is_problem(await root.post("/api/invitations", wrong), 400, "invalid_payload")


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "let_in"),
    [
        ("ada@example.org", True),
        ("ADA@Example.ORG", True),
        ("boss@partner.example", True),
        ("ada@example.org.evil.example", False),
        ("evil@evil.example\nada@example.org", False),
        ("ada@exampleXorg", False),
        ("notboss@partner.example", False),
    ],
)
async def test_one_pattern_has_to_match_the_whole_address(tmp_path: Path, address: str, let_in: bool) -> None:
    patterns = [r".*@example\.org", r"boss@partner\.example"]
    async with world_of(tmp_path, allowed_addresses=patterns) as world:
        answer = await by_auth(world, address, {})
        assert (answer.json().get("code") not in ("address_not_allowed", "invalid_payload")) is let_in


async def test_no_address_keeps_a_pattern_busy(tmp_path: Path) -> None:
    """Python's own expressions would take longer than the universe lasts."""
    async with world_of(tmp_path, allowed_addresses=[r"(([a-z]+)+)+@example\.org"]) as world:
        answer = await asyncio.wait_for(by_auth(world, "a" * 240 + "@example.com", {}), 10)
        assert is_problem(answer, 403, "address_not_allowed")


async def confirm(world: World, email: str) -> None:
    _, token = link_in((await world.letters(email))[-1])
    assert (await world.client.post("/auth/confirm", json={"token": token})).status_code == 204


@every_way
async def test_with_a_list_nobody_comes_in_before_their_address_is_proven(
    tmp_path: Path, way: Callable[[World, str, dict[str, Any]], Awaitable[httpx.Response]]
) -> None:
    email = "ada@example.org"
    async with world_of(tmp_path, allowed_addresses=[r".*@example\.org"]) as world:
        assert is_problem(await way(world, email, {}), 403, "unconfirmed")
        body = {"email": email, "password": PASSWORD}
        assert is_problem(await world.client.post("/auth/login", json=body), 403, "unconfirmed")
        wrong = await world.client.post("/auth/login", json={**body, "password": "Another password"})
        assert is_problem(wrong, 401, "invalid_credentials")
        assert len(await world.letters(email)) == 1, "no other letter so soon"
        await confirm(world, email)
        assert (await world.login(email)).answer["user"]["confirmed"]


async def test_who_lost_the_letter_gets_another_by_signing_in(tmp_path: Path) -> None:
    email = "ada@example.org"
    async with world_of(tmp_path, allowed_addresses=[r".*@example\.org"]) as world:
        await by_auth(world, email, {})
        world.clock.ahead += 601
        await world.client.post("/auth/login", json={"email": email, "password": PASSWORD})
        first, second = (link_in(letter)[1] for letter in await world.letters(email))
        assert is_problem(await world.client.post("/auth/confirm", json={"token": first}), 401, "invalid_token")
        assert (await world.client.post("/auth/confirm", json={"token": second})).status_code == 204
        await world.login(email)


async def test_who_was_here_before_the_list_goes_on_where_they_were_once_they_have_confirmed(tmp_path: Path) -> None:
    engine = fresh_database(tmp_path)
    before = World(tmp_path, engine=engine)
    await before.open()
    ada = await before.register("ada@example.org")
    await before.close()
    joining = Settings(captcha=False, allowed_addresses=[r".*@example\.org"])
    world = World(tmp_path, engine=engine, joining=joining)
    await world.open()
    body = {"token": ada.answer["refresh_token"]}
    assert is_problem(await world.client.post("/auth/refresh", json=body), 403, "unconfirmed")
    await confirm(world, "ada@example.org")
    assert (await world.client.post("/auth/refresh", json=body)).status_code == 200
    await world.close()
