"""DELETE /api/channels/{id}: gone at once for everybody, and then row by row (seed 000)."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection, Table, func, select

from hubbub.actions.pulling import Pulling
from hubbub.auth.actor import Actor
from hubbub.storage import closing, conversations
from hubbub.storage.rosters import Rosters
from hubbub.storage.schema import memberships, messages, reactions, scores
from hubbub.storage.users import set_admin
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import NotMember
from hubbub.wire.ids import new_id
from tests.http.talking import Talking
from tests.http.test_channels import begun, titles
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World


async def emptied(world: World) -> None:
    """Returns when nothing is left of what was closed."""
    async with asyncio.timeout(20):
        while True:
            if not await world.reader.run(closing.unfinished):
                return
            await asyncio.sleep(0.01)


async def test_everybody_loses_it_on_every_device(world: World, ada: Person, bob: Person) -> None:
    channel = await begun(ada, "Boats")
    path = f"/api/channels/{channel['id']}"
    await bob.put(f"{path}/subscription")
    assert (await ada.delete(path)).status_code == 204
    for person in (ada, bob):
        assert is_problem(await person.get(path), 404, "not_found")
        assert await titles(person) == []
        assert (await world.login(person.email)).answer["conversations"] == []
    await emptied(world)
    for person in (ada, bob):
        event, told = world.pushed_to(person)[-1]
        assert event == "conversation_removed"
        assert told["changes"] == [
            {
                "kind": "conversation",
                "id": channel["id"],
                "version": told["user_version"],
                "deleted": True,
                "data": None,
            }
        ]
    assert is_problem(await ada.delete(path), 404, "not_found")


async def test_only_its_owner_and_admins_close_it(world: World, ada: Person, bob: Person) -> None:
    paths = [f"/api/channels/{(await begun(ada, title))['id']}" for title in ("Boats", "Oars")]
    await bob.put(f"{paths[0]}/subscription")
    for path in paths:
        refused = await bob.delete(path)
        assert is_problem(refused, 403, "not_owner")
        assert refused.json()["current"]["kind"] == "channel"
    await world.writer.write(set_admin, bob.id, True, users=[bob.id])
    assert (await bob.delete(paths[0])).status_code == 204
    [noted] = (await bob.get("/api/admin/audit")).json()["items"]
    assert (noted["action"], noted["actor_id"], noted["user_id"], noted["detail"]) == ("close", bob.id, ada.id, "boats")
    await ada.delete(f"{paths[1]}/subscription")
    assert (await ada.delete(paths[1])).status_code == 204, "an owner who left is its owner"


async def test_what_is_no_channel_is_not_closed(world: World, ada: Person, bob: Person) -> None:
    group = await world.gather(ada, bob)
    for id in (group, new_id()):
        assert is_problem(await ada.delete(f"/api/channels/{id}"), 404, "not_found")


async def test_its_name_is_free_and_its_id_is_not(world: World, ada: Person, bob: Person) -> None:
    id = new_id()
    first = await begun(ada, "Boats", id=id)
    await ada.delete(f"/api/channels/{id}")
    assert is_problem(await ada.post("/api/channels", {"title": "Boats", "id": id}), 409, "id_taken")
    await emptied(world)
    assert is_problem(await ada.post("/api/channels", {"title": "Boats", "id": id}), 409, "id_taken")
    assert (await begun(bob, "Boats"))["name"] == first["name"]


async def test_nothing_of_it_is_left(world: World, ada: Person, bob: Person) -> None:
    talking = Talking(world)
    gone, stays = [str((await begun(ada, title))["id"]) for title in ("Boats", "Oars")]
    for channel in (gone, stays):
        await bob.put(f"/api/channels/{channel}/subscription")
        message = await talking.send(ada, channel)
        await talking.react(bob, channel, message, op_id="on")
    await ada.delete(f"/api/channels/{gone}")
    with pytest.raises(NotMember):
        await talking.send(ada, gone)
    await emptied(world)
    for table in (memberships, messages, reactions, scores):
        assert await world.reader.run(_count, table, gone) == 0, table.name
    [first] = (await bob.get("/api/leaderboard")).json()["items"]
    assert (first["messages"], first["reactions"]) == (1, 1)
    assert await world.reader.run(_count, messages, stays) == 1


def _count(connection: Connection, table: Table, conversation_id: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.conversation_id == conversation_id)
    return int(connection.execute(query).scalar_one())


async def test_what_a_process_left_unfinished_is_finished_by_the_next(world: World, ada: Person, bob: Person) -> None:
    channel = await begun(ada, "Boats")
    await bob.put(f"/api/channels/{channel['id']}/subscription")

    await world.writer.write(_close_and_die, channel["id"])
    pulling = Pulling(world.reader, Rosters(10), world.vault, "epoch")
    actor = Actor(bob.id, "", 0)
    known = {row.id: row.deleted for row in (await pulling.pull(actor, None, 0, 100, None)).changes}
    assert known[channel["id"]] is True, "nobody is shown what is closed, told or not"
    finishing = asyncio.create_task(world.closing.forever())
    await emptied(world)
    finishing.cancel()
    assert [event for event, _ in world.pushed_to(bob)][-1] == "conversation_removed"


def _close_and_die(transaction: Transaction, channel_id: str) -> None:
    channel = conversations.load_one(transaction.connection, channel_id)
    assert channel is not None
    closing.close(transaction, channel)
