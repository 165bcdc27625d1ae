"""What tests hear of a bus, and how they wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from hubbub.bus.port import Bus, Published

SOON = 20  # seconds; a deadline that only a failing test meets


class Ear:
    """A bus with one listener to everything that it delivers."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.deliveries: list[list[Published]] = []
        self.interruptions = 0

    async def __aenter__(self) -> Self:
        await self.bus.start(self.deliveries.append, self._interrupted)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.bus.close()

    def _interrupted(self) -> None:
        self.interruptions += 1

    @property
    def heard(self) -> list[Published]:
        return [published for delivery in self.deliveries for published in delivery]

    @property
    def payloads(self) -> list[bytes]:
        return [published.payload for published in self.heard]

    async def hears(self, count: int) -> None:
        await until(lambda: len(self.heard) >= count, f"{count} events are delivered")

    async def is_interrupted(self) -> None:
        await until(lambda: self.interruptions > 0, "the interruption is told")


async def until(true: Callable[[], bool], what: str) -> None:
    """Returns once `true()` holds; raises `TimeoutError` naming `what` when it does not come to be."""
    try:
        async with asyncio.timeout(SOON):
            while not true():  # noqa: ASYNC110 - some of what is waited for has no event
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise TimeoutError(f"not within {SOON} s: {what}") from None


def event(topic: str, number: int = 0) -> Published:
    return Published(topic, "new_message", b'{"number":%d}' % number, 7)
