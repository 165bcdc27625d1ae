"""For how long a sign-in is good, and what its tokens tell."""

from __future__ import annotations

from typing import NamedTuple

MINUTE = 60
DAY = 24 * 60 * MINUTE


class Terms(NamedTuple):
    """Seconds that an access token and a refresh token live; `telling`: the access token says who it is (seed 004)."""

    access: int
    refresh: int
    telling: bool = False


TERMS = Terms(access=30 * MINUTE, refresh=14 * DAY)  # seed 003: tokens in JSON
COOKIE_TERMS = Terms(access=15 * MINUTE, refresh=30 * DAY, telling=True)  # seed 004: a header and a cookie
