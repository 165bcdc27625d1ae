"""Who sees what: spans of membership, in versions of the conversation (Hubbub protocol, section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """One stay in a conversation: from the version of joining to that of leaving (None: still there)."""

    joined: int
    left: int | None
    joined_top_index: int = 0
    role: str = "member"
    changed: int = 0  # the version at which the row last changed
    silent_until: int = 0  # milliseconds since 1970: the end of a mute

    @property
    def current(self) -> bool:
        return self.left is None

    def holds(self, version: int) -> bool:
        """Whether something that happened at `version` happened during this stay, after the joining itself."""
        return self.joined < version and (self.left is None or version <= self.left)


def horizon(spans: Sequence[Span], head: int) -> int:
    """The newest version that someone with these spans may know of: the head for a member, else that of leaving."""
    return max((head if span.left is None else span.left) for span in spans)


def sees_message(spans: Sequence[Span], history: str, created: int, version: int) -> bool:
    """Whether a plaintext message is shown, made at `created` and last changed at `version`.

    Who came back sees again what was said during an earlier stay, as it is now.
    """
    known = any(span.left is None or version <= span.left for span in spans)
    return known and (history == "all" or any(span.holds(created) for span in spans))
