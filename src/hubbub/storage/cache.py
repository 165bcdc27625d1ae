"""A bounded cache whose entries are keyed by the version that they were read at, and so are never stale."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class VersionedCache(Generic[K, V]):
    """Remembers one value per key together with the version that it belongs to.

    Whoever asks brings the version that they have just read from the database; an entry of another version is a miss.
    Single dictionary operations are atomic, so the writer's and the readers' threads may share it; at worst a value is
    computed twice. The oldest entries go when there are more than `size`.
    """

    def __init__(self, size: int, counted: Callable[[bool], None] = lambda hit: None) -> None:
        self._size = size
        self._counted = counted
        self._entries: dict[K, tuple[int, V]] = {}

    def get(self, key: K, version: int) -> V | None:
        """The value of `key` at `version`, or None."""
        entry = self._entries.get(key)
        hit = entry is not None and entry[0] == version
        self._counted(hit)
        return entry[1] if entry is not None and hit else None

    def put(self, key: K, version: int, value: V) -> V:
        """Remember and return `value`."""
        self._entries[key] = (version, value)
        while len(self._entries) > self._size:  # with a size of 0 nothing stays
            self._entries.pop(next(iter(self._entries)), None)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
