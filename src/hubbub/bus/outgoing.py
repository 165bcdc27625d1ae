"""What waits to be sent to other processes: gathered by topic, bounded in bytes."""

from __future__ import annotations

import asyncio

from hubbub.bus.port import Published

MOST_BYTES_WAITING = 8 * 1024 * 1024
OVERHEAD = 128  # bytes that a small event costs in memory besides its payload; need not be exact


class Outgoing:
    """Filled by `add` without waiting, emptied by one sender that takes everything at once."""

    def __init__(self, most_bytes: int = MOST_BYTES_WAITING) -> None:
        self._most_bytes = most_bytes
        self._by_topic: dict[str, list[Published]] = {}
        self._bytes = 0
        self._filled = asyncio.Event()
        self.dropped = 0

    def add(self, published: Published) -> None:
        """Append, or drop and count when too much waits already."""
        size = len(published.payload) + OVERHEAD
        if self._bytes + size > self._most_bytes:
            self.dropped += 1
            return
        self._bytes += size
        batch = self._by_topic.get(published.topic)
        if batch is None:
            self._by_topic[published.topic] = [published]
            self._filled.set()
        else:
            batch.append(published)

    async def wait(self) -> None:
        """Wait until there is something to take."""
        await self._filled.wait()

    def take(self) -> dict[str, list[Published]]:
        """Everything that waits, by topic, each in the order of publishing."""
        taken, self._by_topic = self._by_topic, {}
        self._bytes = 0
        self._filled.clear()
        return taken

    def drop(self) -> None:
        """Forget what waits; it counts as dropped."""
        self.dropped += sum(map(len, self.take().values()))
