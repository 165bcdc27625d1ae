"""What many at once, at two processes, must not each do: be the first, use what is used up, send a proof again."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import altcha
import httpx
import pytest

from tests.http.world import World
from tests.server import Cluster, command
from tests.services import PostgresServer, RedisServer

PASSWORD = "VerySecurePassword1!"


@pytest.fixture(scope="module")
def empty(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis_server: RedisServer
) -> Iterator[Cluster]:
    """Two processes on which nobody has an account yet."""
    environment = {"HUBBUB_REGISTRATION": "invited", "HUBBUB_CAPTCHA": "on"}
    folder = tmp_path_factory.mktemp("empty")
    database_url = postgres.create_database()
    with Cluster(folder, database_url=database_url, redis_url=redis_server.url, environment=environment) as cluster:
        yield cluster


@pytest.fixture
async def doors(empty: Cluster) -> AsyncIterator[list[httpx.AsyncClient]]:
    clients = [httpx.AsyncClient(base_url=one.url, trust_env=False, timeout=60) for one in (empty.first, empty.second)]
    yield clients
    for client in clients:
        await client.aclose()


def invitation(cluster: Cluster, *options: str) -> str:
    done = subprocess.run(
        command("invite", *options), env=cluster.first.environment, capture_output=True, text=True, check=True
    )
    base, _, code = done.stdout.strip().partition("#invite=")
    assert base == f"{cluster.first.url}/register"
    return code


def registration(**further: Any) -> dict[str, Any]:
    return {"email": f"{secrets.token_hex(8)}@example.com", "password": PASSWORD, **further}


async def test_of_many_at_two_doors_one_is_the_first_and_no_more_come_in_than_were_invited(
    empty: Cluster, doors: list[httpx.AsyncClient]
) -> None:
    code = invitation(empty, "--uses", "6")
    tries = [door.post("/auth/register", json=registration(invitation=code)) for door in doors * 5]
    answers = await asyncio.gather(*tries)
    made = [answer.json()["user"] for answer in answers if answer.status_code == 200]
    assert [answer.json()["code"] for answer in answers if answer.is_error] == ["invalid_invitation"] * 4
    assert sorted(user["admin"] for user in made) == [False] * 5 + [True]


async def test_a_proof_is_good_once_at_whichever_door(empty: Cluster, doors: list[httpx.AsyncClient]) -> None:
    code = invitation(empty, "--uses", "9")
    first, second = doors
    challenge = (await first.get("/auth/captcha", params={"purpose": "register"})).json()
    found = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    assert found is not None
    proof = base64.b64encode(json.dumps({"challenge": challenge, "solution": found.to_dict()}).encode()).decode()
    made = await second.post("/auth/register", json=registration(invitation=code, captcha=proof))
    assert made.status_code == 200, made.text
    for door in doors:
        again = await door.post("/auth/register", json=registration(invitation=code, captcha=proof))
        assert (again.status_code, again.json()["code"]) == (428, "captcha_required")


async def test_of_many_at_one_door_one_is_the_first(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.open()
    people = await asyncio.gather(*(world.register(f"p{number}@example.com") for number in range(5)))
    assert sorted(person.answer["user"]["admin"] for person in people) == [False] * 4 + [True]
    await world.close()
