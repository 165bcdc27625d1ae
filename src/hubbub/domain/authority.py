"""Who may act on whom: roles in order. Nobody acts on their like, and nobody but moderators and above acts at all."""

from __future__ import annotations

STRANGER, MEMBER, MODERATOR, OWNER, ADMIN = range(5)

_OF_ROLE = {"owner": OWNER, "moderator": MODERATOR, "member": MEMBER}


def rank(role: str | None) -> int:
    """The rank of a role; None: not a member."""
    return STRANGER if role is None else _OF_ROLE[role]


def may_act(actor: int, subject: int) -> bool:
    """Whether somebody of the rank `actor` may act on somebody of the rank `subject`, or on what that one wrote."""
    return actor >= MODERATOR and actor > subject
