"""Who writes most, and is given most reactions, in channels (seed 000)."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection

from hubbub.auth.actor import Actor
from hubbub.domain.scoring import day_of, first_day
from hubbub.storage import channels, scores, users
from hubbub.storage.engine import Reader
from hubbub.wire.errors import NotFound
from hubbub.wire.resources import Leaderboard, Period, Ranked


class Leaderboards:
    """Reads what the commits counted; `clock` gives seconds since 1970."""

    def __init__(self, reader: Reader, clock: Callable[[], float] = time.time) -> None:
        self._reader = reader
        self._clock = clock

    async def show(self, actor: Actor, channel: str | None, period: Period, limit: int) -> Leaderboard:
        """The best `limit` of a channel (its id or name), or of all channels. Raises `NotFound`."""
        first = first_day(period, day_of(int(self._clock() * 1000)))
        return Leaderboard(
            period=period,
            items=await self._reader.run(_items, actor.user_id, channel and channel.lower(), first, limit),
        )


def _items(connection: Connection, viewer: str, channel: str | None, first: int, limit: int) -> list[Ranked]:
    found = channels.one(connection, viewer, channel) if channel is not None else None
    if channel is not None and found is None:
        raise NotFound("There is no such channel.")
    best = scores.board(connection, found.id if found else None, first, limit)
    people = {user.id: user for user in users.public_users(connection, viewer, [one.user_id for one in best])}
    return [
        Ranked(
            rank=one.rank,
            user=people[one.user_id],
            messages=one.messages,
            reactions=one.reactions,
            points=one.points,
        )
        for one in best
    ]
