"""Page tokens: where a list goes on, opaque to clients and of use only for the list and the user they were made for."""

from __future__ import annotations

import hmac
from typing import TypeVar

import msgspec

from hubbub.auth.tokens import derive_key
from hubbub.wire.errors import InvalidPageToken
from hubbub.wire.signing import b64u, b64u_decode, fields

T = TypeVar("T")
MAC_BYTES = 16
LONGEST = 1024


class PageTokens:
    """Makes and reads page tokens; `secret` is the server's secret key."""

    def __init__(self, secret: bytes) -> None:
        self._key = derive_key(secret, "page-token")

    def make(self, listing: str, user_id: str, place: object) -> str:
        """A token for `place` (anything that msgspec encodes) in `listing`, which names the list with its filters."""
        body = msgspec.json.encode(place)
        return b64u(self._mac(listing, user_id, body) + body)

    def read(self, listing: str, user_id: str, token: str, kind: type[T]) -> T:
        """The place in `token`, of type `kind`.

        Raises `InvalidPageToken` unless `make` made it, for the same list and user.
        """
        if len(token) > LONGEST:
            raise InvalidPageToken()
        try:
            raw = b64u_decode(token)
            mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
            if not hmac.compare_digest(mac, self._mac(listing, user_id, body)):
                raise InvalidPageToken()
            return msgspec.json.decode(body, type=kind)
        except (ValueError, msgspec.DecodeError):
            raise InvalidPageToken() from None

    def _mac(self, listing: str, user_id: str, body: bytes) -> bytes:
        return hmac.digest(self._key, fields(listing, user_id, body), "sha256")[:MAC_BYTES]
