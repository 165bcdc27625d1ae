"""Closing a conversation for good: at once for everybody, then its rows bit by bit.

The row of the conversation goes first, and with it every right to anything of it: nothing is read, written or joined
without that row. What is left (a tombstone in the stream of each member, messages, all else) may be very much, so it
goes in small transactions of its own. The id stays known as long as tombstones do: a repeat must not begin it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, delete, insert, select, update

from hubbub.storage import user_stream
from hubbub.storage.conversations import Conversation
from hubbub.storage.schema import (
    audit,
    closed_conversations,
    conversations,
    memberships,
    metadata,
    operations,
    private_pairs,
    reports,
    user_changes,
)
from hubbub.storage.sweep import delete_some
from hubbub.storage.writer import Transaction

BATCH = 500
# What stays when a conversation goes: what moderators have to answer for.
KEPT = (audit, reports, private_pairs)
OF_CONVERSATIONS = tuple(
    table for table in metadata.sorted_tables if "conversation_id" in table.c and table not in (*KEPT, memberships)
)


def close(transaction: Transaction, conversation: Conversation) -> None:
    """Take the conversation, which is locked, from everybody."""
    connection = transaction.connection
    connection.execute(delete(conversations).where(conversations.c.id == conversation.id))
    connection.execute(insert(closed_conversations).values(id=conversation.id, at=transaction.now, emptied=False))


def is_closed(connection: Connection, conversation_id: str) -> bool:
    found = select(closed_conversations.c.id).where(closed_conversations.c.id == conversation_id)
    return connection.execute(found).first() is not None


def unfinished(connection: Connection) -> list[str]:
    """Closed conversations of which there are rows."""
    return list(connection.execute(select(closed_conversations.c.id).where(~closed_conversations.c.emptied)).scalars())


# --- its members --------------------------------------------------------------------------------------------------


def some_members(connection: Connection, conversation_id: str) -> list[str]:
    """Users who have stays in it, current or former; none when all are put out."""
    mine = select(memberships.c.user_id).where(memberships.c.conversation_id == conversation_id)
    return list(connection.execute(mine.distinct().order_by(memberships.c.user_id).limit(BATCH)).scalars())


def put_out(transaction: Transaction, conversation_id: str, users: Sequence[str]) -> Mapping[str, int]:
    """End what these users, who are locked, have of it; heads of the streams of those who were members until now."""
    connection = transaction.connection
    stays = (memberships.c.conversation_id == conversation_id, memberships.c.user_id.in_(users))
    current = connection.execute(select(memberships.c.user_id).where(*stays, memberships.c.left_version.is_(None)))
    members = list(current.scalars())
    connection.execute(delete(memberships).where(*stays))
    marks = (user_changes.c.kind == user_stream.READ_MARK, user_changes.c.row_id == conversation_id)
    connection.execute(delete(user_changes).where(user_changes.c.user_id.in_(users), *marks))
    gone = [(user_stream.CONVERSATION, conversation_id, True)]
    return user_stream.advance(transaction, dict.fromkeys(members, gone))


# --- all else -----------------------------------------------------------------------------------------------------


def drop_some(transaction: Transaction, conversation_id: str, table: Table) -> int:
    """Delete a batch of the table's rows of it; how many went."""
    place = operations.c.scope if table is operations else table.c.conversation_id
    return delete_some(transaction, table, place == conversation_id)


def emptied(transaction: Transaction, conversation_id: str) -> None:
    """Nothing of it is left."""
    this = closed_conversations.c.id == conversation_id
    transaction.connection.execute(update(closed_conversations).where(this).values(emptied=True))
