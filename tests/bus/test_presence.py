"""What `PresenceStore` promises, of every store: in one process, and between two that share a Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import NamedTuple
from uuid import uuid4

import pytest

from hubbub.bus.presence import Meta, PresenceStore
from hubbub.bus.presence_memory import MemoryPresence
from hubbub.bus.presence_redis import RedisPresence


class Pair(NamedTuple):
    here: PresenceStore
    there: PresenceStore


def memory(request: pytest.FixtureRequest) -> list[PresenceStore]:
    return [MemoryPresence()]


def one_process_on_redis(request: pytest.FixtureRequest) -> list[PresenceStore]:
    return [RedisPresence(request.getfixturevalue("redis_url"), prefix=uuid4().hex)]


def two_processes_on_redis(request: pytest.FixtureRequest) -> list[PresenceStore]:
    prefix = uuid4().hex
    return [RedisPresence(request.getfixturevalue("redis_url"), prefix=prefix) for _ in range(2)]


@pytest.fixture(
    params=[
        memory,
        pytest.param(one_process_on_redis, marks=pytest.mark.redis),
        pytest.param(two_processes_on_redis, marks=pytest.mark.redis),
    ]
)
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    make: Callable[[pytest.FixtureRequest], list[PresenceStore]] = request.param
    async with AsyncExitStack() as stack:
        stores = make(request)
        for store in stores:
            await store.start(lambda _: None)
            stack.push_async_callback(store.close)
        yield Pair(stores[0], stores[-1])


def meta(ref: str, status: str = "online") -> Meta:
    return Meta(ref, "2024-01-01T23:38:41.183Z", status)


async def test_who_arrived_is_present_everywhere_at_once(pair: Pair) -> None:
    await pair.here.arrive("ada", meta("1"))
    assert await pair.there.of(["ada", "bob"]) == {"ada": [meta("1")]}
    assert await pair.here.of(["ada", "bob"]) == {"ada": [meta("1")]}


async def test_only_those_who_were_asked_for_are_answered(pair: Pair) -> None:
    await pair.here.arrive("ada", meta("1"))
    await pair.here.arrive("bob", meta("2"))
    assert await pair.there.of(["bob"]) == {"bob": [meta("2")]}
    assert await pair.there.of([]) == {}


async def test_a_user_has_a_presence_for_each_socket_wherever_it_is(pair: Pair) -> None:
    await pair.here.arrive("ada", meta("1"))
    await pair.there.arrive("ada", meta("2"))
    await pair.here.arrive("ada", meta("3"))
    for store in pair:
        refs = [present.phx_ref for present in (await store.of(["ada"]))["ada"]]
        assert sorted(refs) == ["1", "2", "3"]


async def test_who_left_is_gone_everywhere_with_the_last_socket(pair: Pair) -> None:
    await pair.here.arrive("ada", meta("1"))
    await pair.here.arrive("ada", meta("2"))
    await pair.here.leave("ada", "1")
    assert await pair.there.of(["ada"]) == {"ada": [meta("2")]}
    await pair.here.leave("ada", "2")
    assert await pair.there.of(["ada"]) == {}
    assert await pair.here.of(["ada"]) == {}


async def test_leaving_what_is_not_there_is_nothing(pair: Pair) -> None:
    await pair.here.leave("ada", "1")
    await pair.here.arrive("ada", meta("1"))
    await pair.here.leave("ada", "another")
    assert await pair.there.of(["ada"]) == {"ada": [meta("1")]}


async def test_arriving_again_replaces(pair: Pair) -> None:
    await pair.here.arrive("ada", meta("1"))
    await pair.here.arrive("ada", meta("1", "idle"))
    assert await pair.there.of(["ada"]) == {"ada": [meta("1", "idle")]}


async def test_many_come_and_go_at_once(pair: Pair) -> None:
    users = [f"user-{number}" for number in range(2500)]
    await asyncio.gather(*(pair.here.arrive(user, meta(user)) for user in users))
    assert await pair.there.of(users) == {user: [meta(user)] for user in users}
    await asyncio.gather(*(pair.here.leave(user, user) for user in users[1:]))
    assert await pair.there.of(users) == {users[0]: [meta(users[0])]}


async def test_many_may_ask_at_once(pair: Pair) -> None:
    await pair.here.arrive("ada", meta("1"))
    await pair.here.arrive("bob", meta("2"))
    answers = await asyncio.gather(*(pair.there.of([user]) for user in ["ada", "bob", "eve"] * 100))
    assert answers == [{"ada": [meta("1")]}, {"bob": [meta("2")]}, {}] * 100
