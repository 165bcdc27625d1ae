"""Challenges: what an authenticator signs to show that it answers now, and for what it answers.

Nothing is kept of them until they are answered: each carries the time at which it was made and a MAC over what it is
for. That it is answered once only is kept by `storage/challenges.py`.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable
from hashlib import sha256

from hubbub.auth.tokens import derive_key
from hubbub.storage.challenges import Answered
from hubbub.wire.errors import StaleChallenge
from hubbub.wire.signing import fields

TIME_BYTES = 8
RANDOM_BYTES = 16
MAC_BYTES = 32
CHALLENGE_SECONDS = 300


class Challenges:
    """Makes and reads them under a key derived from `secret`. `clock` gives seconds since 1970."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = derive_key(secret, "passkey-challenge")
        self._clock = clock

    def make(self, purpose: str, *subject: str) -> bytes:
        """A challenge that is good for this purpose and subject alone, for five minutes."""
        unique = int(self._clock()).to_bytes(TIME_BYTES) + os.urandom(RANDOM_BYTES)
        return unique + self._mac(unique, purpose, *subject)

    def read(self, challenge: bytes, purpose: str, *subject: str) -> Answered:
        """What is kept once it is answered. Raises `StaleChallenge` unless it was made for this, lately."""
        unique, mac = challenge[:-MAC_BYTES], challenge[-MAC_BYTES:]
        expires = int.from_bytes(unique[:TIME_BYTES]) + CHALLENGE_SECONDS
        is_ours = hmac.compare_digest(mac, self._mac(unique, purpose, *subject))
        if not is_ours or self._clock() >= expires:
            raise StaleChallenge()
        return Answered(sha256(challenge).hexdigest(), expires * 1000)

    def _mac(self, unique: bytes, *parts: str) -> bytes:
        return hmac.digest(self._key, fields(unique, *parts), "sha256")
