"""Public keys as they cross the network."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Counter = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class PublicKey(msgspec.Struct, frozen=True, gc=False):
    """A signed X25519 key: a JWK (RFC 7517, RFC 8037) with generation, identity key and its signature."""

    kty: Literal["OKP"]
    crv: Literal["X25519"]
    x: str
    use: Literal["enc"]
    kid: str
    gen: Counter
    ik: str
    sig: str


class IdentityKey(msgspec.Struct, frozen=True, gc=False):
    """One entry of the history of a user's identity key (Ed25519).

    `seq` counts from 1. `signature` is by the key itself, `previous_signature` by the one before it: null for
    the first, and where the previous key is lost. Both are over `signing.identity_bytes`.
    """

    ik: str
    seq: Counter
    signature: str
    previous_signature: str | None = None
