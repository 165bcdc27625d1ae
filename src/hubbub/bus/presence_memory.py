"""The presences of a server that is one process."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hubbub.bus.presence import Change, Meta, OwnPresences, Present


class MemoryPresence:
    """Keeps every promise of `PresenceStore`; there is no other process that could be gone."""

    def __init__(self) -> None:
        self._own = OwnPresences()

    async def start(
        self, gone: Change, returned: Change | None = None, restored: Callable[[], None] | None = None
    ) -> None:
        pass

    async def arrive(self, user_id: str, meta: Meta) -> None:
        self._own.put(user_id, meta)

    async def leave(self, user_id: str, phx_ref: str) -> None:
        self._own.remove(user_id, phx_ref)

    async def of(self, user_ids: Iterable[str]) -> Present:
        return self._own.of(user_ids)

    async def close(self) -> None:
        pass
