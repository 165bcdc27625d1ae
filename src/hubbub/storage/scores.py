"""The leader-board's counts, changed in the very transactions that change what they count (`domain/scoring.py`).

Rows are sums of differences. Those of a conversation are only ever changed under its lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Subquery, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hubbub.domain.scoring import LONG_AGO, day_of
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Prepared
from hubbub.storage.messages import Message, Reaction
from hubbub.storage.schema import reactions, scores, users
from hubbub.storage.writer import Transaction


class Standing(NamedTuple):
    """Where a user stands; who has as many points shares the rank."""

    rank: int
    user_id: str
    messages: int
    reactions: int
    points: int


def _upsert(insert: Any) -> Any:
    statement = insert(scores)
    sums = {name: scores.c[name] + statement.excluded[name] for name in ("messages", "reactions")}
    return statement.on_conflict_do_update(index_elements=["conversation_id", "user_id", "day"], set_=sums)


_NAMES = ("conversation_id", "user_id", "day", "messages", "reactions")
_ADD = {
    "sqlite": Prepared(_upsert(sqlite_insert), _NAMES),
    "postgresql": Prepared(_upsert(postgres_insert), _NAMES),
}


def _add(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    _ADD[connection.dialect.name].execute(connection, rows)


# --- counting -----------------------------------------------------------------------------------------------------


def written(connection: Connection, counts: Mapping[tuple[str, str], int], now: int) -> None:
    """So many messages were written now, by conversation and author; only of conversations that are `scored`."""
    _add(connection, [(*place, day_of(now), count, 0) for place, count in counts.items()])


def reacted(
    connection: Connection, conversation: Conversation, message: Message, before: Reaction | None, after: Reaction
) -> None:
    """A reaction to `message` was given, or taken back; one's own to oneself does not count."""
    if not conversation.scored or message.owner_id == after.owner_id:
        return
    place = (conversation.id, message.owner_id)
    if not after.deleted:
        _add(connection, [(*place, day_of(after.updated_at), 0, 1)])
    elif before is not None:
        _add(connection, [(*place, day_of(before.updated_at), 0, -1)])


def gone(connection: Connection, conversation: Conversation, taken: Sequence[Message]) -> None:
    """Messages, as they stood until now, are no more: neither they count nor what they were given."""
    standing = {message.id: message for message in taken if not (message.deleted or message.removed_by)}
    if not conversation.scored or not standing:
        return
    counts = [(message.owner_id, day_of(message.inserted_at)) for message in standing.values()]
    _add(connection, [(conversation.id, *place, -count, 0) for place, count in Counter(counts).items()])
    given = _given(connection, conversation.id, standing)
    _add(connection, [(conversation.id, *place, 0, -count) for place, count in given.items()])


def _given(connection: Connection, conversation_id: str, standing: Mapping[str, Message]) -> Counter[tuple[str, int]]:
    """The reactions of others to these messages, by author and day."""
    query = select(reactions.c.message_id, reactions.c.owner_id, reactions.c.updated_at).where(
        reactions.c.conversation_id == conversation_id,
        reactions.c.message_id.in_(list(standing)),
        reactions.c.deleted == 0,
    )
    authors = ((standing[row.message_id].owner_id, row) for row in connection.execute(query))
    return Counter((author, day_of(row.updated_at)) for author, row in authors if author != row.owner_id)


# --- folding ------------------------------------------------------------------------------------------------------

_OLD = (scores.c.day > LONG_AGO, scores.c.day < bindparam("first"))


def with_old_days(connection: Connection, first_day: int, most: int) -> list[str]:
    """Conversations with counts of single days before `first_day`."""
    query = select(scores.c.conversation_id).where(*_OLD).distinct().limit(most)
    return list(connection.execute(query, {"first": first_day}).scalars())


def fold(transaction: Transaction, conversation_id: str, first_day: int) -> None:
    """Add up what a conversation, which is locked, has of days before `first_day`: no period tells them apart.

    What is taken back of them later stands as a difference on its own day until it is folded too.
    """
    connection, asked = transaction.connection, {"first": first_day, "here": conversation_id}
    old = (scores.c.conversation_id == bindparam("here"), *_OLD)
    sums = (func.sum(scores.c.messages), func.sum(scores.c.reactions))
    query = select(scores.c.user_id, *sums).where(*old).group_by(scores.c.user_id)
    rows = [(conversation_id, user, LONG_AGO, int(m), int(r)) for user, m, r in connection.execute(query, asked)]
    _add(connection, rows)
    connection.execute(delete(scores).where(*old), asked)


# --- showing ------------------------------------------------------------------------------------------------------


def board(connection: Connection, conversation_id: str | None, first_day: int, limit: int) -> list[Standing]:
    """The best `limit` of one conversation, or of all, since `first_day`; accounts that are shut out are left out."""
    sums = _sums(conversation_id, first_day)
    points = sums.c.messages + sums.c.reactions
    query = (
        select(func.rank().over(order_by=points.desc()), sums.c.user_id, sums.c.messages, sums.c.reactions, points)
        .join(users, users.c.id == sums.c.user_id)
        .where(points > 0, ~users.c.disabled)
        .order_by(points.desc(), sums.c.reactions.desc(), sums.c.user_id)
        .limit(limit)
    )
    return [Standing(*map(_whole, row)) for row in connection.execute(query)]


def _sums(conversation_id: str | None, first_day: int) -> Subquery:
    """By user. Summed up before anything else is looked at: of what there are many rows."""
    messages, given = func.sum(scores.c.messages), func.sum(scores.c.reactions)
    query = select(scores.c.user_id, messages.label("messages"), given.label("reactions")).group_by(scores.c.user_id)
    if first_day > LONG_AGO:
        query = query.where(scores.c.day >= first_day)
    if conversation_id is not None:
        query = query.where(scores.c.conversation_id == conversation_id)
    return query.subquery()


def _whole(value: Any) -> Any:
    """PostgreSQL sums whole numbers to decimals."""
    return value if isinstance(value, str) else int(value)
