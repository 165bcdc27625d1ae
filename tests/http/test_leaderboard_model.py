"""Whatever is done in channels in whatever order, on whatever days: the board shows what a simple model counts."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubbub.storage.sweep import Sweep
from hubbub.storage.users import set_disabled
from hubbub.wire.errors import Refusal
from tests.http.talking import Talking
from tests.http.test_channels import begun
from tests.http.world import Person, World

DAY = 86_400
PEOPLE = ("Ada", "Bob", "Cem")
CHANNELS = ("Boats", "Oars")
PERIODS = {"day": 1, "week": 7, "all": 1000}


class Step(NamedTuple):
    """`which` of several, modulo their number; `again`: with the id or op_id of a step before."""

    act: str
    who: int
    which: int
    again: bool


class Said(NamedTuple):
    author: int
    channel: int
    id: str
    day: int


acts = st.sampled_from(("send", "send", "react", "react", "unreact", "edit", "delete", "remove", "sleep", "sweep"))
steps = st.lists(st.builds(Step, acts, st.integers(0, 2), st.integers(0, 7), st.booleans()), max_size=30)


class Model:
    """What stands: messages by id, and reactions with the day on which they were given."""

    def __init__(self) -> None:
        self.messages: dict[str, Said] = {}
        self.reactions: dict[tuple[str, int], int] = {}

    def board(self, first: int, channel: int | None) -> dict[int, tuple[int, int]]:
        messages = Counter(said.author for said in self._in(channel) if said.day >= first)
        reactions = Counter(
            said.author
            for said in self._in(channel)
            for (id, giver), day in self.reactions.items()
            if id == said.id and giver != said.author and day >= first
        )
        return {who: (messages[who], reactions[who]) for who in messages.keys() | reactions.keys()}

    def _in(self, channel: int | None) -> Iterator[Said]:
        return (said for said in self.messages.values() if channel is None or said.channel == channel)


class Play:
    """Does each step to the server and to the model."""

    def __init__(self, talking: Talking, people: list[Person], channels: list[str], world: World) -> None:
        self.model = Model()
        self.day = 0
        self._talking = talking
        self._people = people
        self._channels = channels
        self._world = world
        self._sent: list[Said] = []
        self._ops = 0

    async def do(self, step: Step) -> None:
        """A refusal must have changed nothing, so the model does not hear of it."""
        with suppress(Refusal):
            if step.act == "sleep":
                self.day += 1 + step.which
                self._world.clock.ahead += DAY * (1 + step.which)
            elif step.act == "sweep":
                await Sweep(self._world.reader, self._world.writer, clock=self._world.clock).once()
            elif step.act == "send":
                await self._send(step)
            elif self._sent:
                await self._touch(step, self._sent[step.which % len(self._sent)])

    async def _send(self, step: Step) -> None:
        if step.again and self._sent:
            said = self._sent[step.which % len(self._sent)]
            await self._talking.send(self._people[said.author], self._channels[said.channel], said.id)
            return
        channel = step.which % len(self._channels)
        id = await self._talking.send(self._people[step.who], self._channels[channel])
        said = Said(step.who, channel, id, self.day)
        self._sent.append(said)
        self.model.messages[id] = said

    async def _touch(self, step: Step, said: Said) -> None:
        person, channel = self._people[step.who], self._channels[said.channel]
        self._ops += 1
        for _ in range(1 + step.again):
            op_id = str(self._ops)
            if step.act == "edit":
                await self._talking.edit(person, channel, said.id, "Better", op_id)
            elif step.act == "delete":
                await self._talking.delete(person, channel, said.id, op_id)
                self.model.messages.pop(said.id, None)
            elif step.act == "remove":
                await self._talking.remove(person, channel, said.id)
                self.model.messages.pop(said.id, None)
            else:
                await self._talking.react(person, channel, said.id, on=step.act == "react", op_id=op_id)
                self._reacted((said.id, step.who), step.act == "react")

    def _reacted(self, key: tuple[str, int], on: bool) -> None:
        if on:
            self.model.reactions.setdefault(key, self.day)
        else:
            self.model.reactions.pop(key, None)

    async def check(self) -> None:
        order = {person.id: number for number, person in enumerate(self._people)}
        viewer = await self._world.login(self._people[0].email)  # days may have passed
        for period, days in PERIODS.items():
            for where, channel in ((None, None), *enumerate(self._channels)):
                asked = {"period": period} | ({"channel": channel} if channel else {})
                items = (await viewer.get("/api/leaderboard", **asked)).json()["items"]
                shown = {order[item["user"]["id"]]: (item["messages"], item["reactions"]) for item in items}
                assert shown == self.model.board(self.day - days + 1, where), (period, where)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def world(loop: asyncio.AbstractEventLoop, tmp_path: Path) -> Iterator[World]:
    """One for all examples: each has people and channels of its own."""
    world = World(tmp_path)
    loop.run_until_complete(world.open())
    yield world
    loop.run_until_complete(world.close())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_the_board_is_what_a_model_counts(loop: asyncio.AbstractEventLoop, world: World, steps: list[Step]) -> None:
    loop.run_until_complete(_played(world, steps))


async def _played(world: World, steps: list[Step]) -> None:
    people = [await world.register(f"{secrets.token_hex(6)}@example.org", name) for name in PEOPLE]
    channels = [str((await begun(people[0], title))["id"]) for title in CHANNELS]
    for person in people[1:]:
        for channel in channels:
            await person.put(f"/api/channels/{channel}/subscription")
    play = Play(Talking(world), people, channels, world)
    for step in steps:
        await play.do(step)
    await play.check()
    for person in people:  # so that the next example's are alone on the board of all channels
        await world.writer.write(set_disabled, person.id, True, users=[person.id])
