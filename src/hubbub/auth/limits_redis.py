"""Rate limits of a server that is many processes, counted together in Redis or Valkey."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hubbub.auth.limits import MOST_BUCKETS, MemoryLimiter, Rule
from hubbub.wire.errors import TooFast

log = structlog.get_logger("hubbub.limits")

ANSWER_WITHIN = 0.5  # seconds that Redis has for an answer before this process counts alone
AWAY = 5.0  # seconds in which a Redis that did not answer is not asked again, so that not every request waits for it
FAILURES = (RedisError, OSError)

# A bucket is a hash of how full it was and when; it goes by itself once it is full again. In thousandths of a second
# by the clock of Redis, which all processes share. Answers the milliseconds to wait; 0: granted.
SPEND = """
local rate, burst = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'full', 'at')
local full = burst
if kept[1] then full = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate) end
local wait = 0
if full < 1 then wait = math.ceil((1 - full) / rate) else full = full - 1 end
redis.call('HSET', KEYS[1], 'full', tostring(full), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - full) / rate) + 1000)
return wait
"""


class RedisLimiter(MemoryLimiter):
    """A `Limiter` of all processes with the same `url` and `prefix`.

    What cannot wait (`spend_now`: each message) is counted by each process alone, and so is everything while Redis is
    away: then limits are as generous as there are processes. Raises `ValueError` for an address that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "hubbub",
        clock: Callable[[], float] = time.monotonic,
        most_buckets: int = MOST_BUCKETS,
    ) -> None:
        super().__init__(clock, most_buckets)
        self._redis = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=ANSWER_WITHIN,
            socket_connect_timeout=ANSWER_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
        self._prefix = f"{prefix}:limits:"
        self._script = self._redis.register_script(SPEND)
        self._away_until = -math.inf

    async def spend(self, rule: Rule, key: str) -> None:
        wait = await self._asked(rule, key)
        if wait is None:
            self.spend_now(rule, key)
        elif wait:
            raise TooFast(retry_after=math.ceil(wait / 1000))

    async def forgive(self, rule: Rule, key: str) -> None:
        await super().forgive(rule, key)
        if self._clock() >= self._away_until:
            try:
                await self._redis.delete(self._name(rule, key))
            except FAILURES as failure:
                self._miss(failure)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _asked(self, rule: Rule, key: str) -> int | None:
        """Milliseconds to wait; None: Redis does not say."""
        if self._clock() < self._away_until:
            return None
        try:
            return int(await self._script(keys=[self._name(rule, key)], args=[rule.per_second, rule.burst]))
        except FAILURES as failure:
            self._miss(failure)
            return None

    def _miss(self, failure: Exception) -> None:
        self._away_until = self._clock() + AWAY
        log.warning("limits_unreachable", cause=type(failure).__name__)

    def _name(self, rule: Rule, key: str) -> str:
        return f"{self._prefix}{rule.name}:{key}"
