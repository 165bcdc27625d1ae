"""The bus of a server that is one process."""

from __future__ import annotations

from hubbub.bus.delivery import Delivery
from hubbub.bus.port import Deliver, Interrupted, Published


class MemoryBus:
    """Keeps every promise of `Bus` and loses nothing, so it never calls `interrupted`."""

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._delivery: Delivery | None = None

    async def start(self, deliver: Deliver, interrupted: Interrupted) -> None:
        self._delivery = Delivery(deliver)

    def publish(self, published: Published) -> None:
        if published.topic in self._topics and self._delivery is not None:
            self._delivery.add(published)

    async def listen(self, topic: str) -> None:
        self._topics.add(topic)

    def unlisten(self, topic: str) -> None:
        self._topics.discard(topic)

    async def close(self) -> None:
        if self._delivery is not None:
            self._delivery.close()
