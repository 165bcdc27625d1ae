"""Which topics a process wants to hear of, what Redis was told of it, who waits for its answer. No I/O."""

from __future__ import annotations

import asyncio


class Subscriptions:
    """Wishes change at any time; the difference to what was told is taken once a tick and travels together.

    Redis answers every subscribe and unsubscribe once and in order. A topic's subscription is in force when
    it was the last thing told of that topic and no answer about the topic is outstanding.
    """

    def __init__(self) -> None:
        self.wanted: set[str] = set()
        self._told: set[str] = set()
        self._unanswered: dict[str, int] = {}
        self._changed: dict[str, None] = {}
        self._waiters: dict[str, asyncio.Future[None]] = {}
        self._any_change = asyncio.Event()

    def want(self, topic: str) -> None:
        if topic not in self.wanted:
            self.wanted.add(topic)
            self._change(topic)

    def unwant(self, topic: str) -> None:
        if topic in self.wanted:
            self.wanted.discard(topic)
            self._change(topic)

    def _change(self, topic: str) -> None:
        self._changed[topic] = None
        self._any_change.set()

    def in_force(self, topic: str) -> bool:
        return topic in self._told and topic not in self._unanswered and topic not in self._changed

    def coming_into_force(self, topic: str) -> asyncio.Future[None]:
        """A future that many may wait for; never cancel it."""
        waiter = self._waiters.get(topic)
        if waiter is None:
            waiter = self._waiters[topic] = asyncio.get_running_loop().create_future()
        return waiter

    def forget_told(self) -> None:
        """A new connection knows of nothing."""
        self._told.clear()
        self._unanswered.clear()
        self._changed = dict.fromkeys(self.wanted)
        self._any_change.set()

    async def wait(self) -> None:
        """Wait until there are changes to take."""
        await self._any_change.wait()

    def take_changes(self) -> tuple[list[str], list[str]]:
        """The topics to subscribe and to unsubscribe now; both count as told."""
        changed, self._changed = self._changed, {}
        self._any_change.clear()
        added = [topic for topic in changed if topic in self.wanted and topic not in self._told]
        removed = [topic for topic in changed if topic not in self.wanted and topic in self._told]
        self._told.update(added)
        self._told.difference_update(removed)
        for topic in (*added, *removed):
            self._unanswered[topic] = self._unanswered.get(topic, 0) + 1
        for topic in changed:
            self._wake_if_settled(topic)
        return added, removed

    def answered(self, topic: str) -> None:
        """Redis has answered one subscribe or unsubscribe of `topic`."""
        outstanding = self._unanswered.get(topic, 0) - 1
        if outstanding > 0:
            self._unanswered[topic] = outstanding
        else:
            self._unanswered.pop(topic, None)
            self._wake_if_settled(topic)

    def _wake_if_settled(self, topic: str) -> None:
        """Those who wait are served by the subscription, or were overtaken by an `unwant`."""
        if self.in_force(topic) or topic not in self.wanted:
            waiter = self._waiters.pop(topic, None)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
