"""Keys as they cross the network: public ones, and what opens the account key."""

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


# --- what opens the account key (Hubbub's design of keys and envelopes, sections 1 and 2) ----------------------------

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
SlotName = Annotated[
    str,
    Meta(
        pattern=rf"^(password|recovery|passkey:{UUID})$",
        description="`password`, `recovery`, or `passkey:` and the id of a passkey.",
    ),
]


def passkey_slot(passkey_id: str) -> SlotName:
    """The name of the slot that a passkey opens."""
    return f"passkey:{passkey_id}"


class Kdf(msgspec.Struct, frozen=True, kw_only=True):
    """How a client stretches the password before anything of it is sent: Argon2id over `m` KiB, in `t` passes and
    `p` lanes, with a salt of 16 bytes.

    What is weaker than the bounds is refused here as clients refuse it; far above them nobody could sign in.
    """

    salt: Annotated[str, Meta(min_length=22, max_length=22, pattern=r"^[A-Za-z0-9_-]{21}[AQgw]$")]
    m: Annotated[int, Meta(ge=65_536, le=1_048_576)]
    t: Annotated[int, Meta(ge=3, le=16)]
    p: Annotated[int, Meta(ge=1, le=16)]


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """The account key (32 bytes), sealed by a client with AES-256-GCM: nonce and ciphertext with its tag."""

    v: Literal[1]
    enc: Literal["A256GCM"]
    iv: Annotated[str, Meta(min_length=16, max_length=16, pattern=r"^[A-Za-z0-9_-]{16}$")]
    ct: Annotated[str, Meta(min_length=64, max_length=64, pattern=r"^[A-Za-z0-9_-]{64}$")]
