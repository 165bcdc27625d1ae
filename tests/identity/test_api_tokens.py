"""API tokens: shown once, good at every door, within their scope, until they end; and bots, which have nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from hubbub.actions.administration import Administration
from hubbub.wire.errors import CloseCode
from hubbub.wire.ids import new_id
from tests.folder_servers import Doors, on_one_process
from tests.http.test_signing_in import is_problem
from tests.http.world import World
from tests.people import PASSWORD, People, Person, conversation, start_open_group
from tests.phoenix import Client, refusal

NEW = "VerySecurePassword2!"
DAY = 24 * 3600


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A server whose clock tests turn."""
    world = World(tmp_path)
    await world.open()
    yield world
    await world.close()


# --- made, shown once, listed, ended ------------------------------------------------------------------------------


@on_one_process
async def test_a_token_is_shown_once_and_listed_without_it(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    made = await make(ada, name=" Script ", scopes=["write"], expires_in=DAY)
    assert made["token"].startswith("hub_")
    assert len(made["token"]) == len("hub_") + 43  # 256 bits
    assert (made["name"], made["scopes"], made["user_id"]) == ("Script", ["read", "write"], ada.id)
    answer = await ada.get("/api/tokens")
    assert answer.json()["items"] == [{name: value for name, value in made.items() if name != "token"}]
    assert made["token"] not in answer.text
    assert (made["used_at"], made["expires_at"] > made["made_at"]) == (None, True)


@on_one_process
async def test_its_last_use_is_kept_by_the_socket_too(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    made = await make(ada)
    async with await Client.connect(people.server.ws_url, made["token"], as_subprotocol=True) as socket:
        assert (await socket.heartbeat()).status == "ok"
    [listed] = (await ada.get("/api/tokens")).json()["items"]
    assert listed["used_at"] >= made["made_at"]


async def test_a_token_that_is_ended_ends_everywhere_with_its_sockets(people: People, doors: Doors) -> None:
    """The other process, which has just let it in, is told within a second."""
    [ada] = await people.sign_up("Ada")
    made = await make(ada)
    socket = await people.open(doors.second, made["token"])
    assert (await socket.heartbeat()).status == "ok"
    assert (await ada.delete(f"/api/tokens/{made['id']}")).status_code == 204
    assert await socket.wait_closed() == CloseCode.SIGN_IN_AGAIN
    for door in doors:
        assert is_problem(await asked_at(door.url, made), 401, "invalid_token")
    assert is_problem(await ada.delete(f"/api/tokens/{made['id']}"), 404, "not_found")


@on_one_process
async def test_nobody_sees_or_ends_the_tokens_of_others(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    made = await make(ada)
    assert (await bob.get("/api/tokens")).json()["items"] == []
    assert is_problem(await bob.delete(f"/api/tokens/{made['id']}"), 404, "not_found")
    assert (await asked(people, made, "/api/users")).status_code == 200


@on_one_process
@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["admin"]},
        {"name": " ", "scopes": ["read"]},
        {"name": "x" * 65, "scopes": ["read"]},
        {"name": "x", "scopes": ["read"], "expires_in": 0},
        {"name": "x", "scopes": ["read"], "conversations": []},
        {"name": "x", "scopes": ["read"], "conversations": ["y" * 36]},
    ],
)
async def test_what_no_token_can_be_is_refused(people: People, body: dict[str, Any]) -> None:
    [ada] = await people.sign_up("Ada")
    assert is_problem(await ada.post("/api/tokens", body), 400, "invalid_payload")


# --- when it is no longer good ------------------------------------------------------------------------------------


@on_one_process
@pytest.mark.parametrize("token", ["hub_", f"hub_{'A' * 43}", "hub_\u00e9", "hub"])
async def test_a_forged_token_gets_in_nowhere(people: People, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode()}
    assert is_problem(await people.http.get("/api/users", headers=headers), 401, "invalid_token")
    if token.isascii():
        with pytest.raises(InvalidStatus) as refused:
            await people.open(token=token)
        assert refused.value.response.status_code == 403


async def test_a_token_expires(world: World) -> None:
    ada = await world.register("ada@example.com")
    made = (await ada.post("/api/tokens", {"name": "x", "scopes": ["read"], "expires_in": DAY})).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await world.client.get("/api/users", headers=headers)).status_code == 200
    world.clock.ahead += DAY + 1
    assert is_problem(await world.client.get("/api/users", headers=headers), 401, "expired_token")


async def test_a_token_without_end_outlives_every_sign_in(world: World) -> None:
    ada = await world.register("ada@example.com")
    made = (await ada.post("/api/tokens", {"name": "x", "scopes": ["read"]})).json()
    await ada.post("/api/signout_all")
    world.clock.ahead += 1000 * DAY
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await world.client.get("/api/users", headers=headers)).status_code == 200


async def test_a_new_password_ends_every_token_and_those_of_bots(world: World) -> None:
    ada = await world.register("ada@example.com")
    bot = (await ada.post("/api/bots", {"name": "beep", "display_name": "Beep"})).json()
    bodies: list[dict[str, Any]] = [
        {"name": "x", "scopes": ["read"]},
        {"name": "y", "scopes": ["read"], "bot_id": bot["id"]},
    ]
    made = [(await ada.post("/api/tokens", body)).json() for body in bodies]
    change = {"password": PASSWORD, "new_password": NEW, "new_password_confirmation": NEW}
    assert (await ada.patch("/api/password", change)).status_code == 204
    for one in made:
        headers = {"Authorization": f"Bearer {one['token']}"}
        assert is_problem(await world.client.get("/api/users", headers=headers), 401, "invalid_token")
    again = await world.login(ada.email, NEW)
    assert (await again.get("/api/tokens")).json()["items"] == []


@pytest.mark.parametrize("whose", ["owner", "bot"])
async def test_shutting_an_account_ends_its_tokens_and_those_of_its_bots(world: World, whose: str) -> None:
    ada = await world.register("ada@example.com")
    bot = (await ada.post("/api/bots", {"name": "beep", "display_name": "Beep"})).json()
    made = (await ada.post("/api/tokens", {"name": "y", "scopes": ["read"], "bot_id": bot["id"]})).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await world.client.get("/api/users", headers=headers)).status_code == 200
    await Administration(world.reader, world.writer).set_disabled(ada.email if whose == "owner" else "beep", True)
    await world.revocations.look()  # the command line is another process
    assert is_problem(await world.client.get("/api/users", headers=headers), 401, "invalid_token")


# --- what it reaches (tests/rights/ has every route and event) ------------------------------------------------------


@on_one_process
async def test_a_token_that_is_limited_reaches_its_conversation_and_no_other(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    a = await ada.arrive()
    here, there = await start_open_group(a, bob), await start_open_group(a, bob)
    made = await make(ada, scopes=["write"], conversations=[here])
    socket = await people.open(token=made["token"])
    await socket.join(conversation(here))
    await socket.ask(conversation(here), "send_message", {"content": "hello"})
    for topic in (conversation(there), ada.topic, "system:general"):
        assert (await refusal(socket.join(topic)))["reason"] == "out_of_scope"
    assert (await asked(people, made, f"/api/sync?conversation_id={here.upper()}")).status_code == 200
    assert (await asked(people, made, f"/chat/{here}")).status_code == 200
    for path in (
        f"/api/sync?conversation_id={there}",
        f"/chat/{there}",
        "/api/sync",
        f"/api/sync?conversation_id={here}&conversation_id={there}",
    ):
        assert is_problem(await asked(people, made, path), 403, "out_of_scope")


@on_one_process
async def test_a_reading_token_writes_nothing(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    a = await ada.arrive()
    topic = conversation(await start_open_group(a, bob))
    socket = await people.open(token=(await make(ada))["token"])
    await socket.join(topic)
    assert (await refusal(socket.ask(topic, "send_message", {"content": "hello"})))["reason"] == "out_of_scope"


@on_one_process
async def test_a_token_in_a_payload_signs_a_guest_in_and_takes_no_other_ones_place(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    reader, writer = await make(ada), await make(ada, scopes=["write"])
    socket = await people.open()
    await socket.join(ada.topic, {"token": reader["token"]})
    await socket.ask(ada.topic, "sync", {"token": reader["token"]})
    for token in (writer["token"], ada.token, bob.token):
        assert (await refusal(socket.ask(ada.topic, "sync", {"token": token})))["reason"] == "token_of_another"
    signed_in = await ada.arrive()
    fresh = await make(ada)
    answer = await refusal(signed_in.ask(ada.topic, "sync", {"token": fresh["token"]}))
    assert answer["reason"] == "token_of_another"
    assert (await signed_in.ask(ada.topic, "sync"))["changes"] is not None


# --- bots -----------------------------------------------------------------------------------------------------------


@on_one_process
async def test_a_bot_talks_by_its_token_and_is_seen_to_be_one(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    bot = await make_bot(ada)
    assert (bot["bot"], bot["email"]) == (True, None)
    token = await make(ada, scopes=["write"], bot_id=bot["id"])
    a = await ada.arrive()
    begun = await a.ask("system:general", "start_group_conversation", {"user_ids": [bot["id"]], "open": True})
    topic = conversation(begun["conversation_id"])
    await a.join(topic)
    socket = await people.open(token=token["token"])
    await socket.join(topic)
    await socket.ask(topic, "send_message", {"content": "beep"})
    heard = await a.wait_for(topic, "new_message", lambda said: said["message"]["sender"] == bot["id"])
    assert heard["message"]["content"] == "beep"
    seen = (await ada.get(f"/api/users/{bot['name']}")).json()
    assert (seen["bot"], seen["email"], seen["display_name"]) == (True, None, "Beep")
    assert (await ada.get(f"/api/users/{ada.id}")).json()["bot"] is False


@on_one_process
async def test_a_bot_has_no_password_and_no_address(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    bot = await make_bot(ada)
    for address in ("", bot["name"], bot["id"], "!"):
        for password in ("!", "nobody's password", PASSWORD):
            answer = await people.http.post("/auth/login", json={"email": address, "password": password})
            assert answer.status_code in (400, 401), answer.text


@on_one_process
async def test_bots_are_their_owners_alone(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    bot = await make_bot(ada)
    assert [one["id"] for one in (await ada.get("/api/bots")).json()["items"]] == [bot["id"]]
    assert (await bob.get("/api/bots")).json()["items"] == []
    of_another = {"name": "x", "scopes": ["read"], "bot_id": bot["id"]}
    assert is_problem(await bob.post("/api/tokens", of_another), 404, "not_found")
    assert is_problem(await bob.post("/api/tokens", {**of_another, "bot_id": ada.id}), 404, "not_found")
    assert is_problem(await bob.delete(f"/api/bots/{bot['id']}"), 404, "not_found")
    assert is_problem(await bob.delete(f"/api/bots/{ada.id}"), 404, "not_found")


@on_one_process
async def test_a_bot_that_is_put_away_comes_back_by_nothing(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    bot = await make_bot(ada)
    token = await make(ada, bot_id=bot["id"])
    socket = await people.open(token=token["token"])
    assert (await ada.delete(f"/api/bots/{bot['id']}")).status_code == 204
    assert await socket.wait_closed() == CloseCode.SIGN_IN_AGAIN
    assert is_problem(await asked(people, token, "/api/users"), 401, "invalid_token")
    assert is_problem(
        await ada.post("/api/tokens", {"name": "x", "scopes": ["read"], "bot_id": bot["id"]}), 404, "not_found"
    )
    assert is_problem(await ada.delete(f"/api/bots/{bot['id']}"), 404, "not_found")
    assert is_problem(await ada.post("/api/bots", {"name": bot["name"], "display_name": "Beep"}), 409, "id_taken")


@on_one_process
async def test_the_number_of_bots_and_of_tokens_is_limited(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    for _ in range(20):
        await make_bot(ada)
    assert is_problem(await ada.post("/api/bots", {"name": handle(), "display_name": "Beep"}), 409, "too_many")


@on_one_process
@pytest.mark.parametrize("name", ["Beep", "b", "admin", "be--ep"])
async def test_what_no_handle_can_be_is_no_bots(people: People, name: str) -> None:
    [ada] = await people.sign_up("Ada")
    assert is_problem(await ada.post("/api/bots", {"name": name, "display_name": "Beep"}), 400, "invalid_payload")


# --- what the tests do ----------------------------------------------------------------------------------------------


async def make(person: Person, **how: Any) -> dict[str, Any]:
    answer = await person.post("/api/tokens", {"name": "Script", "scopes": ["read"], **how})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def make_bot(person: Person) -> dict[str, Any]:
    answer = await person.post("/api/bots", {"name": handle(), "display_name": "Beep"})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def handle() -> str:
    return f"beep-{new_id()[-12:]}"


async def asked(people: People, made: dict[str, Any], path: str) -> httpx.Response:
    return await people.http.get(path, headers={"Authorization": f"Bearer {made['token']}"})


async def asked_at(url: str, made: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        return await http.get("/api/users", headers={"Authorization": f"Bearer {made['token']}"})
