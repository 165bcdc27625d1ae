"""Who guesses passwords is slowed down, and cannot lock out the owner by it.

Failed attempts are counted by account, wherever they come from, for an attacker has many addresses. That alone would
let anyone keep the owner out by guessing all day. So a device that has signed in once is given a proof of it, and who
shows one is counted apart, by that device (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from hubbub.auth.limits import Limiter, Rule
from hubbub.auth.tokens import derive_key
from hubbub.storage.users import email_key
from hubbub.wire.ids import is_id
from hubbub.wire.signing import b64u, fields

UNKNOWN_DEVICES = Rule("guessing", 1 / 60, 20)  # all of them together, for one account
KNOWN_DEVICE = Rule("guessing-known", 1 / 60, 20)
MAC_BYTES = 16


class Attempt(NamedTuple):
    """One try of a password, and where it is counted."""

    rule: Rule
    key: str


class Guessing:
    """Counts what is tried against accounts; `secret` is the server's secret key.

    An address without account is counted as one with: nobody learns from a refusal which there are.
    """

    def __init__(self, limiter: Limiter, secret: bytes) -> None:
        self._limiter = limiter
        self._key = derive_key(secret, "guessing")

    async def begin(self, email: str, proof: str | None) -> Attempt:
        """Before a password is looked at; raises `TooFast` where too many were wrong."""
        device = self._device(email, proof)
        if device is None:
            attempt = Attempt(UNKNOWN_DEVICES, self._mac("account", email_key(email)))
        else:
            attempt = Attempt(KNOWN_DEVICE, device)
        await self._limiter.spend(*attempt)
        return attempt

    async def succeeded(self, attempt: Attempt) -> None:
        """The password was right: what was wrong before is forgiven."""
        await self._limiter.forgive(*attempt)

    def proof(self, email: str, family_id: str) -> str:
        """What a device keeps of a sign-in to the account of this address: `{family}.{mac}`."""
        return f"{family_id}.{self._mac('device', email_key(email), family_id)}"

    def _device(self, email: str, proof: str | None) -> str | None:
        family, _, mac = (proof or "").partition(".")
        expected = self._mac("device", email_key(email), family)
        return family if hmac.compare_digest(mac.encode(), expected.encode()) and is_id(family) else None

    def _mac(self, *parts: str) -> str:
        return b64u(hmac.digest(self._key, fields(*parts), "sha256")[:MAC_BYTES])
