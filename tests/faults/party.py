"""Several people who talk without pause, in an open group and in a private conversation, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tests.faults.count import Count, Picture, flaws
from tests.faults.device import Device, Speaker
from tests.faults.replica import Replica
from tests.people import People, Person, Server, start_group, start_open_group, start_private

PATIENCE = 40.0  # seconds; only a failing test waits so long


class Party:
    """Four people with six devices on one server, or spread over two.

    Ann, Ben and Cem speak, Dora listens; Ann and Ben also in private. Some choose the places of their messages
    themselves, others leave that to the server.
    """

    def __init__(self, *servers: Server) -> None:
        self._servers = servers
        self._people = People(servers[0])
        self._changed = asyncio.Event()
        self._may_speak = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._counted = 0
        self._counted_before = 0
        self.devices: list[Device] = []

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opened:
            await opened.enter_async_context(self._people)
            await self._gather()
            self._opened = opened.pop_all()
        self._tasks = [asyncio.create_task(device.live(), name=device.name) for device in self.devices]
        await self.until(self.all_here, "everyone has arrived")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        left = set(self._tasks)
        while left:  # a task group whose member fails just then forgets that it was cancelled
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=1)
        await self._opened.aclose()

    async def _gather(self) -> None:
        ann, ben, cem, dora = await self._people.sign_up("Ann", "Ben", "Cem", "Dora")
        host = await ann.arrive()
        self.group = await start_open_group(host, ben, cem, dora)
        self.private = await start_private(host, ben)
        await start_group(host, ben, cem, dora)  # in which nobody is a stranger, so all hear who is there
        await host.close()
        here, there = list(self._servers), list(reversed(self._servers))
        self.ann = self._device("ann", ann, here)
        self._device("ann's other", ann, there)
        self.ben = self._device("ben", ben, there)
        self.cem = self._device("cem", cem, here)
        self.dora = self._device("dora", dora, there)
        self.homebody = self._device("dora's other", dora, here[:1])  # who knows no other server
        for device in (self.ann, self.ben, self.cem):
            device.speak_in(self.group, composes=device is not self.ben)
        for _ in range(2):
            self.ben.speak_in(self.group, composes=False)
        self.ann.speak_in(self.private, ann, ben, composes=True)
        self.ben.speak_in(self.private, ann, ben, composes=False)

    def _device(self, name: str, person: Person, servers: Sequence[Server]) -> Device:
        device = Device(name, person, servers, self._may_speak, self._changed.set)
        device.follow(self.group)
        if name.startswith(("ann", "ben")):
            device.follow(self.private)
        self.devices.append(device)
        return device

    # --- talking ------------------------------------------------------------------------------------------------

    @property
    def speakers(self) -> list[Speaker]:
        return [speaker for device in self.devices for speaker in device.speakers]

    async def talk(self, messages: int = 20) -> None:
        """Go on until everyone who speaks had that many further messages acknowledged; nobody stops then."""
        self._may_speak.set()
        goals = [(speaker, len(speaker.acknowledged) + messages) for speaker in self.speakers]
        await self.until(
            lambda: all(len(speaker.acknowledged) >= goal for speaker, goal in goals),
            f"{messages} more messages of each are acknowledged",
        )

    async def lose_networks(self) -> None:
        """Everybody's socket breaks off in the middle of a word; they come back."""
        for device in self.devices:
            device.lose_network()
        await self.talk(1)

    async def fall_silent(self) -> None:
        """Nobody begins another message, and all that were begun are acknowledged."""
        self._may_speak.clear()
        await self.until(lambda: all(speaker.pending is None for speaker in self.speakers), "every outbox is empty")

    def refusals(self, reason: str) -> dict[str, int]:
        """How often each device that speaks was refused for this reason."""
        return {device.name: device.refusals.count(reason) for device in self.devices if device.speakers}

    async def each_is_refused(self, reason: str, before: dict[str, int]) -> None:
        """Everyone who speaks has been refused for this reason since `before` was taken."""
        await self.until(
            lambda: all(count > before[name] for name, count in self.refusals(reason).items()),
            f"everyone who speaks is refused: {reason}",
        )

    # --- waiting ------------------------------------------------------------------------------------------------

    async def until(self, true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Returns as soon as `true()` holds of the devices; raises `TimeoutError` naming `what`."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._changed.clear()
                    for task in self._tasks:
                        if task.done():
                            task.result()
                    if true():
                        return
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"not within {seconds:g} s: {what}; {self._state()}") from None

    def all_here(self) -> bool:
        return all(device.server is not None for device in self.devices)

    async def caught_up(self) -> None:
        """Every device has, by what it was pushed and what it pulled for that, all that the server has."""
        ann, ben = self.ann.person, self.ben.person
        heads = {**await _heads(ben), **await _heads(ann)}
        await self.until(
            lambda: (
                self.all_here()
                and all(r.cursor >= heads[r.conversation_id] for d in self.devices for r in d.replicas.values())
            ),
            "every replica is complete",
        )

    async def presence_right(self, seconds: float = PATIENCE, *, without: Server | None = None) -> float:
        """Every connected device shows exactly the sockets that there are; how many seconds that took.

        `without` is a server that has just ended, which every device has to notice first.
        """
        began = time.monotonic()
        if without is not None:
            await self.until(lambda: all(device.server is not without for device in self.devices), "it is missed")
        await self.until(self._presence_is_right, "presence is right", seconds)
        return time.monotonic() - began

    def _presence_is_right(self) -> bool:
        here = [device for device in self.devices if device.server is not None]
        truth = Counter(device.person.id for device in here)
        return bool(here) and all(
            {user: len(refs) for user, refs in device.present.items() if refs} == truth for device in here
        )

    def _state(self) -> str:
        return "; ".join(
            f"{d.name}: {'connected' if d.server else 'away'}, cursors "
            f"{[r.cursor for r in d.replicas.values()]}, acknowledged {[len(s.acknowledged) for s in d.speakers]}, "
            f"pending {sum(s.pending is not None for s in d.speakers)}, closes {d.closes[-3:]}, "
            f"refusals {d.refusals[-3:]}, present {[len(refs) for refs in d.present.values()]}, {d.failures[-2:]}"
            for d in self.devices
        )

    # --- counting -----------------------------------------------------------------------------------------------

    async def count(self) -> Count:
        """When all is said and everyone has caught up: what a fresh client and every replica show of it."""
        await self.fall_silent()
        await self.caught_up()
        said = [said for speaker in self.speakers for said in speaker.acknowledged]
        found = []
        for conversation_id, reader in ((self.group, self.dora.person), (self.private, self.ben.person)):
            replicas = [d.replicas[conversation_id] for d in self.devices if conversation_id in d.replicas]
            threads = [s.acknowledged for s in self.speakers if s.conversation_id == conversation_id]
            fresh = await _pulled_anew(reader, conversation_id)
            found.append(flaws(Picture(fresh, replicas, threads)))
        for device in self.devices:
            assert not device.failures, (device.name, device.failures)
        stored_before = sum(one.stored_before for one in said)
        before, self._counted = self._counted, len(said)
        before_stored, self._counted_before = self._counted_before, stored_before
        return Count(len(said) - before, stored_before - before_stored, *map(sum, zip(*found, strict=True)))


async def _heads(person: Person) -> dict[str, int]:
    answer = await person.get("/api/sync", cursor=0)
    assert answer.status_code == 200, answer.text
    heads: dict[str, int] = answer.json()["heads"]
    return heads


async def _pulled_anew(person: Person, conversation_id: str) -> Replica:
    """What a client without anything gets."""
    fresh, more = Replica(conversation_id), True
    while more:
        answer = await person.get("/api/sync", conversation_id=conversation_id, cursor=fresh.cursor, limit=500)
        assert answer.status_code == 200, answer.text
        fresh.pulled(answer.json())
        more = answer.json()["more"]
    return fresh
