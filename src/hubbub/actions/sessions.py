"""Where a user is signed in: looking it over, and ending what is not wanted there any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from hubbub.auth.actor import Actor
from hubbub.auth.revocations import Revocations
from hubbub.storage import families
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Writer
from hubbub.wire.errors import NotFound
from hubbub.wire.ids import rfc3339
from hubbub.wire.sessions import Session, SessionList


class Sessions:
    """What ends here ends with its access tokens and sockets, in every process within a second."""

    def __init__(
        self, reader: Reader, writer: Writer, revocations: Revocations, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._reader = reader
        self._writer = writer
        self._revocations = revocations

    async def all(self, actor: Actor) -> SessionList:
        """Every sign-in of the actor's that still counts."""
        found = await self._reader.run(families.living, actor.user_id, int(self._clock() * 1000))
        return SessionList(items=[_session(family, actor) for family in found])

    async def end(self, actor: Actor, session_id: str) -> None:
        """End one sign-in of the actor's. Raises `NotFound` when there is none of this id any more."""
        ended = await self._writer.write(
            families.revoke_one, actor.user_id, session_id, users=[actor.user_id], tell=self._revocations.apply
        )
        if not ended:
            raise NotFound("There is no such sign-in; perhaps it has ended already.")

    async def end_others(self, actor: Actor) -> None:
        """End every sign-in of the actor's but the one that asks."""
        await self._writer.write(
            families.revoke_all, actor.user_id, actor.family_id, users=[actor.user_id], tell=self._revocations.apply
        )


def _session(family: families.Family, actor: Actor) -> Session:
    return Session(
        id=family.id,
        device=family.device,
        began_at=rfc3339(family.inserted_at),
        used_at=rfc3339(family.used_at),
        current=family.id == actor.family_id,
    )
