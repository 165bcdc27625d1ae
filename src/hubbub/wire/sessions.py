"""Where a user is signed in, as it crosses the network."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

DeviceName = Annotated[
    str, Meta(max_length=64, description="What the user calls the device; else its User-Agent is read.")
]


class Session(msgspec.Struct, kw_only=True):
    """One sign-in. `device` may be empty: nothing is known of it. Times are RFC 3339.

    `used_at` is when it last renewed its tokens, which it does every half an hour at most while it is used. `current`:
    it is the one that asks.
    """

    id: str
    device: str
    began_at: str
    used_at: str
    current: bool


class SessionList(msgspec.Struct, kw_only=True):
    """The one that was used last comes first."""

    items: list[Session]
