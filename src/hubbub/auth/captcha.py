"""Proof of work before somebody registers or signs in: altcha's challenges (version 2), made and checked here.

A challenge is signed over all that it says: what it is for, how hard it is, until when it is good. So nothing of it is
kept before it is solved. PBKDF2, because browsers have it built in: a program of an attacker's own is not much faster.
"""

from __future__ import annotations

import base64
import hmac
import math
import time
from collections.abc import Callable
from hashlib import sha256

import altcha
import msgspec

from hubbub.auth.tokens import derive_key
from hubbub.storage.challenges import Answered
from hubbub.storage.users import email_key
from hubbub.wire.joining import Challenge, Purpose

LIFETIME = 600  # seconds: longer than filling in a form takes
ALGORITHM = "PBKDF2/SHA-256"
EASIEST = (
    2_000  # iterations of one attempt; of 256 attempts one is right, which takes a browser some tenths of a second
)
PREFIX = "00"
DOUBLINGS = 5  # at most: 32 times the work
CALM = 10.0  # what goes wrong within minutes without anybody attacking
HALF_LIFE = 300.0  # seconds


class WrongProofError(Exception):
    """What was sent solves nothing that is asked here."""


class Pressure:
    """How much was tried lately in this process: each try counts, and counts half after five minutes."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._count = 0.0
        self._at = clock()

    def add(self) -> None:
        self._count = self._now() + 1

    def doublings(self) -> int:
        """How often the work is to be doubled: 0 while it is calm."""
        return min(DOUBLINGS, int(math.log2(max(1.0, self._now() / CALM))))

    def _now(self) -> float:
        now = self._clock()
        self._count *= 0.5 ** (max(0.0, now - self._at) / HALF_LIFE)
        self._at = now
        return self._count


class Captcha:
    """Makes and checks challenges; `secret` is the server's secret key, so that all its processes know each other's."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = derive_key(secret, "captcha")
        self._clock = clock

    def challenge(self, purpose: Purpose, doublings: int = 0) -> Challenge:
        made = altcha.create_challenge(
            ALGORITHM,
            EASIEST << doublings,
            key_prefix=PREFIX,
            expires_at=int(self._clock()) + LIFETIME,
            data={"purpose": purpose},
            hmac_secret=self._key,
        )
        return msgspec.convert(made.to_dict(), Challenge)

    def check(self, purpose: Purpose, solution: str) -> Answered:
        """What was solved. Works as long as one attempt does: not for the event loop. Raises `WrongProofError`."""
        try:
            sent = msgspec.json.decode(base64.b64decode(solution, validate=True), type=_Sent)
        except (ValueError, msgspec.MsgspecError):
            raise WrongProofError from None
        parameters = sent.challenge.parameters
        # Before the signature is looked at: altcha goes by a clock of its own.
        if parameters.data.get("purpose") != purpose or parameters.expires_at <= self._clock():
            raise WrongProofError
        if not altcha.verify_solution(altcha.Payload.from_dict(msgspec.to_builtins(sent)), self._key).verified:
            raise WrongProofError
        return Answered(sha256(parameters.nonce.encode()).hexdigest(), parameters.expires_at * 1000)

    def key(self, email: str) -> str:
        """The key of an address for limits, from which the address cannot be told."""
        return hmac.digest(self._key, email_key(email).encode(), "sha256").hex()[:32]


class _Solution(msgspec.Struct, rename="camel"):
    counter: int
    derived_key: str


class _Sent(msgspec.Struct):
    """What altcha's widget sends, in base64."""

    challenge: Challenge
    solution: _Solution
