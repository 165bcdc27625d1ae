"""Who guesses passwords is stopped, and the owner of the account is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hubbub.auth.guessing import UNKNOWN_DEVICES
from hubbub.auth.limits import LOGIN, MemoryLimiter, Rule
from hubbub.http.cookies import DEVICE_COOKIE
from tests.http.world import ORIGIN, PASSWORD, Clock, Person, World

ADA = "ada@example.com"


class ManyAddresses(MemoryLimiter):
    """An attacker of whom each attempt comes from another network address."""

    async def spend(self, rule: Rule, key: str) -> None:
        if rule != LOGIN:
            await super().spend(rule, key)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(tmp_path: Path, clock: Clock) -> AsyncIterator[World]:
    world = World(tmp_path, ManyAddresses(clock))
    await world.open()
    yield world
    await world.close()


@pytest.fixture
async def ada(world: World) -> Person:
    return await world.register(ADA)


async def sign_in(world: World, email: str, password: str = PASSWORD, proof: str | None = None) -> httpx.Response:
    body = {"email": email, "password": password, "device_proof": proof}
    return await world.client.post("/auth/login", json=body)


async def guess(world: World, email: str, proof: str | None = None) -> list[int]:
    """Passwords that are wrong, one after the other, until there is no more looking at them: the answers."""
    answers: list[int] = []
    while not answers or answers[-1] == 401:
        answers.append((await sign_in(world, email, f"wrong password {len(answers)}", proof)).status_code)
    return answers


async def test_an_attacker_with_many_addresses_has_few_guesses(world: World, ada: Person) -> None:
    assert await guess(world, ADA) == [401] * UNKNOWN_DEVICES.burst + [429]
    refused = await sign_in(world, ADA)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")


async def test_the_owner_comes_in_all_the_same_with_a_device_that_was_in_before(world: World, ada: Person) -> None:
    await guess(world, ADA)
    again = await sign_in(world, ADA, proof=ada.answer["device_proof"])
    assert again.status_code == 200
    assert again.json()["device_proof"]
    assert (await guess(world, ADA))[-1] == 429  # what the owner did helps nobody else


async def test_a_device_that_was_in_before_guesses_no_longer_than_others(world: World, ada: Person) -> None:
    assert await guess(world, ADA, ada.answer["device_proof"]) == [401] * UNKNOWN_DEVICES.burst + [429]
    assert (await sign_in(world, ADA)).status_code == 200


async def test_a_right_password_forgives_the_wrong_ones(world: World, ada: Person) -> None:
    for _ in range(3):
        for _ in range(UNKNOWN_DEVICES.burst - 1):
            assert (await sign_in(world, ADA, "wrong password")).status_code == 401
        assert (await sign_in(world, ADA)).status_code == 200


async def test_a_minute_gives_another_try(world: World, ada: Person, clock: Clock) -> None:
    await guess(world, ADA)
    clock.ahead += 60
    assert (await sign_in(world, ADA)).status_code == 200


async def test_a_browser_of_seed_004_has_its_proof_in_a_cookie_that_outlives_signing_out(world: World) -> None:
    page = {"Origin": ORIGIN}
    account = {"email": ADA, "name": "Ada", "password": PASSWORD}
    came = await world.client.post("/api/register", json=account, headers=page)
    token = {"Authorization": came.headers["authorization"]}
    left = await world.client.post("/api/logout", headers={**page, **token})
    assert left.status_code == 204
    cookies = {name: value for answer in (came, left) for name, value in answer.cookies.items()}
    assert DEVICE_COOKIE not in left.cookies
    world.client.cookies.clear()
    await guess(world, ADA)
    assert (await world.client.post("/api/login", json=account, headers=page)).status_code == 429
    with_proof = {**page, "Cookie": f"{DEVICE_COOKIE}={cookies[DEVICE_COOKIE]}"}
    assert (await world.client.post("/api/login", json=account, headers=with_proof)).status_code == 200


@pytest.mark.parametrize("kind", ["of another account", "cut off", "made up", "of no account"])
async def test_only_a_proof_of_this_account_counts(world: World, ada: Person, kind: str) -> None:
    eve = await world.register("eve@example.com")
    proof = {
        "of another account": eve.answer["device_proof"],
        "cut off": ada.answer["device_proof"][:-1],
        "made up": f"{ada.id}.AAAAAAAAAAAAAAAAAAAAAA",
        "of no account": ".",
    }[kind]
    await guess(world, ADA)
    assert (await sign_in(world, ADA, proof=proof)).status_code == 429


async def test_an_address_without_account_is_refused_alike(world: World, ada: Person) -> None:
    assert await guess(world, "nobody@example.com") == await guess(world, ADA)
    assert await guess(world, " ADA@example.com ") == [429]  # it is the same address


async def test_the_proof_is_the_same_after_a_refresh(world: World, ada: Person) -> None:
    refreshed = await world.refresh(ada.answer["refresh_token"])
    assert refreshed.json()["device_proof"] == ada.answer["device_proof"]
