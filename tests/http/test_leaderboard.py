"""/api/leaderboard: kept up by the commits themselves, per channel and overall, by day, week, all time (seed 000)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from hubbub.storage.schema import scores
from hubbub.storage.sweep import Sweep
from hubbub.storage.users import set_disabled
from hubbub.wire.errors import Refusal
from hubbub.wire.ids import new_id
from tests.http.talking import Talking
from tests.http.test_channels import begun
from tests.http.test_signing_in import is_problem
from tests.http.world import Person, World

DAY = 86_400


@pytest.fixture
async def world(world: World) -> World:
    """At noon, so that no test runs over midnight."""
    world.clock.ahead = -(time.time() % DAY) + DAY / 2
    return world


@pytest.fixture
def talking(world: World) -> Talking:
    return Talking(world)


@pytest.fixture
async def channel(ada: Person, bob: Person) -> str:
    """Ada's, to which Bob subscribes."""
    id = str((await begun(ada, "Boats"))["id"])
    await bob.put(f"/api/channels/{id}/subscription")
    return id


async def board(viewer: Person, **asked: Any) -> dict[str, tuple[int, int]]:
    """Messages and reactions by name, the best first."""
    answer = await viewer.get("/api/leaderboard", **asked)
    assert answer.status_code == 200, answer.text
    return {item["user"]["name"]: (item["messages"], item["reactions"]) for item in answer.json()["items"]}


def name(person: Person) -> str:
    return str(person.answer["user"]["name"])


# --- what counts --------------------------------------------------------------------------------------------------


async def test_messages_and_what_others_gave_for_them_count(
    talking: Talking, ada: Person, bob: Person, channel: str
) -> None:
    first, _ = [await talking.send(ada, channel) for _ in range(2)]
    await talking.send(bob, channel)
    for emoji in ("+1", "heart"):
        await talking.react(bob, channel, first, emoji)
    answer = (await bob.get("/api/leaderboard")).json()
    assert answer["period"] == "week"
    assert [(item["rank"], item["user"]["id"], item["points"]) for item in answer["items"]] == [
        (1, ada.id, 4),
        (2, bob.id, 1),
    ]
    assert answer["items"][0] == {
        "rank": 1,
        "user": (await bob.get(f"/api/users/{ada.id}")).json(),
        "messages": 2,
        "reactions": 2,
        "points": 4,
    }


async def test_ones_own_reaction_to_oneself_does_not_count(talking: Talking, ada: Person, channel: str) -> None:
    message = await talking.send(ada, channel)
    await talking.react(ada, channel, message)
    assert await board(ada) == {name(ada): (1, 0)}
    await talking.react(ada, channel, message, on=False)
    assert await board(ada) == {name(ada): (1, 0)}


async def test_only_where_people_come_in_by_themselves(
    world: World, talking: Talking, ada: Person, bob: Person, channel: str
) -> None:
    group = await world.gather(ada, bob, plain=True)
    message = await talking.send(ada, group)
    await talking.react(bob, group, message)
    assert await board(ada) == {}


async def test_equal_points_share_a_rank(talking: Talking, ada: Person, bob: Person, world: World) -> None:
    cem = await world.register("cem@example.org", "Cem")
    id = str((await begun(ada, "Boats"))["id"])
    for other in (bob, cem):
        await other.put(f"/api/channels/{id}/subscription")
    for writer in (ada, ada, bob, bob, cem):
        await talking.send(writer, id)
    items = (await cem.get("/api/leaderboard")).json()["items"]
    assert [(item["rank"], item["points"]) for item in items] == [(1, 2), (1, 2), (3, 1)]
    assert len((await cem.get("/api/leaderboard", limit=2)).json()["items"]) == 2


# --- where and when -----------------------------------------------------------------------------------------------


async def test_each_channel_has_a_board_and_all_have_one(talking: Talking, ada: Person, bob: Person) -> None:
    boats, oars = [(await begun(ada, title)) for title in ("Boats", "Oars")]
    await talking.send(ada, boats["id"])
    await talking.send(ada, oars["id"])
    await talking.send(ada, oars["id"])
    assert await board(bob) == {name(ada): (3, 0)}
    assert await board(bob, channel=boats["id"]) == {name(ada): (1, 0)}
    assert await board(bob, channel="oars") == {name(ada): (2, 0)}
    for nothing in (new_id(), "sails"):
        assert is_problem(await bob.get("/api/leaderboard", channel=nothing), 404, "not_found")


async def test_a_group_has_none(world: World, ada: Person, bob: Person) -> None:
    group = await world.gather(ada, bob, plain=True)
    assert is_problem(await ada.get("/api/leaderboard", channel=group), 404, "not_found")


async def test_a_day_a_week_and_all_time(
    world: World, talking: Talking, ada: Person, bob: Person, channel: str
) -> None:
    now = world.clock.ahead
    world.clock.ahead = now - 7 * DAY
    old = await talking.send(ada, channel)
    world.clock.ahead = now - 6 * DAY
    await talking.send(ada, channel)
    world.clock.ahead = now
    await talking.react(bob, channel, old)
    assert await board(bob, period="day") == {name(ada): (0, 1)}
    assert await board(bob, period="week") == {name(ada): (1, 1)}
    assert await board(bob, period="all") == {name(ada): (2, 1)}
    assert is_problem(await bob.get("/api/leaderboard", period="year"), 400, "invalid_payload")


async def test_old_days_are_added_up_and_what_is_taken_back_of_them_is_taken_off(
    world: World, talking: Talking, ada: Person, bob: Person, channel: str
) -> None:
    now = world.clock.ahead
    sweep = Sweep(world.reader, world.writer, clock=world.clock)
    said = []
    for days in (30, 20, 10, 1):
        world.clock.ahead = now - days * DAY
        said.append(await talking.send(ada, channel))
        await talking.react(bob, channel, said[-1])
    world.clock.ahead = now
    await sweep.once()
    assert await world.reader.run(rows_of, channel) == 2, "one for long ago, one for yesterday"
    assert await board(bob, period="all") == {name(ada): (4, 4)}
    assert await board(bob, period="week") == {name(ada): (1, 1)}
    await talking.delete(ada, channel, said[0])
    assert await board(bob, period="all") == {name(ada): (3, 3)}
    await sweep.once()
    assert await world.reader.run(rows_of, channel) == 2
    assert await board(bob, period="all", channel=channel) == {name(ada): (3, 3)}


def rows_of(connection: Connection, channel: str) -> int:
    query = select(func.count()).select_from(scores).where(scores.c.conversation_id == channel)
    return connection.execute(query).scalar_one()


# --- taken back ---------------------------------------------------------------------------------------------------


async def test_what_is_deleted_is_taken_off_the_days_on_which_it_was_counted(
    world: World, talking: Talking, ada: Person, bob: Person, channel: str
) -> None:
    now = world.clock.ahead
    world.clock.ahead = now - DAY
    message = await talking.send(ada, channel)
    await talking.react(bob, channel, message, "heart")
    world.clock.ahead = now
    await talking.send(ada, channel)
    await talking.react(bob, channel, message)
    assert await board(bob, period="day") == {name(ada): (1, 1)}
    for _ in range(2):
        await talking.delete(ada, channel, message, op_id="away")
        assert await board(bob, period="day") == {name(ada): (1, 0)}
        assert await board(bob, period="all") == {name(ada): (1, 0)}
    with pytest.raises(Refusal):
        await talking.react(bob, channel, message, on=False)
    assert await board(bob, period="all") == {name(ada): (1, 0)}


async def test_what_a_moderator_removes_is_taken_off_once(
    talking: Talking, ada: Person, bob: Person, channel: str
) -> None:
    message = await talking.send(bob, channel)
    await talking.send(bob, channel)
    await talking.react(ada, channel, message)
    for _ in range(2):
        await talking.remove(ada, channel, message)
        assert await board(ada) == {name(bob): (1, 0)}
    with pytest.raises(Refusal):
        await talking.delete(bob, channel, message)
    assert await board(ada) == {name(bob): (1, 0)}


async def test_an_edit_and_repeats_change_nothing(talking: Talking, ada: Person, bob: Person, channel: str) -> None:
    id = new_id()
    for _ in range(2):
        assert await talking.send(ada, channel, id) == id
    for _ in range(2):
        await talking.edit(ada, channel, id, "Hello again", op_id="edit")
        await talking.react(bob, channel, id, op_id="on")
    assert await board(bob) == {name(ada): (1, 1)}
    for _ in range(2):
        await talking.react(bob, channel, id, on=False, op_id="off")
        await talking.react(bob, channel, id, op_id="on")  # of before: it is off
    assert await board(bob) == {name(ada): (1, 0)}


# --- who is shown -------------------------------------------------------------------------------------------------


async def test_who_hides_when_they_are_online_is_shown_and_who_is_shut_out_is_not(
    world: World, talking: Talking, ada: Person, bob: Person, channel: str
) -> None:
    await talking.send(ada, channel)
    await talking.send(bob, channel)
    await ada.patch("/api/profile", {"hidden": True})
    await world.writer.write(set_disabled, bob.id, True, users=[bob.id])
    assert await board(ada) == {name(ada): (1, 0)}
    await world.writer.write(set_disabled, bob.id, False, users=[bob.id])
    assert (await board(ada))[name(bob)] == (1, 0)
