"""Who is online, over all server processes (Hubbub protocol, section 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec


class Meta(msgspec.Struct, frozen=True, gc=False):
    """One presence of a user, in the shape of Phoenix: a user has as many as they have joined sockets.

    `online_at` is RFC 3339, `status` is "online" or "idle". `phx_ref` is unique among all processes.
    """

    phx_ref: str
    online_at: str
    status: str


Present = dict[str, list[Meta]]  # by user id; nobody is there with an empty list
Change = Callable[[Present], None]


class PresenceStore(Protocol):
    """Knows the presences of every process; tells of those that end without a goodbye.

    Each process enters its own sockets. `arrive` and `leave` tell nobody: who calls them also publishes the
    `presence_diff`. Once either returns, `of` answers accordingly in every process.

    When a process dies, its presences are out of every `of` within ten seconds, and exactly one of the
    surviving processes has its `gone` called with them, so that it tells the contacts. (When that one dies
    too before it has told them, nobody does; `of` is right all the same.)

    A process that was taken for dead and is not, because it or its network stood still, enters its presences
    again and has its `returned` called with them.

    When the store cannot be reached, `arrive` and `leave` return all the same and are entered later, and `of`
    knows of this process alone. Once it is reached again, or is found to have lost its memory, each process enters
    all its presences and has its `restored` called: what `of` answered before, here and elsewhere, lacked some.

    Everything is called on one event loop. `gone`, `returned` and `restored` must not block.
    """

    async def start(
        self, gone: Change, returned: Change | None = None, restored: Callable[[], None] | None = None
    ) -> None:
        """Begin. `gone` and `returned` are called with what ended, or is back, without a `leave` or `arrive`.

        `restored` is called after everything of this process was entered anew.

        Returns when the store works or cannot be reached now; then it goes on trying.
        """

    async def arrive(self, user_id: str, meta: Meta) -> None:
        """Enter a presence, or replace the one with the same `phx_ref`."""

    async def leave(self, user_id: str, phx_ref: str) -> None:
        """Remove a presence; one that is not there is no error."""

    async def of(self, user_ids: Iterable[str]) -> Present:
        """The presences of those of `user_ids` who are present."""

    async def close(self) -> None:
        """Stop. Presences that did not leave are gone to the other processes, and told at once."""


class OwnPresences:
    """The presences that this process has entered."""

    def __init__(self) -> None:
        self._by_user: dict[str, tuple[Meta, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_user)

    def put(self, user_id: str, meta: Meta) -> None:
        others = (other for other in self._by_user.get(user_id, ()) if other.phx_ref != meta.phx_ref)
        self._by_user[user_id] = (*others, meta)

    def remove(self, user_id: str, phx_ref: str) -> bool:
        """Whether it was there."""
        metas = self._by_user.get(user_id, ())
        others = tuple(meta for meta in metas if meta.phx_ref != phx_ref)
        if others:
            self._by_user[user_id] = others
        else:
            self._by_user.pop(user_id, None)
        return len(others) < len(metas)

    def of(self, user_ids: Iterable[str]) -> Present:
        found = ((user_id, self._by_user.get(user_id)) for user_id in user_ids)
        return {user_id: list(metas) for user_id, metas in found if metas}

    def all(self) -> Present:
        return self.of(self._by_user)
