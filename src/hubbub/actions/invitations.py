"""Invitations: made, listed and withdrawn by admins, and by everybody where the operator lets them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from sqlalchemy import Connection

from hubbub.actions.admission import Inviters, stored
from hubbub.auth.actor import Actor
from hubbub.storage import invitations, users
from hubbub.storage.engine import Reader
from hubbub.storage.invitations import Invitation
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import NotAdmin, NotFound, TooMany
from hubbub.wire.ids import new_id, rfc3339
from hubbub.wire.joining import InvitationList, InvitationRow, MadeInvitation, NewInvitation
from hubbub.wire.signing import b64u

DAY = 86_400_000  # milliseconds
MOST_OPEN = 100  # of one user
MOST_SHOWN = 1000


class Invitations:
    """`public_url`: where people reach the server, which links begin with."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        public_url: str,
        inviters: Inviters = "admins",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._register_page = f"{public_url.rstrip('/')}/register"
        self._inviters = inviters
        self._clock = clock

    async def make(self, actor: Actor | None, asked: NewInvitation) -> MadeInvitation:
        """Make one; its code is told this once. `actor` None: the operator. Raises `NotAdmin`, `TooMany`."""
        code = b64u(secrets.token_bytes(32))
        user_id = actor.user_id if actor else None
        made = await self._writer.write(
            _make, user_id, asked, stored(code), self._inviters, users=[user_id] if user_id else []
        )
        # In the fragment, which browsers send to nobody, so that no log on the way has it.
        return MadeInvitation(invitation=_row(made), code=code, link=f"{self._register_page}#invite={code}")

    async def mine(self, actor: Actor) -> InvitationList:
        """Those of the actor's that are open."""
        return _list(await self._reader.run(_mine, actor.user_id, self._now()))

    async def all(self, actor: Actor) -> InvitationList:
        """For admins: everybody's that are open, at most a thousand. Raises `NotAdmin`."""
        return _list(await self._reader.run(_everybodys, actor.user_id, self._now()))

    def _now(self) -> int:
        return int(self._clock() * 1000)

    async def withdraw(self, actor: Actor, invitation_id: str) -> None:
        """Let nobody in with it any more: one's own, and an admin anybody's. Raises `NotFound`."""
        await self._writer.write(_withdraw, actor.user_id, invitation_id, users=[actor.user_id])


def _make(
    transaction: Transaction, user_id: str | None, asked: NewInvitation, code_hash: str, inviters: Inviters
) -> Invitation:
    connection, now = transaction.connection, transaction.now
    if user_id is not None:
        if inviters == "admins" and not users.is_admin(connection, user_id):
            raise NotAdmin("Only an administrator of this server invites people.")
        if invitations.count_open(connection, user_id, now) >= MOST_OPEN:
            raise TooMany(f"You have {MOST_OPEN} open invitations; withdraw one first.")
    made = Invitation(new_id(), user_id, asked.note.strip(), asked.uses, 0, now, now + asked.days * DAY)
    invitations.add(connection, made, code_hash)
    return made


def _withdraw(transaction: Transaction, user_id: str, invitation_id: str) -> None:
    found = invitations.load(transaction.connection, invitation_id)
    if found is None or not (found.user_id == user_id or users.is_admin(transaction.connection, user_id)):
        raise NotFound()
    invitations.withdraw(transaction.connection, invitation_id)


def _mine(connection: Connection, user_id: str, now: int) -> list[Invitation]:
    return invitations.open_ones(connection, user_id, now, MOST_SHOWN)


def _everybodys(connection: Connection, user_id: str, now: int) -> list[Invitation]:
    if not users.is_admin(connection, user_id):
        raise NotAdmin()
    return invitations.open_ones(connection, None, now, MOST_SHOWN)


def _list(found: list[Invitation]) -> InvitationList:
    return InvitationList(items=[_row(one) for one in found])


def _row(one: Invitation) -> InvitationRow:
    times = {"inserted_at": rfc3339(one.inserted_at), "expires_at": rfc3339(one.expires_at)}
    return InvitationRow(**one._asdict() | times)
