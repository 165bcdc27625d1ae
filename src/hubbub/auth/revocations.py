"""Tokens that ended early, known to every process within a second.

Read from the database, because the bus may lose what it is given (Hubbub protocol, section 1).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable

import structlog

from hubbub.auth.actor import Actor
from hubbub.auth.tokens import LIFETIME
from hubbub.storage.engine import Reader
from hubbub.storage.families import CLOCK_SKEW, Revocation, revocations_since
from hubbub.wire.errors import InvalidToken, Refusal

log = structlog.get_logger("hubbub.revocations")

Callback = Callable[[str, str | None], None]
INTERVAL = 1.0
# Rows may become visible in another order than their times say: each look goes back this far (ms), and knows
# what it has seen.
OVERLAP = CLOCK_SKEW
# How long (ms) a revocation matters: until the last token that it could meet has expired.
MATTERS = LIFETIME * 1000 + CLOCK_SKEW


class Revocations:
    """What is revoked, in memory. `start` reads what still matters and then looks once every `interval`
    seconds.
    """

    def __init__(self, reader: Reader, clock: Callable[[], float] = time.time, interval: float = INTERVAL) -> None:
        self._reader = reader
        self._clock = clock
        self._interval = interval
        self._seen: dict[str, Revocation] = {}
        self._families: set[str] = set()
        self._users: dict[str, int] = {}  # issued at or before this second
        self._newest = 0
        self._callbacks: list[Callback] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load what matters now, then keep looking. Raises `Unavailable` when the database cannot be read at
        first.
        """
        self._newest = int(self._clock() * 1000) - MATTERS + OVERLAP
        await self.look()
        self._task = asyncio.get_running_loop().create_task(self._poll(), name="revocations")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def on_revoked(self, callback: Callback) -> None:
        """Call `callback(user_id, family_id)` once for each new revocation; no family: all of the user's."""
        self._callbacks.append(callback)

    def is_revoked(self, actor: Actor) -> bool:
        if actor.family_id in self._families:
            return True
        return self._users.get(actor.user_id, -1) >= actor.expires_at - actor.lifetime

    def require_live(self, actor: Actor) -> Actor:
        """`actor`, or `InvalidToken` when what proved it was revoked."""
        if self.is_revoked(actor):
            raise InvalidToken("The token was revoked; sign in again.")
        return actor

    def apply(self, revocations: Iterable[Revocation]) -> None:
        """Make these count here at once: those just committed by this process, or found in the database."""
        for revocation in revocations:
            if revocation.id not in self._seen:
                self._seen[revocation.id] = revocation
                self._take(revocation)

    def _take(self, revocation: Revocation) -> None:
        user, family = revocation.user_id, revocation.family_id
        if family is not None:
            self._families.add(family)
        else:
            self._users[user] = max(self._users.get(user, 0), revocation.at // 1000)
        for callback in self._callbacks:
            try:
                callback(user, family)
            except Exception as error:
                # The revocation counts already: who fails to hear of it must not fail those who come after.
                log.exception("revocation_unheard", error=type(error).__name__)

    async def look(self) -> None:
        """Read once what is new."""
        found = await self._reader.run(revocations_since, self._newest - OVERLAP)
        self.apply(found)
        self._newest = max([self._newest, *(revocation.at for revocation in found)])

    async def _poll(self) -> None:
        away = False
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self.look()
                self._forget()
                away = False
            except Refusal:  # the database is away: what is known keeps counting, the rest comes when it is back
                if not away:
                    log.warning("revocations_unread")
                away = True
            except Exception as error:
                # A failing query must not end the looking: revoked tokens would live on.
                log.exception("revocations_failed", error=type(error).__name__)

    def _forget(self) -> None:
        """Drop what no living token can meet. Rows that the next look reads again stay known."""
        oldest = min(int(self._clock() * 1000) - MATTERS, self._newest - OVERLAP)
        for gone in [seen for seen in self._seen.values() if seen.at < oldest]:
            del self._seen[gone.id]
            if gone.family_id is not None:
                self._families.discard(gone.family_id)
            elif self._users.get(gone.user_id, 0) <= gone.at // 1000:
                self._users.pop(gone.user_id, None)
