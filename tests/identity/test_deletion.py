"""Deleting an account: who is in is out, who it was is told nowhere, and messages go or stay, as the owner said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from hubbub.storage.schema import users
from hubbub.wire.ids import new_id
from tests.folder_servers import Doors
from tests.http.test_signing_in import is_problem
from tests.http.world import PASSWORD, Person, World
from tests.identity.test_passkeys import add, sign_in
from tests.people import SYSTEM, People, conversation, start_channel, start_open_group, start_private
from tests.people import Person as Somebody
from tests.phoenix import Client, Refused
from tests.secrecy.search import rows, sightings

FIVE_MINUTES = 301


async def delete(somebody: Somebody | Person, messages: str = "keep", **proof: Any) -> httpx.Response:
    body = {"messages": messages, **(proof or {"password": PASSWORD})}
    return await somebody.post("/api/account/delete", body)


async def say(client: Client, id: str, content: str) -> str:
    answer = await client.ask(conversation(id), "send_message", {"id": new_id(), "content": content})
    return str(answer["message"]["message_group"])


async def page(somebody: Somebody, id: str) -> list[tuple[str, str | None]]:
    """Who said what, in reading order."""
    items = (await somebody.get("/api/messages", conversation_id=id)).json()["items"]
    return [(item["sender"], item["content"]) for item in reversed(items)]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(400):
        if await true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("It does not come.")


# --- for everybody else -----------------------------------------------------------------------------------------------


async def test_who_deletes_their_account_is_out_everywhere_at_once(people: People, doors: Doors) -> None:
    [ada] = await people.sign_up("Ada")
    token = (await ada.post("/api/tokens", {"name": "Script", "scopes": ["read"]})).json()["token"]
    a = await ada.arrive(to=doors.second)
    assert (await delete(ada)).status_code == 204
    assert await a.wait_closed() == 4001
    assert is_problem(await ada.get("/api/sync"), 401, "invalid_token")
    assert is_problem(await delete(ada), 401, "invalid_token")
    login = {"email": ada.email, "password": PASSWORD}
    assert is_problem(await people.http.post("/auth/login", json=login), 401, "invalid_credentials")
    refresh = {"token": ada.answer["refresh_token"]}
    assert is_problem(await people.http.post("/auth/refresh", json=refresh), 401, "invalid_token")
    by_token = await people.http.get("/api/sync", headers={"Authorization": f"Bearer {token}"})
    assert is_problem(by_token, 401, "invalid_token")
    again = await people.http.post("/auth/register", json=login)
    assert again.status_code == 200, "the address is free"
    assert again.json()["user"]["id"] != ada.id


async def test_messages_that_stay_have_no_name(people: People, doors: Doors) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_open_group(await ada.arrive(), bob)
    await start_private(await ada.arrive(), bob)
    a, b = await ada.arrive(id), await bob.arrive(id, to=doors.second)
    await say(a, id, "Still here")
    handle = ada.answer["user"]["name"]
    assert (await delete(ada)).status_code == 204
    told = await b.wait_for(SYSTEM, "update_profile", lambda said: said["user"]["id"] == ada.id)
    assert told["user"]["display_name"] == "Deleted account"
    assert await page(bob, id) == [(ada.id, "Still here")]
    seen = (await bob.get(f"/api/users/{ada.id}")).json()
    assert (seen["display_name"], seen["about"], seen["picture"]) == ("Deleted account", "", None)
    assert (await bob.get(f"/api/users/{handle}")).status_code == 404
    found = (await bob.get("/api/users", search=handle)).json()["items"]
    assert ada.id not in [one["id"] for one in found]


async def test_messages_that_are_to_go_go_for_everybody(people: People, doors: Doors) -> None:
    """What others wrote stays, and a device that was away learns of it."""
    ada, bob = await people.sign_up("Ada", "Bob")
    group = await start_open_group(await ada.arrive(), bob)
    channel = await start_channel(bob, ada)
    a, b = await ada.arrive(group, channel), await bob.arrive(group, channel, to=doors.second)
    for id in (group, channel):
        await say(a, id, "Ada's")
        said = await say(b, id, "Bob's")
        await a.ask(conversation(id), "react", {"message_group_id": said, "emoji": "+1"})
    seen = (await bob.get("/api/sync", conversation_id=group)).json()["cursor"]
    assert (await delete(ada, "remove")).status_code == 204
    for id in (group, channel):
        await until(lambda id=id: gone(bob, id, ada.id))  # type: ignore[misc]
        assert [said for said in await page(bob, id) if said[0] == bob.id] == [(bob.id, "Bob's")]
        await b.wait_for(conversation(id), "unreact", lambda told: told["user_id"] == ada.id)

    async def away() -> bool:
        answer = (await bob.get("/api/sync", conversation_id=group, cursor=str(seen))).json()
        return "message" in {change["kind"] for change in answer["changes"] if change["deleted"]}

    await until(away)


async def gone(somebody: Somebody, id: str, author: str) -> bool:
    return [content for sender, content in await page(somebody, id) if sender == author and content] == []


async def test_who_is_gone_is_in_no_group_and_is_written_to_by_nobody(people: People, doors: Doors) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    group = await start_open_group(await ada.arrive(), bob)
    talk = await start_private(await bob.arrive(), ada)
    b = await bob.arrive(group, talk, to=doors.second)
    assert (await delete(ada)).status_code == 204
    left = await b.wait_for(conversation(group), "leave_conversation", lambda said: said["user_id"] == ada.id)
    assert {change["data"]["role"] for change in left["changes"] if change["id"] == bob.id} == {"owner"}

    async def refused() -> bool:
        try:
            await b.ask(conversation(talk), "send_message", {"id": new_id(), "content": "Are you there?"})
        except Refused as refusal:
            return str(refusal.reason) == "blocked"
        return False

    await until(refused)


async def test_bots_go_with_their_owner(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    bot = (await ada.post("/api/bots", {"name": f"bot-{new_id()[-12:]}", "display_name": "Bot"})).json()
    made = await ada.post("/api/tokens", {"name": "Bot", "scopes": ["read"], "bot": bot["id"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    assert (await people.http.get("/api/sync", headers=headers)).status_code == 200
    assert (await delete(ada)).status_code == 204
    assert is_problem(await people.http.get("/api/sync", headers=headers), 401, "invalid_token")


# --- who may ----------------------------------------------------------------------------------------------------------


async def test_a_device_left_signed_in_deletes_nothing(world: World) -> None:
    ada = await world.register("ada@example.com")
    assert is_problem(await delete(ada, password="Another password"), 401, "invalid_credentials")
    assert is_problem(await delete(ada, proof={"password": "Another password"}), 401, "invalid_credentials")
    world.clock.ahead += FIVE_MINUTES
    assert is_problem(await delete(ada, proof={}), 403, "fresh_proof_required")
    assert (await ada.post("/api/account/delete", {"messages": "keep"})).status_code == 400
    assert (await ada.post("/api/account/delete", {"messages": "all", "password": PASSWORD})).status_code == 400
    assert (await world.login("ada@example.com")).id == ada.id


async def test_a_passkey_signs_nobody_in_to_a_deleted_account(world: World) -> None:
    ada = await world.register("ada@example.com")
    _, passkey = await add(ada)
    assert (await delete(ada)).status_code == 204
    assert is_problem(await sign_in(world, passkey), 401, "unknown_passkey")


async def test_the_only_admin_stays_while_others_are_here(world: World) -> None:
    root = await world.register("root@example.com")
    ada = await world.register("ada@example.com")
    assert is_problem(await delete(root), 409, "last_admin")
    assert (await delete(ada)).status_code == 204
    assert (await delete(root)).status_code == 204, "the last of all may go"


async def test_the_owner_is_told_by_mail(world: World) -> None:
    ada = await world.register("ada@example.com")
    assert (await delete(ada)).status_code == 204
    assert "is deleted" in str((await world.letters("ada@example.com"))[-1]["Subject"])


async def test_no_link_and_no_reset_opens_a_deleted_account(world: World) -> None:
    ada = await world.register("ada@example.com")
    assert (await delete(ada)).status_code == 204
    letters = len(await world.letters("ada@example.com"))
    for path in ("/auth/password/request", "/auth/link/request"):
        assert (await world.client.post(path, json={"email": "ada@example.com"})).status_code == 204
    assert len(await world.letters("ada@example.com")) == letters


# --- what is left -----------------------------------------------------------------------------------------------------


async def test_nothing_that_says_who_it_was_is_left(world: World) -> None:
    """In the rows; what a database file keeps of deleted rows, and backups, is another matter (docs)."""
    await world.register("root@example.com")
    ada = await world.register("ada-canary@example.com", "Canary Byron")
    await ada.patch("/api/profile", {"about": "canary of the mines"})
    await ada.post("/api/tokens", {"name": "canary token", "scopes": ["read"]})
    await ada.put(f"/api/choices/watch/{new_id()}")
    assert (await delete(ada)).status_code == 204
    await finished(world, ada.id)
    await world.letters("ada-canary@example.com")  # the last one is sent
    for word in ("ada-canary", "Canary Byron", "canary byron", "canary of the mines", "canary token"):
        assert sightings(word, rows(world.engine)) == []


async def test_what_a_process_that_ended_began_is_finished_by_the_next(world: World) -> None:
    await world.register("root@example.com")
    ada = await world.register("ada@example.com")
    assert (await delete(ada)).status_code == 204
    await world.departing.stop()  # as it began
    forever = asyncio.create_task(world.departing.forever())
    await finished(world, ada.id)
    forever.cancel()


async def finished(world: World, user_id: str) -> None:
    async def done() -> bool:
        return await world.reader.run(_departing, user_id) is None

    await until(done)


def _departing(connection: Any, user_id: str) -> str | None:
    departing: str | None = connection.execute(select(users.c.departing).where(users.c.id == user_id)).scalar()
    return departing


@pytest.fixture
async def world(tmp_path: Path) -> Any:
    world = World(tmp_path)
    await world.open()
    yield world
    await world.close()
