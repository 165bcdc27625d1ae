"""Deleting an account: what lets anybody in, and what tells who it was, goes at once; the rest bit by bit.

The row of the user stays, nameless and shut: what was signed in their name is still theirs, and their id is given to
nobody else. docs/topics/data-rights.md says of every table what becomes of its rows.
"""

from __future__ import annotations

import secrets
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection, Table, delete, or_, select, update

from hubbub.storage.schema import (
    address_tokens,
    choices,
    conversation_keys,
    conversations,
    families,
    identity_keys,
    invitations,
    join_requests,
    key_slots,
    memberships,
    messages,
    passkeys,
    read_marks,
    scores,
    user_changes,
    user_keys,
    users,
)
from hubbub.storage.sweep import delete_some
from hubbub.storage.writer import Transaction

Departure = Literal["keep", "remove"]

# What everybody reads in place of a name.
NAMELESS = "Deleted account"
BATCH = 500

# At once: the ways in, and what is asked or offered in their name.
_WAYS_IN: Final = (key_slots, passkeys, address_tokens, invitations, join_requests)
# Bit by bit. Spent refresh tokens and remembered answers, which say nothing, are left to the sweep.
LEFT_BEHIND: Final = (user_changes, choices, families)


class Unfinished(NamedTuple):
    user_id: str
    messages: Departure


def depart(transaction: Transaction, user_id: str, departure: Departure) -> None:
    """Leave of the account, which is locked, what has no name, no way in and no open key."""
    connection = transaction.connection
    for table in _WAYS_IN:
        connection.execute(delete(table).where(table.c.user_id == user_id))
    connection.execute(update(identity_keys).where(identity_keys.c.user_id == user_id).values(wrapped_seed=None))
    connection.execute(update(user_keys).where(user_keys.c.user_id == user_id).values(private_key=None))
    nameless = {
        "name": f"deleted-{secrets.token_hex(8)}",
        "email": "",
        "email_key": None,
        "display_name": NAMELESS,
        "search_text": "",
        "password_hash": None,
        "kdf": None,
        "about": "",
        "picture": None,
        "admin": False,
        "disabled": True,
        "hidden": True,
        "recents": "[]",
        "confirmed_at": None,
        "conduct_version": None,
        "departing": departure,
    }
    connection.execute(update(users).where(users.c.id == user_id).values(**nameless, updated_at=transaction.now))


def is_last_admin(connection: Connection, user_id: str) -> bool:
    """Whether somebody else is here, and no other admin."""
    others = select(users.c.id).where(users.c.id != user_id, ~users.c.disabled, users.c.owner_id.is_(None))
    mine = connection.execute(select(users.c.admin).where(users.c.id == user_id)).scalar()
    if not mine or connection.execute(others.limit(1)).first() is None:
        return False
    return connection.execute(others.where(users.c.admin).limit(1)).first() is None


# --- bit by bit ---------------------------------------------------------------------------------------------------


_UNFINISHED = select(users.c.id, users.c.departing).where(users.c.departing.is_not(None))


def unfinished(connection: Connection) -> list[Unfinished]:
    return [Unfinished(*row) for row in connection.execute(_UNFINISHED)]


def unfinished_of(connection: Connection, user_id: str) -> list[Unfinished]:
    """The user, and the bots that were theirs."""
    theirs = or_(users.c.id == user_id, users.c.owner_id == user_id)
    return [Unfinished(*row) for row in connection.execute(_UNFINISHED.where(theirs))]


def places(connection: Connection, user_id: str) -> list[str]:
    """Conversations in which the user may have said something: those they ever were in, and those that any account
    may write in.
    """
    mine = select(memberships.c.conversation_id).where(memberships.c.user_id == user_id)
    query = select(conversations.c.id).where(or_(conversations.c.id.in_(mine), conversations.c.posting == "accounts"))
    return list(connection.execute(query.order_by(conversations.c.id)).scalars())


def end_some(transaction: Transaction, conversation_id: str, user_id: str) -> int:
    """Let a batch of the user's messages in a conversation, which is locked, expire now; how many they were.

    From here on they are shown to nobody, and what takes away messages that are over takes their rows.
    """
    standing = (
        select(messages.c.id)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.owner_id == user_id,
            messages.c.deleted == 0,
            messages.c.removed_by.is_(None),
            or_(messages.c.expires_at.is_(None), messages.c.expires_at > transaction.now),
        )
        .limit(BATCH)
    )
    ended = transaction.connection.execute(
        update(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.id.in_(standing))
        .values(expires_at=transaction.now)
    )
    return ended.rowcount


def forget_in(transaction: Transaction, conversation_id: str, user_id: str) -> None:
    """Of the user in this conversation nothing stays but stays and messages; nobody opens their key for it any more."""
    connection = transaction.connection
    key = (conversation_keys.c.conversation_id == conversation_id, conversation_keys.c.user_id == user_id)
    connection.execute(update(conversation_keys).where(*key).values(private_key=None))
    for table in (scores, read_marks):
        connection.execute(delete(table).where(table.c.conversation_id == conversation_id, table.c.user_id == user_id))


def drop_some(transaction: Transaction, table: Table, user_id: str) -> int:
    """Delete a batch of the user's rows; how many went."""
    return delete_some(transaction, table, table.c.user_id == user_id)


def finished(transaction: Transaction, user_id: str) -> None:
    transaction.connection.execute(update(users).where(users.c.id == user_id).values(departing=None))
