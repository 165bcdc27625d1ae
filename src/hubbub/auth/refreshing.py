"""Refresh tokens: 32 random bytes, of which the server keeps a hash alone."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from hubbub.auth.tokens import derive_key
from hubbub.wire.signing import b64u, fields


class RefreshTokens:
    """Makes refresh tokens; `secret` is the server's secret key."""

    def __init__(self, secret: bytes) -> None:
        self._key = derive_key(secret, "refresh-token")

    def first(self) -> str:
        return b64u(secrets.token_bytes(32))

    def successor(self, token: str, op_id: str | None) -> str:
        """What comes after `token`. With an `op_id` always the same, so that a repeated refresh is answered
        alike and nothing secret has to be stored for it."""
        if op_id is None:
            return self.first()
        return b64u(hmac.digest(self._key, fields("successor", token, op_id), "sha256"))

    @staticmethod
    def stored(token: str) -> str:
        """The form in which a token is stored: of so much randomness a plain hash gives nothing away."""
        return sha256(token.encode()).hexdigest()
