"""Access tokens: JWT (RFC 7519), HS256, thirty minutes; seed 004's live fifteen and say who it is."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from hubbub.auth.actor import Actor
from hubbub.auth.terms import COOKIE_TERMS, TERMS, Terms
from hubbub.wire.errors import ExpiredToken, InvalidToken
from hubbub.wire.ids import is_id

LIFETIME = TERMS.access
LIFETIMES = frozenset({TERMS.access, COOKIE_TERMS.access})
ISSUER = "hubbub"
AUDIENCE = "hubbub"
ALGORITHM = "HS256"
LONGEST = 4096  # with an address and a name in it, each as long as may be
# Seed 003's clients send the token with every payload: remembering saves 25 µs each. About 1 KB a token.
REMEMBERED = 20_000


def derive_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose from the server's secret key, so that no two uses share a key."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"hubbub/{purpose}".encode()).derive(secret)


class Tokens:
    """Issues and verifies access tokens under keys derived from `secret` (32 bytes or more)."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        if len(secret) < 32:
            raise ValueError("The secret key has at least 32 bytes.")
        self._key = OctKey.import_key(derive_key(secret, "access-token"))
        self._clock = clock
        self._verified: dict[bytes, Actor] = {}

    def issue(
        self, user_id: str, family_id: str, now: int, terms: Terms = TERMS, about: dict[str, str] | None = None
    ) -> str:
        """A token that is valid from `now` (whole seconds), as long as `terms` say. Equal arguments give equal tokens.

        `about` are further claims, for clients alone.
        """
        claims = {
            **(about or {}),
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "fam": family_id,
            "iat": now,
            "exp": now + terms.access,
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def verify(self, token: str) -> Actor:
        """Who the token speaks for; raises `InvalidToken` or `ExpiredToken`. It may be revoked all the
        same.
        """
        key = _digest(token)
        actor = self._verified.get(key)
        if actor is None:
            actor = self._read(token)
            self._remember(key, actor)
        if actor.expires_at <= self._clock():
            self._verified.pop(key, None)
            raise ExpiredToken()
        return actor

    def _read(self, token: str) -> Actor:
        if len(token) > LONGEST or not token.isascii():
            raise InvalidToken()
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, KeyError):
            raise InvalidToken() from None
        return _actor(claims)

    def _remember(self, key: bytes, actor: Actor) -> None:
        if len(self._verified) >= REMEMBERED:
            for oldest in list(self._verified)[: REMEMBERED // 4]:
                del self._verified[oldest]
        self._verified[key] = actor


def _digest(token: str) -> bytes:
    """What stands for a token in memory: an eighth of its size, and of no use to who reads it there."""
    return hashlib.blake2b(token.encode(errors="replace"), digest_size=16).digest()


def _actor(claims: dict[str, Any]) -> Actor:
    user, family, issued, expires = (claims.get(name) for name in ("sub", "fam", "iat", "exp"))
    if claims.get("iss") != ISSUER or claims.get("aud") != AUDIENCE:
        raise InvalidToken()
    if not (isinstance(user, str) and is_id(user) and isinstance(family, str) and is_id(family)):
        raise InvalidToken()
    # A longer life than we give would outlast the memory of what was revoked.
    if type(issued) is not int or type(expires) is not int or expires - issued not in LIFETIMES:
        raise InvalidToken()
    return Actor(user, family, expires, expires - issued)
