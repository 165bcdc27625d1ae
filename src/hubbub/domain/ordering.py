"""The place of a message in the reading order (Hubbub protocol, section 4; seed 000, "a bit about modelling").

Reading order is `(index, owner_id, device_id, position, id)`, ascending, compared by bytes, the same for everyone.
"""

from __future__ import annotations

from typing import NamedTuple

from hubbub.wire.errors import BadInput, IndexAhead, IndexBehind
from hubbub.wire.livechat import STAMP_STEP

LARGEST_STAMP = 2**63 - STAMP_STEP  # what a database keeps

LARGEST = 2**53 - 1  # what a JavaScript number keeps exactly


class Place(NamedTuple):
    """Where in the order: runs of one device share an index and count positions."""

    idx: int  # the index; `index` is a method of every tuple
    owner_id: str
    device_id: str
    position: int


class Top(NamedTuple):
    """What a conversation remembers of its end: the highest index ever given, and its last message in reading order."""

    idx: int
    last: Place | None


def next_place(top: Top, owner_id: str, device_id: str) -> Place:
    """Where a message goes that came without a place: it continues its device's run, or opens a new index."""
    last = top.last
    if last is not None and last[:3] == (top.idx, owner_id, device_id) and last.position < LARGEST:
        return last._replace(position=last.position + 1)
    return Place(top.idx + 1, owner_id, device_id, 0)


def check_index(index: int, position: int, top_index: int, joined_top_index: int) -> None:
    """What can be told of a composed place without looking at other messages.

    `joined_top_index` is the conversation's top at the owner's joining. Raises `IndexAhead`, `IndexBehind`, `BadInput`.
    """
    if not 0 <= position <= LARGEST or index < 0:
        raise BadInput("index and position are whole numbers from 0.")
    if index > top_index + 1:
        raise IndexAhead(top_index=top_index)
    if index < joined_top_index:
        raise IndexBehind(top_index=top_index)


def next_stamp(last: int, now: int) -> int:
    """The stamp of a message that the server places: the time in nanoseconds, above the `last` one given.

    `now` is in milliseconds. A clock that goes back, or many messages in one millisecond, only makes stamps run ahead.
    """
    return max(now * 1_000_000 // STAMP_STEP * STAMP_STEP, last + STAMP_STEP)


def nearest_stamp(given: int) -> int:
    """The stamp that a client means that may have rounded it: JavaScript prints 17 digits of 19."""
    nearest = (given + STAMP_STEP // 2) // STAMP_STEP * STAMP_STEP
    return min(nearest, LARGEST_STAMP)


def advance(top: Top, place: Place) -> Top:
    """The end of the conversation after a message at `place`."""
    last = place if top.last is None or place > top.last else top.last
    return Top(max(top.idx, place.idx), last)
