"""Sixty digits that two people compare to know that nobody stands between them.

Source: Hubbub's design of keys and envelopes, section 9.
"""

from __future__ import annotations

from hashlib import sha512

from hubbub.wire.signing import KEY_BYTES, b64u_decode, fields

ROUNDS = 5200  # what somebody who looks for a key with the same digits pays for each try


def safety_number(me: tuple[str, str], them: tuple[str, str]) -> str:
    """The same digits whoever asks; both are (user id, identity key as b64u)."""
    return "".join(sorted(_digits(user, b64u_decode(ik, KEY_BYTES)) for user, ik in (me, them)))


def _digits(user: str, ik: bytes) -> str:
    digest = fields("hubbub-safety/1", user, ik)
    for _ in range(ROUNDS):
        digest = sha512(digest + ik).digest()
    return "".join(f"{int.from_bytes(digest[at : at + 5]) % 100_000:05}" for at in range(0, 30, 5))
