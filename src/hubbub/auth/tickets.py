"""Tickets: what a participant of a room, who may have no account, shows instead of a token; and nonces to sign."""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable

from hubbub.auth.tokens import derive_key
from hubbub.wire.errors import Unauthorized
from hubbub.wire.ids import is_id
from hubbub.wire.signing import b64u, b64u_decode, fields

MAC_BYTES = 16
TIME_BYTES = 8
RANDOM_BYTES = 16
NONCE_SECONDS = 120


class Tickets:
    """Makes and reads both under keys derived from `secret`. `clock` gives seconds since 1970.

    A ticket holds as long as its room, whose id is never given again. A nonce is for one room and one key, for two
    minutes.
    """

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = derive_key(secret, "room-ticket")
        self._clock = clock

    def issue(self, room: str, participant: str) -> str:
        """The ticket of a participant, which names them: `{participant}.{mac}`."""
        return f"{participant}.{b64u(self._mac('ticket', room, participant))}"

    def read(self, room: str, ticket: str | None) -> str:
        """The participant of a ticket for this room; raises `Unauthorized`."""
        participant, _, mac = (ticket or "").partition(".")
        if not is_id(participant) or not self._is_mac(mac, "ticket", room, participant):
            raise Unauthorized("Join the room first; the answer has the ticket for its topic.")
        return participant

    def nonce(self, room: str, public_key: str) -> str:
        """Something to sign, to show that one has this key."""
        unique = int(self._clock()).to_bytes(TIME_BYTES) + os.urandom(RANDOM_BYTES)
        return b64u(unique + self._mac("nonce", room, public_key, unique))

    def is_nonce(self, room: str, public_key: str, nonce: str) -> bool:
        """Whether `nonce` was made for these, lately."""
        try:
            raw = b64u_decode(nonce, TIME_BYTES + RANDOM_BYTES + MAC_BYTES)
        except ValueError:
            return False
        unique, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        made = int.from_bytes(unique[:TIME_BYTES])
        fresh = made <= self._clock() < made + NONCE_SECONDS
        return fresh and hmac.compare_digest(mac, self._mac("nonce", room, public_key, unique))

    def _is_mac(self, text: str, *parts: str) -> bool:
        return hmac.compare_digest(text.encode(), b64u(self._mac(*parts)).encode())

    def _mac(self, *parts: str | bytes) -> bytes:
        return hmac.digest(self._key, fields(*parts), "sha256")[:MAC_BYTES]
