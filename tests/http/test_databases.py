"""One walk through accounts on every database that Hubbub runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.storage.engine import open_engine, sqlite_url
from hubbub.storage.migrate import migrate
from tests.http.test_signing_in import is_problem
from tests.http.world import PASSWORD, Person, World
from tests.keyed import Keyed, Password, keys
from tests.sealing import Identity


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def processes(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[World, World]]:
    """Two server processes on one database."""
    on_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if on_postgres else sqlite_url(tmp_path)
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    first, second = (World(tmp_path, engine=open_engine(url)) for _ in range(2))
    await first.open()
    await second.open()
    yield first, second
    await first.close()
    await second.close()


async def test_two_processes_agree_on_accounts(processes: tuple[World, World]) -> None:
    first, second = processes
    ada = await first.register("ada@example.com", "Ada")
    there = await second.login("ADA@example.com")
    assert (await there.patch("/api/profile", {"theme": "night", "op_id": "op"})).status_code == 200
    assert (await ada.patch("/api/profile", {"theme": "night", "op_id": "op"})).json()["theme"] == "night"
    bob = await second.register("bob@example.com", "100% Bob_")
    assert [user["id"] for user in (await ada.get("/api/users", q="100% b")).json()["items"]] == [bob.id]
    page = (await ada.get("/api/users", page_size=1)).json()
    assert [user["id"] for user in page["items"]] == [ada.id]
    page = (await ada.get("/api/users", page_size=1, page_token=page["page_token"])).json()
    assert ([user["id"] for user in page["items"]], page["page_token"]) == ([bob.id], None)
    await first.gather(ada, bob, kind="private")
    (other,) = (await second.login("bob@example.com")).answer["users"]
    assert (other["id"], other["email"]) == (ada.id, "ada@example.com")
    await second.accounts.set_display_name(bob.id, "Robert")
    assert [event for event, _ in second.shown_to(ada)] == ["update_display_name", "update_profile"]
    identity = Identity(ada.id)
    stored = (await ada.post("/api/keys", keys(identity))).json()
    assert (await there.get("/api/keys")).json() == stored


async def test_one_address_and_one_handle_have_one_winner(processes: tuple[World, World]) -> None:
    first, second = processes
    body = {"email": "race@example.com", "password": PASSWORD, "display_name": "Racer"}
    answers = await asyncio.gather(
        *(world.client.post("/auth/register", json=body) for world in (first, second) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 5
    people = await asyncio.gather(
        *(
            world.register(f"{number}-{place}@example.com", "Same Name")
            for place, world in enumerate(processes)
            for number in range(3)
        )
    )
    handles = [person.answer["user"]["name"] for person in people]
    assert len(set(handles)) == 6
    assert all(handle.startswith("same-name") for handle in handles)


async def test_two_processes_agree_on_slots(processes: tuple[World, World]) -> None:
    first, second = processes
    keyed, new = Keyed("ada@example.com"), Password()
    answer = await first.client.post("/auth/register", json=keyed.registration())
    assert answer.status_code == 200, answer.text
    ada = Person(first.client, answer.json(), keyed.password.secret)
    prelogin = await second.client.post("/auth/prelogin", json={"email": keyed.email})
    assert prelogin.json() == {"kdf": keyed.password.kdf}
    there = await second.login(keyed.email, keyed.password.secret)
    held = (await there.get("/api/keys")).json()
    assert held == (await ada.get("/api/keys")).json()
    assert keyed.identity.opens("password", keyed.password.key, held["slots"]["password"])
    assert (await there.patch("/api/password", keyed.password_change(new, slot=None))).status_code == 204
    again = await first.login(keyed.email, new.secret)
    assert (await again.get("/api/keys")).json()["slots"] == {"recovery": held["slots"]["recovery"]}
    body = {"slots": {"password": keyed.slot(new)}, "password": new.secret}
    assert (await again.post("/api/keys", body)).status_code == 200
    held = (await (await second.login(keyed.email, new.secret)).get("/api/keys")).json()
    assert (held["kdf"], held["slots"].keys()) == (new.kdf, {"password", "recovery"})
    made_up = [
        (await world.client.post("/auth/prelogin", json={"email": "no@example.com"})).json() for world in processes
    ]
    assert made_up[0] == made_up[1]


async def test_one_id_has_one_winner(processes: tuple[World, World]) -> None:
    racers = [Keyed(f"{number}@example.com") for number in range(6)]
    for racer in racers:
        racer.identity = racers[0].identity
    answers = await asyncio.gather(
        *(
            world.client.post("/auth/register", json=racer.registration())
            for world, racer in zip(processes * 3, racers, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    [won] = [racer for racer, answer in zip(racers, answers, strict=True) if answer.status_code == 200]
    ada = await processes[0].login(won.email, won.password.secret)
    slots = (await ada.get("/api/keys")).json()["slots"]
    assert won.identity.opens("password", won.password.key, slots["password"])


async def test_one_refresh_is_granted_whichever_process_is_asked(processes: tuple[World, World]) -> None:
    first, second = processes
    ada = await first.register("ada@example.com")
    answers = await asyncio.gather(
        *(world.refresh(ada.answer["refresh_token"]) for world in (first, second) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    for world in processes:
        await world.revocations.look()
        answer = await world.client.get("/api/users", headers=ada.headers)
        assert is_problem(answer, 401, "invalid_token")
