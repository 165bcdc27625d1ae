"""What owners, moderators and admins do about members: roles, removing, muting, banning.

Each deed is checked, done and noted in the audit log in one transaction, under the conversation's lock: who lost their
role a moment ago may do nothing any more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

import msgspec
from sqlalchemy import Connection

from hubbub.actions.announcing import require_conversation
from hubbub.actions.conversation_keys import links_of
from hubbub.actions.expelling import Expelled, expel, tell_expelled
from hubbub.actions.membership import load, rows_of
from hubbub.actions.publishing import Publisher
from hubbub.actions.ranks import rank_to_act, require_above
from hubbub.actions.rows import raw
from hubbub.actions.starting import require_users
from hubbub.domain.authority import MODERATOR, OWNER
from hubbub.storage import audit, conversations, join_requests, memberships, sanctions
from hubbub.storage.audit import Deed
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.rosters import Rosters
from hubbub.storage.sanctions import BAN, MUTE, Sanction
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import BadInput, Forbidden, NotFound
from hubbub.wire.events import Changed, RemoveMember
from hubbub.wire.ids import require_id, rfc3339
from hubbub.wire.links import Link
from hubbub.wire.resources import ChangeRole, NewSanction, SanctionList, SanctionRow

SanctionKind = Literal["mute", "ban"]


class _Decided(msgspec.Struct, frozen=True, gc=False):
    """What a deed about `user_id` left behind; `version` None: everything was so already."""

    conversation: Conversation
    user_id: str
    version: int | None
    changes: list[Changed] = []
    expelled: Expelled | None = None
    sanction: Sanction | None = None


class Moderation:
    """Deeds about members: check, commit, publish."""

    def __init__(self, reader: Reader, writer: Writer, publisher: Publisher, rosters: Rosters, mac: RequestMac) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher
        self._rosters = rosters
        self._mac = mac

    def _tell(self, done: _Decided) -> None:
        if done.expelled is not None:
            tell_expelled(self._publisher, done.expelled)
        elif done.version is not None:
            payload = {
                "user_id": done.user_id,
                "conversation_id": done.conversation.id,
                "version": done.version,
                "changes": done.changes,
            }
            departed = done.conversation.departed_version
            self._publisher.to_conversation(done.conversation.id, "member_changed", payload, departed)

    # --- roles ----------------------------------------------------------------------------------------------------

    async def set_role(self, actor: str, conversation_id: str, user: str, asked: ChangeRole) -> None:
        """Make a member a moderator, or one again who is a member alone; by the owner.

        Raises `Forbidden`, `NotMember`, `NotFound` when the user is no member, `WrongKind`.
        """
        await self._writer.write(
            self._apply_role, actor, conversation_id, user, asked.role, conversations=[conversation_id], tell=self._tell
        )

    def _apply_role(self, transaction: Transaction, actor: str, conversation_id: str, user: str, role: str) -> _Decided:
        connection = transaction.connection
        conversation = load(transaction, conversation_id)
        require_above(connection, conversation, actor, user)
        if rank_to_act(connection, conversation, actor) < OWNER:
            raise Forbidden("Only the owner says who is a moderator.")
        if _member(transaction, conversation, user).role == role:
            return _Decided(conversation, user, None)
        memberships.set_role(connection, conversation_id, user, role, conversation.head + 1)
        audit.note(transaction, Deed(actor, "role", conversation_id, user, detail=role))
        return self._decided(transaction, conversation, user)

    # --- removing -------------------------------------------------------------------------------------------------

    async def remove_member(self, actor: str, conversation_id: str, request: RemoveMember) -> msgspec.Raw:
        """Remove somebody from a group or channel: `{"user_id", "version"}`. They may come back as they came.

        A sealed group wants the actor's signed link. Raises `Forbidden`, `NotMember`, `NotFound`, `WrongKind`,
        `InvalidLink`.
        """
        user = require_id(request.user_id, "user_id")
        links = links_of(request.links)
        operation = Request(conversation_id, actor, request.op_id, self._mac("remove", user, request.links))
        done = await self._writer.write(
            self._apply_removal,
            operation,
            user,
            links,
            conversations=[conversation_id],
            users=[user],
            tell=self._tell,
        )
        return raw({"user_id": user, "version": done.version})

    def _apply_removal(
        self, transaction: Transaction, operation: Request, user: str, links: Sequence[Link]
    ) -> _Decided:
        conversation = load(transaction, operation.scope)
        actor = operation.user_id
        expelled: list[Expelled] = []

        def do() -> tuple[str, int]:
            require_above(transaction.connection, conversation, actor, user)
            _member(transaction, conversation, user)
            expelled.append(expel(transaction, self._rosters, conversation, actor, user, links=links))
            audit.note(transaction, Deed(actor, "kick", conversation.id, user))
            return conversation.id, conversation.head + 1

        answer = once(transaction, operation, do)
        if not expelled:  # a repeat: it was told, and they may have come back since
            return _Decided(conversation, user, answer.version, rows_of(transaction, conversation, answer.version))
        return _Decided(conversation, user, answer.version, expelled=expelled[0])

    # --- muting and banning ---------------------------------------------------------------------------------------

    async def sanctions(self, actor: str, conversation_id: str) -> SanctionList:
        """What holds now, for those who decide it. Raises `Forbidden`, `NotMember`."""
        found = await self._reader.run(_listed, actor, conversation_id, time.time_ns() // 1_000_000)
        return SanctionList(items=[_row(one) for one in found])

    async def sanction(
        self, actor: str, conversation_id: str, user: str, kind: SanctionKind, asked: NewSanction
    ) -> SanctionRow:
        """Mute or ban somebody, whether they are there or not; a ban removes them.

        Raises `Forbidden`, `NotMember`, `NotFound` for an unknown user, `WrongKind`, `InvalidLink`, `BadInput`.
        """
        if asked.until is not None and asked.until.tzinfo is None:
            raise BadInput("until says its time zone: Z.")
        until = int(asked.until.timestamp() * 1000) if asked.until is not None else None
        decided = Sanction(conversation_id, user, kind, actor, asked.reason.strip(), until, 0)
        done = await self._writer.write(
            self._apply_sanction,
            decided,
            asked.links,
            conversations=[conversation_id],
            users=[user],
            tell=self._tell,
        )
        assert done.sanction is not None
        return _row(done.sanction)

    def _apply_sanction(self, transaction: Transaction, asked: Sanction, links: Sequence[Link]) -> _Decided:
        connection = transaction.connection
        conversation = load(transaction, asked.conversation_id)
        sanction = asked._replace(inserted_at=transaction.now)
        actor, user = sanction.moderator_id, sanction.user_id
        require_above(connection, conversation, actor, user)
        require_users(connection, [user])
        if sanction.end <= transaction.now:
            raise BadInput("until lies ahead.")
        present = bool(memberships.current_members(connection, [(conversation.id, user)]))
        expelled = None
        if sanction.kind == BAN and present:
            reason = sanction.reason
            expelled = expel(transaction, self._rosters, conversation, actor, user, links=links, reason=reason)
        sanctions.put(connection, sanction)
        if sanction.kind == BAN:
            join_requests.remove(connection, conversation.id, [user])
        audit.note(transaction, Deed(actor, sanction.kind, conversation.id, user, detail=sanction.reason))
        if expelled is not None:
            return _Decided(expelled.conversation, user, expelled.version, expelled=expelled, sanction=sanction)
        if sanction.kind == MUTE:
            memberships.silence(connection, conversation.id, user, sanction.end, conversation.head + 1)
        return self._decided(transaction, conversation, user, sanction)

    async def lift(self, actor: str, conversation_id: str, user: str, kind: SanctionKind) -> None:
        """Let somebody write, or come in, again; whoever decided that they may not. Raises as `sanction`."""
        await self._writer.write(
            self._apply_lifting, actor, conversation_id, user, kind, conversations=[conversation_id], tell=self._tell
        )

    def _apply_lifting(
        self, transaction: Transaction, actor: str, conversation_id: str, user: str, kind: SanctionKind
    ) -> _Decided:
        connection = transaction.connection
        conversation = load(transaction, conversation_id)
        require_above(connection, conversation, actor, user)
        if not sanctions.lift(connection, conversation_id, user, kind):
            return _Decided(conversation, user, None)
        audit.note(transaction, Deed(actor, f"un{kind}", conversation_id, user))
        if kind == MUTE:
            memberships.silence(connection, conversation_id, user, 0, conversation.head + 1)
        return self._decided(transaction, conversation, user)

    # --- shared ---------------------------------------------------------------------------------------------------

    def _decided(
        self, transaction: Transaction, conversation: Conversation, user: str, sanction: Sanction | None = None
    ) -> _Decided:
        """Give the deed its version, which also makes every process forget what it remembers of the members."""
        version = conversation.head + 1
        conversations.save_members_version(transaction.connection, conversation.id, version)
        changes = rows_of(transaction, conversation, version)
        return _Decided(conversation, user, version, changes, sanction=sanction)


# --- in the transaction -------------------------------------------------------------------------------------------


def _member(transaction: Transaction, conversation: Conversation, user: str) -> memberships.Member:
    found = memberships.current_members(transaction.connection, [(conversation.id, user)])
    if not found:
        raise NotFound("They are no member.")
    [member] = found.values()
    return member


def _listed(connection: Connection, actor: str, conversation_id: str, now: int) -> list[Sanction]:
    conversation = require_conversation(conversations.load_one(connection, conversation_id))
    if rank_to_act(connection, conversation, actor) < MODERATOR:
        raise Forbidden()
    return sanctions.in_force(connection, conversation_id, now)


def _row(sanction: Sanction) -> SanctionRow:
    return SanctionRow(
        user_id=sanction.user_id,
        kind=sanction.kind,  # type: ignore[arg-type]
        moderator_id=sanction.moderator_id,
        reason=sanction.reason,
        until=rfc3339(sanction.until) if sanction.until is not None else None,
        inserted_at=rfc3339(sanction.inserted_at),
    )
