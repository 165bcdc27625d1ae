"""What a user wrote, for the user: read conversation by conversation, in bounded pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from hubbub.storage import messages as stored
from hubbub.storage.conversations import Conversation
from hubbub.storage.messages import Seen
from hubbub.storage.schema import memberships, messages, reactions, reports, scores

PAGE = 500


def messages_of(connection: Connection, conversation: Conversation, user_id: str, after: str, now: int) -> list[Seen]:
    """A page of what the user wrote there and still stands, by id, from the one after `after` on; with the copy for
    themselves where it is encrypted.
    """
    query = stored.selected(user_id, conversation.encrypted).where(
        messages.c.conversation_id == conversation.id,
        messages.c.owner_id == user_id,
        messages.c.deleted == 0,
        messages.c.id > after,
    )
    rows = connection.execute(query.order_by(messages.c.id).limit(PAGE))
    return [stored.seen(row, now) for row in rows]


def reactions_of(connection: Connection, conversation_id: str, user_id: str, after: str) -> list[Row[Any]]:
    """A page of the user's reactions there, by the message's id, from the one after `after` on. Whole messages: of one
    a user has a few reactions at most.
    """
    mine = (reactions.c.conversation_id == conversation_id, reactions.c.owner_id == user_id, reactions.c.deleted == 0)
    query = select(reactions).where(*mine, reactions.c.message_id > after)
    found = list(connection.execute(query.order_by(reactions.c.message_id, reactions.c.emoji).limit(PAGE)))
    if len(found) < PAGE:
        return found
    last = found[-1].message_id
    whole = [row for row in found if row.message_id != last]
    return whole or list(connection.execute(select(reactions).where(*mine, reactions.c.message_id == last)))


def stays_of(connection: Connection, user_id: str) -> list[Row[Any]]:
    """Every stay of the user in a conversation, the first first."""
    query = select(
        memberships.c.conversation_id, memberships.c.role, memberships.c.inserted_at, memberships.c.left_version
    )
    return list(connection.execute(query.where(memberships.c.user_id == user_id).order_by(memberships.c.inserted_at)))


def reports_by(connection: Connection, user_id: str) -> list[Row[Any]]:
    return list(connection.execute(select(reports).where(reports.c.reporter_id == user_id)))


def scores_of(connection: Connection, user_id: str) -> list[Row[Any]]:
    return list(connection.execute(select(scores).where(scores.c.user_id == user_id)))
