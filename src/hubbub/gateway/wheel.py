"""One timer for all sockets: whoever waits for a deadline sits in the slot of the second in which to look at them."""

from __future__ import annotations

import asyncio
from typing import Protocol

SLOTS = 64
TICK = 1.0  # seconds


class Waiting(Protocol):
    def look(self, now: int) -> int:
        """Act on what is due at tick `now`; the ticks until the next look, or 0 for never again."""


class TimerWheel:
    """Calls each one's `look` when its time has come. A socket costs one list entry, and nothing while it is busy."""

    def __init__(self) -> None:
        self.now = 0  # ticks since the start
        self._slots: list[list[Waiting]] = [[] for _ in range(SLOTS)]
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK, self._turn)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def wait(self, waiting: Waiting, ticks: int) -> None:
        """Look at `waiting` after `ticks`; longer waits than the wheel has slots look early and wait on."""
        self._slots[(self.now + max(1, min(ticks, SLOTS - 1))) % SLOTS].append(waiting)

    def _turn(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK, self._turn)
        self.now += 1
        slot = self.now % SLOTS
        due, self._slots[slot] = self._slots[slot], []
        for waiting in due:
            ticks = waiting.look(self.now)
            if ticks:
                self.wait(waiting, ticks)
