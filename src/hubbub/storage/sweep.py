"""The sweep: what was kept for a time only goes when the time is over.

Tombstones go after 30 days, and with them, in the same transaction and under the same lock, the lowest cursor
that can still be answered rises: a client that was away longer is told `cursor_expired` instead of missing a
deletion in silence (Hubbub protocol, section 2). Spans of former members stay: they say what somebody may
still read. Everything goes in bounded batches through the writer, so that nobody waits for the sweep.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import structlog
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    exists,
    literal_column,
    select,
    union,
    update,
)

from hubbub.domain.scoring import day_of, first_day
from hubbub.storage import scores
from hubbub.storage.engine import Reader
from hubbub.storage.schema import (
    address_tokens,
    api_tokens,
    closed_conversations,
    conversations,
    copies,
    families,
    invitations,
    mails,
    messages,
    operations,
    reactions,
    refresh_tokens,
    removals,
    revocations,
    sanctions,
    spent_challenges,
    user_changes,
    users,
)
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import Refusal

log = structlog.get_logger("hubbub.sweep")

BATCH = 500
DAY = 86_400_000  # milliseconds
HOUR = 3_600_000


class Ages(NamedTuple):
    """How long things are kept, in milliseconds."""

    tombstones: int = 30 * DAY
    operations: int = 30 * DAY
    revocations: int = HOUR + HOUR // 2  # the life of an access token, and an hour for clocks that differ
    families: int = 45 * DAY  # more than the longest life of a refresh token


class Sweep:
    """Deletes what is over; `clock` gives seconds since 1970."""

    def __init__(
        self, reader: Reader, writer: Writer, ages: Ages | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._ages = ages or Ages()
        self._clock = clock

    async def forever(self, first_after: float = 60, every: float = 3600) -> None:
        """Sweep now and then (seconds); what the database refuses is tried again at the next turn."""
        await asyncio.sleep(first_after)
        while True:
            try:
                await self.once()
            except Refusal as refusal:
                log.warning("sweep_failed", code=refusal.code)
            await asyncio.sleep(every)

    async def once(self) -> dict[str, int]:
        """Delete all that is over now; the result is the number of rows gone by table."""
        now = int(self._clock() * 1000)
        gone = dict.fromkeys(("messages", "reactions", "user_changes"), 0)
        await self._tombstones_of_conversations(now - self._ages.tombstones, gone)
        await self._tombstones_of_users(now - self._ages.tombstones, gone)
        for table, condition in self._over(now):
            gone[table.name] = await self._rows(table, condition)
        await self._days_of_scores(now)
        if any(gone.values()):
            log.info("swept", **gone)
        return gone

    async def _tombstones_of_conversations(self, cutoff: int, gone: dict[str, int]) -> None:
        while found := await self._reader.run(_conversations_to_sweep, cutoff):
            for conversation in found:
                swept = self._writer.write(sweep_conversation, conversation, cutoff, conversations=[conversation])
                _count(gone, await swept)

    async def _tombstones_of_users(self, cutoff: int, gone: dict[str, int]) -> None:
        while found := await self._reader.run(_users_to_sweep, cutoff):
            for user in found:
                _count(gone, await self._writer.write(sweep_user, user, cutoff, users=[user]))

    async def _days_of_scores(self, now: int) -> None:
        """Without this the board of all time would be summed up of more rows every day."""
        first = first_day("week", day_of(now)) - 1  # clocks of processes may differ
        while found := await self._reader.run(scores.with_old_days, first, BATCH):
            for conversation in found:
                await self._writer.write(scores.fold, conversation, first, conversations=[conversation])

    def _over(self, now: int) -> Iterable[tuple[Table, ColumnElement[bool]]]:
        yield refresh_tokens, refresh_tokens.c.expires_at < now
        yield revocations, revocations.c.at < now - self._ages.revocations
        yield (
            closed_conversations,
            closed_conversations.c.emptied & (closed_conversations.c.at < now - self._ages.tombstones),
        )
        yield operations, operations.c.at < now - self._ages.operations
        yield api_tokens, api_tokens.c.expires_at < now - self._ages.families
        yield sanctions, sanctions.c.until < now
        yield mails, mails.c.state.in_(("sent", "dead")) & (mails.c.due_at < now)
        yield address_tokens, address_tokens.c.expires_at < now - DAY  # until then one learns that it has expired
        yield spent_challenges, spent_challenges.c.expires_at < now - HOUR  # clocks of processes may differ
        yield invitations, invitations.c.expires_at < now - self._ages.tombstones
        has_tokens = exists().where(refresh_tokens.c.family_id == families.c.id)
        yield families, (families.c.used_at < now - self._ages.families) & ~has_tokens

    async def _rows(self, table: Table, condition: ColumnElement[bool]) -> int:
        total = 0
        while gone := await self._writer.write(delete_some, table, condition):
            total += gone
            if gone < BATCH:
                break
        return total


def _count(total: dict[str, int], gone: Mapping[str, int]) -> None:
    for name, number in gone.items():
        total[name] += number


# --- who has something to sweep -----------------------------------------------------------------------------


def _is_old_tombstone(table: Table, at: Column[Any], cutoff: int) -> ColumnElement[bool]:
    # A literal, not a parameter: a partial index on tombstones can only be used when the planner sees the
    # value.
    return (table.c.deleted != literal_column("0")) & (at < cutoff)


def _conversations_to_sweep(connection: Connection, cutoff: int) -> list[str]:
    found = union(
        *(
            select(table.c.conversation_id).where(_is_old_tombstone(table, table.c.updated_at, cutoff))
            for table in (messages, reactions)
        )
    )
    return list(connection.execute(found.limit(BATCH)).scalars())


def _users_to_sweep(connection: Connection, cutoff: int) -> list[str]:
    found = select(user_changes.c.user_id).where(user_changes.c.deleted, user_changes.c.at < cutoff)
    return list(connection.execute(found.distinct().limit(BATCH)).scalars())


# --- changes ------------------------------------------------------------------------------------------------


def sweep_conversation(transaction: Transaction, conversation_id: str, cutoff: int) -> dict[str, int]:
    """Delete the oldest tombstones of one conversation (which is locked) and raise its `swept_version`."""
    connection = transaction.connection
    old = _oldest(connection, messages, ("id",), conversation_id, cutoff)
    gone = [{"conversation": conversation_id, "message": row.id} for row in old]
    newest = max((row.version for row in old), default=0)
    for table in (copies, reactions, removals):
        _delete_of_messages(connection, table, gone)
    _execute_each(
        connection,
        delete(messages).where(
            messages.c.conversation_id == bindparam("conversation"), messages.c.id == bindparam("message")
        ),
        gone,
    )
    unreacted = _oldest(connection, reactions, ("message_id", "owner_id", "emoji"), conversation_id, cutoff)
    _delete_reactions(connection, conversation_id, unreacted)
    newest = max([newest, *(row.version for row in unreacted)])
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.swept_version < newest)
        .values(swept_version=newest)
    )
    return {"messages": len(old), "reactions": len(unreacted)}


def _oldest(
    connection: Connection, table: Table, names: tuple[str, ...], conversation_id: str, cutoff: int
) -> list[Any]:
    query = (
        select(table.c.version, *(table.c[name] for name in names))
        .where(table.c.conversation_id == conversation_id)
        .where(_is_old_tombstone(table, table.c.updated_at, cutoff))
        .order_by(table.c.version)
        .limit(BATCH)
    )
    return list(connection.execute(query))


def _delete_of_messages(connection: Connection, table: Table, gone: list[dict[str, str]]) -> None:
    _execute_each(
        connection,
        delete(table).where(
            table.c.conversation_id == bindparam("conversation"), table.c.message_id == bindparam("message")
        ),
        gone,
    )


def _delete_reactions(connection: Connection, conversation_id: str, rows: list[Any]) -> None:
    statement = delete(reactions).where(
        reactions.c.conversation_id == conversation_id,
        reactions.c.message_id == bindparam("message"),
        reactions.c.owner_id == bindparam("owner"),
        reactions.c.emoji == bindparam("face"),
    )
    keys = [{"message": row.message_id, "owner": row.owner_id, "face": row.emoji} for row in rows]
    _execute_each(connection, statement, keys)


def sweep_user(transaction: Transaction, user_id: str, cutoff: int) -> dict[str, int]:
    """Delete the oldest tombstones of a user's stream (the user is locked) and raise its `swept_version`."""
    connection = transaction.connection
    rows = connection.execute(
        select(user_changes.c.kind, user_changes.c.row_id, user_changes.c.version)
        .where(user_changes.c.user_id == user_id, user_changes.c.deleted, user_changes.c.at < cutoff)
        .order_by(user_changes.c.version)
        .limit(BATCH)
    ).all()
    statement = delete(user_changes).where(
        user_changes.c.user_id == user_id,
        user_changes.c.kind == bindparam("which"),
        user_changes.c.row_id == bindparam("row"),
    )
    _execute_each(connection, statement, [{"which": row.kind, "row": row.row_id} for row in rows])
    newest = max((row.version for row in rows), default=0)
    connection.execute(
        update(users).where(users.c.id == user_id, users.c.swept_version < newest).values(swept_version=newest)
    )
    return {"user_changes": len(rows)}


def delete_some(transaction: Transaction, table: Table, condition: ColumnElement[bool]) -> int:
    """Delete a batch of the rows that meet the condition, each by its key; how many went."""
    keys = list(table.primary_key)
    rows = transaction.connection.execute(select(*keys).where(condition).limit(BATCH)).all()
    statement = delete(table).where(*(key == bindparam(f"key_{key.name}") for key in keys), condition)
    named = [{f"key_{key.name}": value for key, value in zip(keys, row, strict=True)} for row in rows]
    _execute_each(transaction.connection, statement, named)
    return len(rows)


def _execute_each(connection: Connection, statement: Any, parameters: list[dict[str, Any]]) -> None:
    if parameters:
        connection.execute(statement, parameters)
