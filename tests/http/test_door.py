"""What holds for every route: who may pass, what is never told, which origins may come."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import text

from hubbub.auth.limits import API, JOINING, LOGIN, MemoryLimiter
from hubbub.auth.tokens import derive_key
from hubbub.storage.vault import Vault, WrongVaultKey, unlock
from hubbub.wire.ids import new_id
from tests.http.test_signing_in import is_problem
from tests.http.world import ORIGIN, PASSWORD, SECRET, Person, World
from tests.rooms import Key, ask_in

MINUTE = 60
KEY = OctKey.import_key(derive_key(SECRET, "access-token"))
OTHER_KEY = OctKey.import_key(bytes(32))


def claims(person: Person) -> dict[str, Any]:
    payload = person.answer["auth_token"].split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return read


def unsigned(header: dict[str, str], body: dict[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, body))
    return ".".join(parts) + "."


async def with_token(world: World, token: str) -> httpx.Response:
    return await world.client.get("/api/users", headers={"Authorization": f"Bearer {token}"})


# --- tokens -------------------------------------------------------------------------------------------------------


async def test_without_a_token_one_is_told_to_sign_in(world: World) -> None:
    answer = await world.client.get("/api/users")
    assert is_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer x y"])
async def test_other_authorization_is_refused(world: World, header: str) -> None:
    answer = await world.client.get("/api/users", headers={"Authorization": header})
    assert is_problem(answer, 401, "invalid_token")


async def test_the_scheme_is_read_in_any_case(world: World, ada: Person) -> None:
    headers = {"Authorization": f"bearer {ada.answer['auth_token']}"}
    assert (await world.client.get("/api/users", headers=headers)).status_code == 200


async def test_what_is_answered_to_one_is_kept_by_no_cache(world: World, ada: Person) -> None:
    assert (await ada.get("/api/users")).headers["cache-control"] == "no-store"


async def test_access_tokens_last_thirty_minutes(world: World, ada: Person) -> None:
    world.clock.ahead += 29 * MINUTE
    assert (await ada.get("/api/users")).status_code == 200
    world.clock.ahead += 2 * MINUTE
    assert is_problem(await ada.get("/api/users"), 401, "expired_token")


async def test_forged_tokens_are_refused(world: World, ada: Person) -> None:
    good = claims(ada)
    token = ada.answer["auth_token"]
    forged = {
        "alg none": unsigned({"alg": "none", "typ": "JWT"}, good),
        "alg None": unsigned({"alg": "None"}, good),
        "another key": jwt.encode({"alg": "HS256"}, good, OTHER_KEY),
        "another algorithm": jwt.encode({"alg": "HS512"}, good, KEY, algorithms=["HS512"]),
        "no signature": token.rsplit(".", 1)[0] + ".",
        "another body": ".".join([token.split(".")[0], token.split(".")[0], token.split(".")[2]]),
        "nothing": "",
        "a refresh token": ada.answer["refresh_token"],
        "huge": token + "A" * 4096,
        "not base64": "é.é.é",
    }
    for what, fake in forged.items():
        answer = await with_token(world, fake) if fake.isascii() else await _raw(world, fake)
        assert is_problem(answer, 401, "invalid_token"), what


async def _raw(world: World, token: str) -> httpx.Response:
    return await world.client.get("/api/users", headers=[(b"Authorization", b"Bearer " + token.encode())])


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "someone"},
        {"aud": "others"},
        {"sub": None},
        {"sub": "ada"},
        {"fam": None},
        {"fam": 7},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 2**40},
        {"exp": float("1e300")},
        {"iat": None},
        {"iat": True},
    ],
)
async def test_tokens_with_other_claims_are_refused(world: World, ada: Person, changed: dict[str, Any]) -> None:
    body = {name: value for name, value in {**claims(ada), **changed}.items() if value is not None}
    assert is_problem(await with_token(world, jwt.encode({"alg": "HS256"}, body, KEY)), 401, "invalid_token")


# --- another process ----------------------------------------------------------------------------------------------


@pytest.fixture
async def neighbour(world: World, tmp_path: Path) -> AsyncIterator[World]:
    """A second server process on the same database."""
    neighbour = World(tmp_path, engine=world.engine)
    await neighbour.open()
    yield neighbour
    await neighbour.close()


async def test_what_one_process_revokes_every_process_refuses(
    world: World, neighbour: World, ada: Person, bob: Person
) -> None:
    revoked: list[tuple[str, str | None]] = []
    neighbour.revocations.on_revoked(lambda user, family: revoked.append((user, family)))
    assert (await with_token(neighbour, ada.answer["auth_token"])).status_code == 200
    await ada.post("/api/signout_all")
    await neighbour.revocations.look()
    await neighbour.revocations.look()
    assert is_problem(await with_token(neighbour, ada.answer["auth_token"]), 401, "invalid_token")
    assert (await with_token(neighbour, bob.answer["auth_token"])).status_code == 200
    assert revoked == [(ada.id, claims(ada)["fam"])]


async def test_a_process_that_starts_later_knows_what_was_revoked(world: World, ada: Person, tmp_path: Path) -> None:
    await ada.post("/api/signout_all")
    world.clock.ahead += 20 * MINUTE
    late = World(tmp_path, engine=world.engine)
    await late.open()
    try:
        assert is_problem(await with_token(late, ada.answer["auth_token"]), 401, "invalid_token")
    finally:
        await late.close()


# --- limits -------------------------------------------------------------------------------------------------------


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[World]:
    """A server with rate limits, whose buckets fill only when a test turns the clock."""
    world = World(tmp_path, limiter=MemoryLimiter(clock=lambda: 0.0))
    await world.open()
    yield world
    await world.close()


async def test_filling_a_room_is_slowed_down_by_address(limited: World) -> None:
    ada = await limited.register("ada@example.com")
    room = (await ada.post("/api/rooms", {})).json()["id"]
    for _ in range(JOINING.burst):
        assert (await ask_in(limited.client, room, "Guest", Key())).status_code == 200
    assert is_problem(await ask_in(limited.client, room, "Guest", Key()), 429, "rate_limited")


async def test_guessing_passwords_is_slowed_down_by_address(limited: World) -> None:
    for account in range(LOGIN.burst):
        other = {"email": f"somebody.{account}@example.com", "password": "wrong"}
        assert (await limited.client.post("/auth/login", json=other)).status_code == 401
    guess = {"email": "ada@example.com", "password": "wrong"}
    answer = await limited.client.post("/auth/login", json=guess)
    assert is_problem(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "2"
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert (await limited.client.post("/auth/register", json=body)).status_code == 200


async def test_each_user_has_requests_of_their_own(limited: World) -> None:
    ada, bob = await limited.register("ada@example.com"), await limited.register("bob@example.com")
    for _ in range(API.burst):
        assert (await ada.get("/api/keys")).status_code == 200
    assert is_problem(await ada.get("/api/keys"), 429, "rate_limited")
    assert (await bob.get("/api/keys")).status_code == 200


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/auth/login/x", "/%00", "/schema/x"])
async def test_unknown_paths_are_problems(world: World, path: str) -> None:
    assert is_problem(await world.client.get(path), 404, "not_found")


async def test_other_methods_are_problems_that_name_those_allowed(world: World) -> None:
    answer = await world.client.get("/auth/login")
    assert is_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]


async def test_a_failure_of_ours_tells_nothing_of_itself(
    world: World, ada: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: Any) -> None:
        raise RuntimeError("the secret plan")

    monkeypatch.setattr(world.reading, "page", fail)
    answer = await ada.get("/api/messages", conversation_id=new_id())
    assert is_problem(answer, 500, "internal")
    logged = "".join(capsys.readouterr())
    assert "secret plan" not in answer.text + logged
    assert "RuntimeError" in logged


async def test_a_database_that_went_away_is_503_and_comes_back(world: World, ada: Person) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE users RENAME TO away"))
    assert is_problem(await ada.get("/api/users"), 503, "unavailable")
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO users"))
    assert (await ada.get("/api/users")).status_code == 200


# --- origins ------------------------------------------------------------------------------------------------------


def preflight(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type",
    }


async def test_pages_of_the_configured_origins_may_ask(world: World) -> None:
    answer = await world.client.options("/api/profile", headers=preflight(ORIGIN))
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    refusal = await world.client.get("/api/users", headers={"Origin": ORIGIN})
    assert refusal.headers["access-control-allow-origin"] == ORIGIN


async def test_pages_of_other_origins_may_not(world: World, ada: Person) -> None:
    answer = await world.client.options("/api/profile", headers=preflight("https://evil.example"))
    assert "access-control-allow-origin" not in answer.headers
    headers = {"Origin": "https://evil.example", **ada.headers}
    answer = await world.client.get("/api/users", headers=headers)
    assert "access-control-allow-origin" not in answer.headers


# --- the vault ----------------------------------------------------------------------------------------------------


async def test_another_vault_key_is_noticed_at_start(world: World) -> None:
    with pytest.raises(WrongVaultKey):
        await unlock(Vault(bytes(32)), world.reader, world.writer)
