"""Who is asking."""

from __future__ import annotations

import msgspec

from hubbub.auth.terms import TERMS


class Actor(msgspec.Struct, frozen=True, gc=False):
    """A user who proved who they are with an access token.

    `family_id` is the sign-in that the token stems from; `expires_at` is in whole seconds since 1970, `lifetime`
    in seconds. What the user may do is not kept here but read where it is decided, so that a right that was taken away
    is gone at once.
    """

    user_id: str
    family_id: str
    expires_at: int
    lifetime: int = TERMS.access
