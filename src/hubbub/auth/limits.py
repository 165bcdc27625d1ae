"""Rate limits: token buckets per user and per address."""

from __future__ import annotations

import hmac
import math
import os
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Protocol

import msgspec

from hubbub.wire.errors import TooFast

MOST_BUCKETS = 100_000


class Rule(msgspec.Struct, frozen=True):
    """`burst` at once, then `per_second` in the long run. `name` keeps the buckets of different rules
    apart.
    """

    name: str
    per_second: float
    burst: int


PRELOGIN = Rule("prelogin", 1 / 2, 30)
PROVING = Rule("proving", 1 / 30, 20)  # that who is signed in knows the password, too
REGISTER = Rule("register", 1 / 60, 20)
LOGIN = Rule("login", 1 / 2, 30)
CAPTCHA = Rule("captcha", 1, 60)
FORGETTING = Rule("forgetting", 1 / 20, 10)  # passwords, by network address
FORGOTTEN = Rule("forgotten", 1 / 600, 3)  # by the address that the letter goes to: nobody is flooded
LINKS = Rule("links", 1 / 300, 5)  # likewise
NEW_ADDRESS = Rule("new address", 1 / 600, 3)  # likewise
OWN_MAIL = Rule("own mail", 1 / 300, 5)  # letters that who is signed in asks for
NOTICES = Rule("notices", 1 / 600, 3)  # letters about what was done to an account; beyond that none is sent
EXPORTS = Rule("exports", 1 / 300, 5)  # of all that one has here
MAIL_TOKENS = Rule("mail tokens", 1 / 2, 30)  # trying tokens from letters, by network address
REFRESH = Rule("refresh", 2, 120)
JOINING = Rule("joining", 1, 60)  # rooms, by network address: a room has few places
STARTING = Rule("starting", 1, 60)
PICTURES = Rule("pictures", 1 / 20, 10)
API = Rule("api", 20, 120)


class Limiter(Protocol):
    """Counts what is done. Guarantees: a refusal costs nothing and is lifted by waiting; limits may be a
    little too generous (a restart, a full memory, processes that count apart), never stricter than the rule."""

    async def spend(self, rule: Rule, key: str) -> None:
        """Take one from the bucket of `key`; raises `TooFast` with `retry_after` (whole seconds) when it is
        empty.
        """
        ...

    async def forgive(self, rule: Rule, key: str) -> None:
        """Fill the bucket of `key` again."""
        ...


class MemoryLimiter:
    """A `Limiter` of one process. At most `most_buckets` are kept: then those touched longest ago go."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_buckets: int = MOST_BUCKETS) -> None:
        self._clock = clock
        self._most = most_buckets
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}  # how full, and when that was

    async def spend(self, rule: Rule, key: str) -> None:
        self.spend_now(rule, key)

    def spend_now(self, rule: Rule, key: str) -> None:
        """As `spend`, for callers that cannot wait."""
        now = self._clock()
        full, at = self._buckets.pop((rule.name, key), (float(rule.burst), now))
        full = min(rule.burst, full + (now - at) * rule.per_second)
        if full < 1:
            self._buckets[rule.name, key] = (full, now)
            raise TooFast(retry_after=math.ceil((1 - full) / rule.per_second))
        if len(self._buckets) >= self._most:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[rule.name, key] = (full - 1, now)

    async def forgive(self, rule: Rule, key: str) -> None:
        self._buckets.pop((rule.name, key), None)

    async def close(self) -> None:
        """There is nothing to close."""


class NoLimits:
    """A `Limiter` that refuses nothing: for measuring only."""

    async def spend(self, rule: Rule, key: str) -> None:
        return

    def spend_now(self, rule: Rule, key: str) -> None:
        return

    async def forgive(self, rule: Rule, key: str) -> None:
        return

    async def close(self) -> None:
        return


class Addresses:
    """Turns network addresses into keys for limits, from which the address cannot be told."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or os.urandom(32)

    def key(self, host: str | None) -> str:
        """The key of a client's address. An IPv6 customer has at least a /64, which counts as one address."""
        return hmac.digest(self._secret, _network(host or "").encode(), "sha256").hex()[:32]


def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(int(address) >> 64)
    return str(address)
