"""The count of a server that is many processes, through Redis or Valkey.

Each process keeps the accounts that are connected to it in a set of its own, and its lease by the clock of Redis. One
script enters what changed, takes out processes whose lease has ended, and answers the sums, all in one step.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import time
from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hubbub.bus import counts_scripts
from hubbub.bus.counts import Count, Tally

log = structlog.get_logger("hubbub.counts")

ANSWER_WITHIN = 2.0  # seconds that Redis has for an answer before it counts as away
KEPT_MS = 60_000  # what nobody refreshes is gone after this
FAILURES = (RedisError, OSError)
AT_ONCE = 1000  # accounts in one command, so that Redis serves others in between


class RedisCounts:
    """Keeps the promises of `CountStore` between all processes with the same `url` and `prefix`."""

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "hubbub",
        dead_after: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`url` as redis-py takes it; `dead_after` seconds without adding up a process is dead.

        Raises `ValueError` for any other address.
        """
        self._redis = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=ANSWER_WITHIN,
            socket_connect_timeout=ANSWER_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
        self._dead_after = dead_after
        self._clock = clock
        self._base = f"{prefix}:counts:"
        self._process = secrets.token_hex(16)
        self._keys = [f"{self._base}processes"]
        self._known = Count(0, 0)
        self._entered = False  # whether Redis has what is here, but for what was touched since
        self._answering_since = -math.inf
        self._last_answer = -math.inf
        self._add_up = self._redis.register_script(counts_scripts.ADD_UP)
        self._goodbye = self._redis.register_script(counts_scripts.GOODBYE)

    async def add_up(self, tally: Tally) -> Count:
        touched, tally.touched = tally.touched, set()
        try:
            if not self._entered or not await self._enter(tally, touched, whole=False):
                await self._enter(tally, set(tally.sockets), whole=True)
        except FAILURES as failure:
            if self._entered:
                log.warning("counts_unreachable", cause=type(failure).__name__)
            self._entered = False
        else:
            self._entered = True
        return self._known

    async def close(self) -> None:
        with contextlib.suppress(*FAILURES):
            await self._goodbye(keys=self._keys, args=[self._base, self._process])
        await self._redis.aclose()

    async def _enter(self, tally: Tally, users: set[str], *, whole: bool) -> bool:
        """Enter these users as they are here now; False when Redis does not know this process, and wants everything."""
        waiting = list(users)
        while True:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            came = [user for user in some if user in tally.sockets]
            went = [user for user in some if user not in tally.sockets]
            known, *sums = await self._add_up(
                keys=self._keys,
                args=[
                    self._base,
                    self._process,
                    round(self._dead_after * 1000),
                    KEPT_MS,
                    int(self._may_judge()),
                    int(whole),
                    tally.guests,
                    len(came),
                    *came,
                    *went,
                ],
            )
            if not known:
                return False
            self._last_answer = self._clock()
            self._known = Count(*sums)
            whole = False
            if not waiting:
                return True

    def _may_judge(self) -> bool:
        """Whether the silence of others is their own.

        After Redis or this process stood still everyone's lease is old; they get time to renew it.
        """
        now = self._clock()
        if now - self._last_answer > self._dead_after / 2:
            self._answering_since = now
        return now - self._answering_since >= self._dead_after
