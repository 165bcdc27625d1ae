"""A database that goes away and comes back: refusals in between, and no restart."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.wire.ids import new_id
from tests.bad_input.scene import failures
from tests.people import PASSWORD, SYSTEM, People, conversation, start_open_group, start_private
from tests.phoenix import Client
from tests.server import ServerProcess, migrate
from tests.services import PostgresServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as own:
        yield own


@pytest.fixture
def on_postgres(own_postgres: PostgresServer, tmp_path: Path) -> Iterator[ServerProcess]:
    environment = {
        "HUBBUB_DATABASE_URL": own_postgres.create_database(),
        "HUBBUB_SECRET_KEY": secrets.token_urlsafe(32),
        "HUBBUB_VAULT_KEY": secrets.token_urlsafe(32),
    }
    migrate(environment)
    with ServerProcess(tmp_path, environment=environment) as server:
        yield server


async def test_it_goes_and_comes_back(on_postgres: ServerProcess, own_postgres: PostgresServer) -> None:
    async with People(on_postgres) as people:
        ada, bob = await people.sign_up("Ada", "Bob")
        a = await ada.arrive()
        id = await start_open_group(a, bob)
        await start_private(a, bob)
        await a.join(conversation(id))
        message = {"id": new_id(), "content": "kept"}
        b = await bob.arrive(id)
        own_postgres.stop()
        await nobody_is_told_of_others(a, b, id)
        await is_away(people, a, id, message)
        newcomer = await bob.connect()
        await newcomer.join(SYSTEM)  # who is there cannot be said yet, and is once it can be
        assert (await newcomer.heartbeat()).status == "ok"

        own_postgres.start()
        await until_taken(a, id, message)
        answer = await a.ask(conversation(id), "send_message", message)
        assert answer["message"]["index"] == 1, "once, however often it was sent"
        assert ada.id in await newcomer.wait_for(SYSTEM, "presence_state")
        await newcomer.join(conversation(id))
        items = (await bob.get("/api/messages", conversation_id=id)).json()["items"]
        assert [item["content"] for item in items] == ["kept"]
        assert (await people.http.get("/readyz")).status_code == 200
    assert [line for line in failures(on_postgres.log()) if "database_unavailable" not in line] == []


async def nobody_is_told_of_others(a: Client, b: Client, id: str) -> None:
    """What fails together is refused to each with what was theirs."""
    for number in range(20):
        await a.send(None, f"a{number}", conversation(id), "send_message", {"content": "a", "op_id": f"of-a-{number}"})
        await b.send(None, f"b{number}", conversation(id), "send_message", {"content": "b", "id": new_id()})
    for number in range(20):
        refused = await b.reply_to(conversation(id), f"b{number}")
        assert refused.response["reason"] == "unavailable"
        assert "op_id" not in refused.response
        refused = await a.reply_to(conversation(id), f"a{number}")
        assert refused.response["op_id"] == f"of-a-{number}"
        assert "id" not in refused.response


async def is_away(people: People, client: Client, id: str, message: dict[str, str]) -> None:
    """Every door says so, and none of them closes."""
    reply = await client.push(conversation(id), "send_message", message)
    assert (reply.status, reply.response["reason"], reply.response["id"]) == ("error", "unavailable", message["id"])
    for topic, event in ((conversation(id), "sync"), (SYSTEM, "set_hidden"), (conversation(id), "phx_join")):
        reply = await client.push(topic, event, {"hidden": True})
        assert (reply.status, reply.response["reason"]) == ("error", "unavailable"), event
    login = await people.http.post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    assert (login.status_code, login.json()["code"]) == (503, "unavailable")
    ready = await people.http.get("/readyz")
    assert (ready.status_code, ready.json()["failing"][0]) == (503, "database")
    assert (await people.http.get("/healthz")).status_code == 200
    assert (await client.heartbeat()).status == "ok"


async def until_taken(client: Client, id: str, message: dict[str, str]) -> None:
    async with asyncio.timeout(20):
        while True:
            reply = await client.push(conversation(id), "phx_join")
            client.joined[conversation(id)] = None
            if reply.status == "ok" and (await client.push(conversation(id), "send_message", message)).status == "ok":
                return
            await asyncio.sleep(0.05)
