"""Who may do what in a conversation: its policies (docs/topics/spaces.md) and the asker's stays in it decide."""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.domain.visibility import Span

MODERATING = frozenset({"owner", "moderator"})
ALL_OF_IT = (Span(0, None),)  # what somebody sees who reads without being a member


def readable(reading: str, spans: Sequence[Span]) -> Sequence[Span]:
    """What the reader may look at, as stays; none: nothing. Where anyone reads, everyone reads everything."""
    return ALL_OF_IT if reading == "anyone" else spans


def takes_part(posting: str, role: str | None) -> bool:
    """Whether a user (`role` None: no member) may react and change what is theirs."""
    return role is not None or posting == "accounts"


def may_post(posting: str, role: str | None) -> bool:
    """Whether a user may say something new."""
    return takes_part(posting, role) and (posting != "moderators" or role in MODERATING)
