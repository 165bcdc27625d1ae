"""Proof of work before registering and signing in: when it is asked for, what it has to be, how hard it is."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import altcha
import httpx
import pytest

from hubbub.auth.limits import MemoryLimiter
from hubbub.config import Settings
from tests.http.test_signing_in import is_problem
from tests.http.world import PASSWORD, Person, World
from tests.server import ServerProcess

ADA = "ada@example.com"


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[World]:
    """A server with limits, and Ada's account, for which nothing was used up."""
    world = World(tmp_path, limiter=NoOtherLimits(), joining=Settings())
    await world.open()
    proof = solved(await fetched(world, "register"))
    body = {"email": ADA, "password": PASSWORD, "captcha": proof}
    assert (await world.client.post("/auth/register", json=body)).status_code == 200
    yield world
    await world.close()


class NoOtherLimits(MemoryLimiter):
    """What is not about proof of work is not limited: each try comes from the same network address."""

    async def spend(self, rule: Any, key: str) -> None:
        if rule.name.startswith("unproven"):
            await super().spend(rule, key)


async def login(world: World, email: str = ADA, password: str = PASSWORD, **further: Any) -> httpx.Response:
    return await world.client.post("/auth/login", json={"email": email, "password": password, **further})


async def fetched(world: World, purpose: str = "login") -> dict[str, Any]:
    answer = await world.client.get("/auth/captcha", params={"purpose": purpose})
    assert answer.status_code == 200, answer.text
    challenge: dict[str, Any] = answer.json()
    return challenge


def solved(challenge: dict[str, Any], **changed: Any) -> str:
    """As altcha's widget sends it."""
    found = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    assert found is not None
    return packed({"challenge": challenge, "solution": found.to_dict() | changed})


def packed(payload: Any) -> str:
    return base64.b64encode(json.dumps(payload).encode()).decode()


async def use_up(world: World, email: str = ADA) -> None:
    """The tries that need no proof."""
    for _ in range(5):
        assert is_problem(await login(world, email, "wrong password"), 401, "invalid_credentials")


# --- when -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", [ADA, "nobody@example.com"])
async def test_past_a_few_tries_for_an_account_a_proof_is_needed(limited: World, email: str) -> None:
    """Known or not: nobody learns which addresses have accounts."""
    await use_up(limited, email)
    refused = await login(limited, email)
    assert is_problem(refused, 428, "captcha_required")
    proven = await login(limited, email, captcha=solved(refused.json()["challenge"]))
    assert proven.status_code == (200 if email == ADA else 401)


async def test_past_a_few_tries_from_an_address_a_proof_is_needed(limited: World) -> None:
    answers = [await login(limited, f"{number}@example.com") for number in range(11)]
    codes = [answer.json()["code"] for answer in answers]
    assert codes == ["invalid_credentials"] * 10 + ["captcha_required"]


@pytest.mark.parametrize("path", ["/auth/register", "/api/register"])
async def test_registering_is_asked_alike_by_every_way(limited: World, path: str) -> None:
    await use_up(limited)
    await use_up(limited, "nobody@example.com")
    body = {"email": "new@example.com", "name": "New", "password": PASSWORD}
    refused = await limited.client.post(path, json=body)
    assert is_problem(refused, 428, "captcha_required")
    made = await limited.client.post(path, json={**body, "captcha": solved(refused.json()["challenge"])})
    assert made.is_success, made.text


async def test_who_brings_a_token_is_never_asked(limited: World) -> None:
    signed_in = await login(limited, captcha=solved(await fetched(limited)))
    ada = Person(limited.client, signed_in.json(), PASSWORD)
    await use_up(limited, "a@example.com")
    await use_up(limited, "b@example.com")
    assert (await ada.get("/api/users")).status_code == 200


async def test_the_directory_of_seed_001_asks_guests_and_not_who_brings_a_token(tmp_path: Path) -> None:
    limits = {"HUBBUB_RATE_LIMITS": "on", "HUBBUB_CAPTCHA": "on"}
    with ServerProcess(tmp_path, environment=limits) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as client:
            made = await put_user(client, "first")
            for number in range(9):
                assert (await put_user(client, f"user-{number}")).status_code == 201
            refused = await put_user(client, "late-one")
            assert is_problem(refused, 428, "captcha_required")
            proof = solved(refused.json()["challenge"])
            assert (await put_user(client, "late-one", captcha=proof)).status_code == 201
            client.headers["Authorization"] = f"Bearer {made.json()['auth_token']}"
            assert (await put_user(client, "made-by-bot")).status_code == 201


async def put_user(client: httpx.AsyncClient, name: str, **further: Any) -> httpx.Response:
    body = {"email": f"{name}@example.com", "password": PASSWORD, **further}
    return await client.put(f"/user/{name}", json=body)


async def test_who_always_proves_is_never_held_up(limited: World) -> None:
    for _ in range(8):
        wrong = await login(limited, password="wrong password", captcha=solved(await fetched(limited)))
        assert is_problem(wrong, 401, "invalid_credentials")
    assert (await login(limited, captcha=solved(await fetched(limited)))).status_code == 200
    assert (await login(limited)).status_code == 200  # and has what needs none left


# --- what -------------------------------------------------------------------------------------------------------------


async def test_a_proof_is_good_once(limited: World) -> None:
    proof = solved(await fetched(limited))
    assert (await login(limited, captcha=proof)).status_code == 200
    assert is_problem(await login(limited, captcha=proof), 428, "captcha_required")


async def test_a_proof_is_good_for_its_purpose(limited: World) -> None:
    proof = solved(await fetched(limited, "register"))
    assert is_problem(await login(limited, captcha=proof), 428, "captcha_required")
    body = {"email": "new@example.com", "password": PASSWORD, "captcha": proof}
    assert (await limited.client.post("/auth/register", json=body)).status_code == 200


@pytest.mark.parametrize(("later", "status"), [(590, 200), (601, 428)])
async def test_a_proof_is_good_for_ten_minutes(limited: World, later: int, status: int) -> None:
    proof = solved(await fetched(limited))
    limited.clock.ahead += later
    assert (await login(limited, captcha=proof)).status_code == status


def easier(challenge: dict[str, Any]) -> str:
    return solved({**challenge, "parameters": {**challenge["parameters"], "cost": 1}})


def longer(challenge: dict[str, Any]) -> str:
    parameters = challenge["parameters"]
    return solved({**challenge, "parameters": {**parameters, "expiresAt": parameters["expiresAt"] + 9999}})


def ones_own(challenge: dict[str, Any]) -> str:
    made = altcha.create_challenge(
        "PBKDF2/SHA-256", 1, expires_at=challenge["parameters"]["expiresAt"], data={"purpose": "login"}, hmac_secret="x"
    )
    return solved(made.to_dict())


FORGED = {
    "easier": easier,
    "longer": longer,
    "one's own": ones_own,
    "unsigned": lambda challenge: solved({**challenge, "signature": ""}),
    "another counter": lambda challenge: solved(challenge, counter=1 << 31),
    "a negative counter": lambda challenge: solved(challenge, counter=-1),
    "a counter that is a text": lambda challenge: solved(challenge, counter="7"),
    "another key": lambda challenge: solved(challenge, derivedKey="00" * 32),
    "no solution": lambda challenge: packed({"challenge": challenge}),
    "no base64": lambda challenge: "%%%",
    "no JSON": lambda challenge: base64.b64encode(b"\xff{").decode(),
    "nothing": lambda challenge: "",
    "deep": lambda challenge: base64.b64encode(b"[" * 3000).decode(),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
async def test_what_proves_nothing(limited: World, forge: Any) -> None:
    refused = await login(limited, captcha=forge(await fetched(limited)))
    assert is_problem(refused, 428, "captcha_required")
    assert refused.json()["challenge"]["parameters"]["data"] == {"purpose": "login"}


@pytest.mark.parametrize("purpose", ["", "reset", None])
async def test_a_challenge_is_for_something(world: World, purpose: str | None) -> None:
    answer = await world.client.get("/auth/captcha", params={} if purpose is None else {"purpose": purpose})
    assert is_problem(answer, 400, "invalid_payload")


# --- how hard ---------------------------------------------------------------------------------------------------------


async def cost(world: World) -> int:
    return int((await fetched(world))["parameters"]["cost"])


async def test_it_is_harder_under_attack_and_easy_again_after(world: World) -> None:
    calm = await cost(world)
    for number in range(41):
        await login(world, f"{number}@example.com", "wrong password")
    assert await cost(world) == 4 * calm
    world.clock.ahead += 1800
    assert await cost(world) == calm


async def test_many_new_accounts_make_it_harder_too(world: World) -> None:
    calm = await cost(world)
    for number in range(21):
        await world.register(f"{number}@example.com")
    assert await cost(world) == 2 * calm
