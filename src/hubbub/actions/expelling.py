"""Ending somebody else's membership: the part that kicking and banning share."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from hubbub.actions.conversation_keys import proofs
from hubbub.actions.membership import circle_of, rows_of, store_links
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import listing_change
from hubbub.domain.visibility import Span
from hubbub.storage import conversations, memberships, user_stream
from hubbub.storage.conversations import Conversation
from hubbub.storage.rosters import Rosters
from hubbub.storage.writer import Transaction
from hubbub.wire import chain
from hubbub.wire.errors import InvalidLink
from hubbub.wire.events import Changed
from hubbub.wire.links import Link


class Expelled(msgspec.Struct, frozen=True, gc=False):
    """Who was removed by whom; `circle` are those who may have other contacts now."""

    conversation: Conversation
    version: int
    user_id: str
    moderator_id: str
    reason: str
    user_version: int
    changes: list[Changed]
    circle: tuple[str, ...]


def expel(
    transaction: Transaction,
    rosters: Rosters,
    conversation: Conversation,
    moderator: str,
    user: str,
    *,
    links: Sequence[Link] = (),
    reason: str = "",
) -> Expelled:
    """Remove a current member from the locked conversation; the user is locked too.

    In a sealed one the chain has to prove it: one `remove` link about the user, signed by the moderator, else
    `InvalidLink`.
    """
    connection, version = transaction.connection, conversation.head + 1
    proven = _prove(transaction, rosters, conversation, moderator, user, links)
    memberships.end_membership(connection, conversation.id, user, version)
    ended = replace(proven, head=version, members_version=version, departed_version=version)
    conversations.save(connection, ended)
    heads = user_stream.advance(transaction, {user: [(user_stream.CONVERSATION, conversation.id, True)]})
    changes = rows_of(transaction, ended, version)
    circle = (user, *circle_of(transaction, ended))
    return Expelled(ended, version, user, moderator, reason, heads[user], changes, circle)


def _prove(
    transaction: Transaction,
    rosters: Rosters,
    conversation: Conversation,
    moderator: str,
    user: str,
    links: Sequence[Link],
) -> Conversation:
    if not conversation.sealed:
        return conversation
    if [(link.action, link.user) for link in links] != [("remove", user)]:
        raise InvalidLink("Removing somebody from a sealed conversation takes one's own signed link that says so.")
    roster = rosters.of(transaction.connection, conversation)
    registered = proofs(transaction, conversation.id, [moderator], {})
    proven = chain.extend(roster.chain, links, actor=moderator, registered=registered)
    store_links(transaction, conversation, links)
    return replace(conversation, chain_hash=proven.head)


def tell_expelled(publisher: Publisher, done: Expelled) -> None:
    """Tell those who are still there, and all devices of who is not."""
    conversation = done.conversation
    told = {
        "user_id": done.user_id,
        "conversation_id": conversation.id,
        "moderator_id": done.moderator_id,
        "version": done.version,
        "changes": done.changes,
    }
    publisher.to_conversation(conversation.id, "leave_conversation", told, conversation.departed_version)
    own = {
        "conversation_id": conversation.id,
        "moderator_id": done.moderator_id,
        "reason": done.reason,
        "user_version": done.user_version,
        "changes": [listing_change(conversation, Span(0, done.version), done.user_version)],
    }
    publisher.to_user(done.user_id, "conversation_removed", own)
    publisher.contacts_changed(done.circle)
