"""Gathers what arrives within one tick of the event loop, so that a gateway can write it in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hubbub.bus.port import Deliver, Published


class Delivery:
    """Calls `deliver` at most once a tick with everything that was added since, in that order."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._arrived: list[Published] = []
        self._closed = False

    def add(self, published: Published) -> None:
        if not self._arrived:
            self._loop.call_soon(self._flush)
        self._arrived.append(published)

    def extend(self, batch: Sequence[Published]) -> None:
        if not self._arrived and batch:
            self._loop.call_soon(self._flush)
        self._arrived.extend(batch)

    def close(self) -> None:
        """Deliver what has arrived, and nothing after it."""
        self._flush()
        self._closed = True

    def _flush(self) -> None:
        arrived, self._arrived = self._arrived, []
        if arrived and not self._closed:
            self._deliver(arrived)
