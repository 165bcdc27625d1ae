"""How many are connected, over all server processes: accounts and guests (seed 004, user count)."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, Protocol


class Count(NamedTuple):
    """`authorized`: accounts, each once however many sockets it has. `anonymous`: sockets of guests."""

    authorized: int
    anonymous: int


class Tally:
    """Who is connected to this process; `touched` are users whose first socket came or last one went since it was
    emptied.
    """

    def __init__(self) -> None:
        self.guests = 0
        self.sockets: Counter[str] = Counter()
        self.touched: set[str] = set()

    def arrived(self, user_id: str | None) -> None:
        if user_id is None:
            self.guests += 1
            return
        self.sockets[user_id] += 1
        if self.sockets[user_id] == 1:
            self.touched.add(user_id)

    def left(self, user_id: str | None) -> None:
        if user_id is None:
            self.guests -= 1
            return
        self.sockets[user_id] -= 1
        if not self.sockets[user_id]:
            del self.sockets[user_id]
            self.touched.add(user_id)


class CountStore(Protocol):
    """Adds up the tallies of every process.

    What it answers is exact as of the last `add_up` of every process. A process that dies without a goodbye counts
    no more within ten seconds. While the store cannot be reached, the count stays what it was last known to be; once it
    is reached again, also with its memory lost, every process enters its whole tally and the count is right.
    """

    async def add_up(self, tally: Tally) -> Count:
        """Enter what is here now, and say what it is everywhere. To be called about once a second."""

    async def close(self) -> None:
        """Stop; what was here counts no more."""
