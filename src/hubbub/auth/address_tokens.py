"""Tokens that travel by mail: 32 random bytes, of which the server keeps a hash alone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from hubbub.storage.address_tokens import Purpose
from hubbub.wire.signing import b64u

HOUR = 3600
# Seconds.
LIFETIMES: Final[Mapping[Purpose, int]] = {
    "email_confirm": 7 * 24 * HOUR,
    "email_change": HOUR,
    "password_reset": HOUR,
    "sign_in": HOUR // 4,
}


def fresh() -> str:
    return b64u(secrets.token_bytes(32))


def stored(token: str) -> str:
    """The form in which a token is stored: of so much randomness a plain hash gives nothing away."""
    return sha256(token.encode()).hexdigest()
