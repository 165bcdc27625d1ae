"""Who somebody is in a conversation when they act on others there; read inside the transaction of the deed."""

from __future__ import annotations

from sqlalchemy import Connection

from hubbub.domain.authority import ADMIN, OWNER, STRANGER, may_act, rank
from hubbub.storage import memberships, users
from hubbub.storage.conversations import Conversation
from hubbub.wire.errors import Forbidden, NotMember, WrongKind


def rank_of(connection: Connection, conversation: Conversation, user: str) -> int:
    """The rank of a member, or of who owns the conversation wherever they are, not counting what they administer."""
    if conversation.changing == "owner" and conversation.creator_id == user:
        return OWNER
    member = memberships.current_members(connection, [(conversation.id, user)]).get((conversation.id, user))
    return rank(member.role if member is not None else None)


def rank_to_act(connection: Connection, conversation: Conversation, user: str) -> int:
    """As `rank_of`, for who acts: an admin of the server stands above the owner. Raises `NotMember` for strangers."""
    if users.is_admin(connection, user):
        return ADMIN
    own = rank_of(connection, conversation, user)
    if own == STRANGER:
        raise NotMember()
    return own


def require_above(connection: Connection, conversation: Conversation, actor: str, subject: str) -> None:
    """Raise `Forbidden` unless the actor may act on the subject here; `NotMember` for strangers, and `WrongKind` in a
    private conversation, where nobody stands above the other.
    """
    own = rank_to_act(connection, conversation, actor)
    if conversation.private:
        raise WrongKind("A private conversation has no moderators: block the other one instead.")
    if actor == subject or not may_act(own, rank_of(connection, conversation, subject)):
        raise Forbidden()
