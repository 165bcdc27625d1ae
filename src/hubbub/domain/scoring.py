"""The leader-board: what counts, on which day (seed 000).

A message counts on the day on which it was written, a reaction on the day on which it was given; days are of UTC.
Whatever is taken back is taken off the day that it was counted on, so that no period shows what is no more.
"""

from __future__ import annotations

from hubbub.wire.resources import Period

DAY = 86_400_000  # milliseconds
WEEK = 7  # days, today being the last
LONG_AGO = 0  # the day under which days that no period tells apart are added up


def day_of(milliseconds: int) -> int:
    """The day, in days since 1970, of a time in milliseconds since 1970 UTC."""
    return milliseconds // DAY


def first_day(period: Period, today: int) -> int:
    """The first day that counts in a period which ends today."""
    if period == "all":
        return LONG_AGO
    return today - (WEEK if period == "week" else 1) + 1
