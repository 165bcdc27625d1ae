"""Lets many callers share one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

R = TypeVar("R")


class Rounds(Generic[R]):
    """Runs `work` on the ids that were asked for since it last began; one round at a time.

    `work` must not raise: nobody in particular asked for a round.
    """

    def __init__(self, work: Callable[[set[str]], Awaitable[R]]) -> None:
        self._work = work
        self._ids: set[str] = set()
        self._asked = asyncio.Event()
        self._next: asyncio.Future[R] | None = None

    def add(self, ids: Iterable[str] = ()) -> asyncio.Future[R]:
        """The result of the next round that begins, which is for these ids and others. Never cancel it."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        self._ids.update(ids)
        self._asked.set()
        return self._next

    async def run(self) -> None:
        """Work off round after round, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            ids, self._ids = self._ids, set()
            asked_for, self._next = self._next, None
            result = await self._work(ids)
            if asked_for is not None and not asked_for.done():
                asked_for.set_result(result)
