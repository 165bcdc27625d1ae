"""How many are connected, told to those who are in the lobby (seed 004, user count)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from hubbub.bus.counts import Count, CountStore, Tally
from hubbub.bus.ending import end
from hubbub.wire.frames import encode
from hubbub.wire.pushes import UserCount

log = structlog.get_logger("hubbub.counting")

INTERVAL = 1.0  # seconds between two looks: however many come and go, everybody is told once in that time


class Counting:
    """The count as this process knows it. `tell` is called with the payload of `user_count` when that changed."""

    def __init__(self, store: CountStore, tell: Callable[[bytes], None], interval: float = INTERVAL) -> None:
        self.tally = Tally()
        self._store = store
        self._tell = tell
        self._interval = interval
        self._count = Count(0, 0)
        self._task: asyncio.Task[None] | None = None

    @property
    def payload(self) -> bytes:
        """What was told last."""
        return encode(UserCount(authorized=self._count.authorized, anonymous=self._count.anonymous))

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._look_again_and_again(), name="counting")

    async def close(self) -> None:
        if self._task is not None:
            await end(self._task)
        await self._store.close()

    async def _look_again_and_again(self) -> None:
        while True:
            try:
                self._found(await self._store.add_up(self.tally))
            except Exception as error:
                # One look that fails must not end the looking.
                log.exception("count_failed", error=type(error).__name__)
            await asyncio.sleep(self._interval)

    def _found(self, count: Count) -> None:
        if count != self._count:
            self._count = count
            self._tell(self.payload)
