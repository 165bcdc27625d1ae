"""What a round cost: exactly nothing, if the server keeps its word."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.faults.device import Said
from tests.faults.replica import Replica


class Count(NamedTuple):
    """`acknowledged` and `stored_unheard` (stored, though its author had to ask again) are of one round.

    The others are of all that was ever said, over a fresh client's pull and every replica.
    """

    acknowledged: int
    stored_unheard: int
    lost: int
    doubled: int
    disordered: int

    def __str__(self) -> str:
        return (
            f"acknowledged {self.acknowledged:5}, unacknowledged but stored {self.stored_unheard:3}, "
            f"lost {self.lost}, doubled {self.doubled}, order violations {self.disordered}"
        )

    @property
    def flawless(self) -> bool:
        return (self.lost, self.doubled, self.disordered) == (0, 0, 0)


class Picture(NamedTuple):
    """One conversation: `fresh` from a complete pull, every device's replica, and what each thread had acknowledged."""

    fresh: Replica
    replicas: Sequence[Replica]
    threads: Sequence[Sequence[Said]]


def flaws(picture: Picture) -> tuple[int, int, int]:
    """What of one conversation is lost, doubled, out of order (Hubbub protocol, sections 2 to 4)."""
    everywhere = [picture.fresh, *picture.replicas]
    lost = sum(_lost(replica, picture.threads) for replica in everywhere)
    doubled = sum(len(replica.rows) - len({row.text for row in replica.rows.values()}) for replica in everywhere)
    disordered = sum(_differences(replica, picture.fresh) for replica in picture.replicas)
    disordered += sum(_holes(replica) + len(replica.contradictions) for replica in everywhere)
    disordered += sum(_misplaced(thread) for thread in picture.threads)
    return lost, doubled, disordered


def _lost(replica: Replica, threads: Sequence[Sequence[Said]]) -> int:
    """What was acknowledged and is not there, or not as it was acknowledged."""
    return sum(replica.rows.get(said.id) != said.answer for thread in threads for said in thread)


def _differences(replica: Replica, fresh: Replica) -> int:
    """Places at which the two do not read the same."""
    ours, theirs = replica.reading(), fresh.reading()
    return abs(len(ours) - len(theirs)) + sum(a != b for a, b in zip(ours, theirs, strict=False))


def _holes(replica: Replica) -> int:
    """Versions up to the cursor that nothing carried: nobody edits here, so each is that of some row."""
    return len(set(range(1, replica.cursor + 1)) ^ replica.versions)


def _misplaced(thread: Sequence[Said]) -> int:
    """Messages that do not stand below all that their author had seen, or below their author's one before."""
    places = [said.answer.place for said in thread if said.answer is not None]
    above = sum(said.above is not None and said.answer.place <= said.above for said in thread if said.answer)
    return above + sum(one >= next_one for one, next_one in pairwise(places))
