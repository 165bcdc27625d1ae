"""Who is asking, and what they may ask for."""

from __future__ import annotations

from typing import Literal

import msgspec

from hubbub.auth.terms import TERMS
from hubbub.wire.errors import OutOfScope

Scope = Literal["read", "write"]


class Grant(msgspec.Struct, frozen=True, gc=False):
    """What an API token may do in its user's name: `writes` besides reading; in these conversations alone, or (None)
    in all.
    """

    writes: bool
    conversations: frozenset[str] | None


class Actor(msgspec.Struct, frozen=True, gc=False):
    """A user who proved who they are with an access token, or a program that did with an API token.

    `family_id` is the sign-in that the access token stems from, or the API token; `expires_at` is in whole seconds
    since 1970, `lifetime` in seconds. `grant` is None for who signed in: what the user may do is not kept here but read
    where it is decided, so that a right that was taken away is gone at once.
    """

    user_id: str
    family_id: str
    expires_at: int
    lifetime: int = TERMS.access
    grant: Grant | None = None

    def require(self, scope: Scope | None, conversation_id: str | None) -> None:
        """Raise `OutOfScope` unless this may be asked for: something that takes `scope` (None: that no API token
        reaches), about this conversation (None: about none, or several).
        """
        if self.grant is None:
            return
        if scope is None:
            raise OutOfScope("No API token reaches this; it takes a user who is signed in.")
        if scope == "write" and not self.grant.writes:
            raise OutOfScope("This API token reads only.")
        if self.grant.conversations is not None and conversation_id not in self.grant.conversations:
            raise OutOfScope("This API token is limited to other conversations.")
