"""Whether a public key is the user's: what must be signed, by whom, for where.

Source: Hubbub's design of keys and envelopes, sections 3 and 4. Keys are text here, b64u in its one form, so
that equal text means equal keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from hubbub.wire.errors import InvalidKey, TooLarge
from hubbub.wire.keys import IdentityKey, PublicKey
from hubbub.wire.signing import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    b64u_decode,
    identity_bytes,
    is_signed_by,
    key_bytes,
    thumbprint,
)

LONGEST_KEY = 8192  # bytes of JSON


class UnsignedKey(msgspec.Struct, frozen=True):
    """A key of a client that knows seed 003 alone: any JSON object; it proves nothing about whose it is."""

    document: Mapping[str, Any]


def is_signed(document: Mapping[str, Any]) -> bool:
    """Whether a public key claims to be signed; one that does must verify, wherever it is used."""
    return "sig" in document


def read_public_key(
    document: Mapping[str, Any],
    *,
    conversation: str | None,
    user: str,
    identity_key: str | None,
    sealed: bool,
) -> PublicKey | UnsignedKey:
    """The key that `user` sets for `conversation` (None: their own): verified, or known to be unsigned.

    `identity_key` is the user's current one, None if there is none yet. In a `sealed` conversation, as
    everywhere that a key claims a signature, the key must verify. Raises `InvalidKey`.
    """
    if is_signed(document):
        return verify_public_key(document, conversation=conversation, user=user, identity_key=identity_key)
    if sealed:
        raise InvalidKey("This conversation is sealed: its keys are signed.")
    return UnsignedKey(document)


def verify_public_key(
    document: Mapping[str, Any], *, conversation: str | None, user: str, identity_key: str | None
) -> PublicKey:
    """The signed X25519 key in `document`; `InvalidKey` when anything about it does not hold."""
    if identity_key is None:
        raise InvalidKey("Register an identity key before signing with it.")
    key = _shaped(document)
    if key.ik != identity_key:
        raise InvalidKey("The key is signed under another identity key than the user's current one.")
    x = _decode(key.x, "x", KEY_BYTES)
    if key.kid != thumbprint(key.x):
        raise InvalidKey("kid is not the thumbprint of the key (RFC 7638).")
    signed = key_bytes(conversation, user, key.gen, x)
    if not is_signed_by(_decode(key.ik, "ik", KEY_BYTES), _decode(key.sig, "sig", SIGNATURE_BYTES), signed):
        raise InvalidKey("The signature of the key does not verify.")
    _require_sealable(x)
    return key


class _SealingKey(msgspec.Struct, frozen=True):
    """What of an X25519 JWK (RFC 8037) one needs to seal to it."""

    kty: Literal["OKP"]
    crv: Literal["X25519"]
    x: str


def sealing_key(document: Mapping[str, Any]) -> str:
    """The JSON text of an X25519 JWK that can be sealed to, whoever it is of; raises `InvalidKey`."""
    try:
        key = msgspec.convert(document, _SealingKey)
    except msgspec.ValidationError as error:
        raise InvalidKey(f"The key is no X25519 JWK: {error}.") from None
    _require_sealable(_decode(key.x, "x", KEY_BYTES))
    if "d" in document:
        raise InvalidKey("The key has a private part: that is for nobody else.")
    text = msgspec.json.encode(document).decode()
    if len(text) > LONGEST_KEY:
        raise TooLarge(f"The key is larger than {LONGEST_KEY} bytes.")
    return text


def verify_identity(entry: IdentityKey, *, user: str, previous: IdentityKey | None) -> bool:
    """Whether the identity key before vouches for the new one, which must in any case be signed by itself.

    `previous` is the newest entry of the user's history, None before the first. True for a first key; False
    is a key whose predecessor was lost: its owner may have it, and all they talk to are to be warned. Raises
    `InvalidKey`.
    """
    if entry.seq != (previous.seq + 1 if previous else 1):
        raise InvalidKey("The identity key is not the next of the user's history.")
    if previous and entry.ik == previous.ik:
        raise InvalidKey("This is the user's identity key already.")
    new = _decode(entry.ik, "ik", KEY_BYTES)
    old = _decode(previous.ik, "ik", KEY_BYTES) if previous else None
    signed = identity_bytes(user, entry.seq, new, old)
    if not is_signed_by(new, _decode(entry.signature, "signature", SIGNATURE_BYTES), signed):
        raise InvalidKey("The identity key has not signed itself.")
    return _is_vouched_for(entry, old, signed)


def _is_vouched_for(entry: IdentityKey, old: bytes | None, signed: bytes) -> bool:
    if entry.previous_signature is None:
        return old is None
    signature = _decode(entry.previous_signature, "previous_signature", SIGNATURE_BYTES)
    if old is None or not is_signed_by(old, signature, signed):
        raise InvalidKey("The previous identity key did not sign this one.")
    return True


def _shaped(document: Mapping[str, Any]) -> PublicKey:
    try:
        return msgspec.convert(document, PublicKey)
    except msgspec.ValidationError as error:
        raise InvalidKey(f"The key does not have the documented shape: {error}.") from None


def _decode(text: str, name: str, length: int) -> bytes:
    try:
        return b64u_decode(text, length)
    except ValueError:
        raise InvalidKey(f"{name} is not base64url of {length} bytes.") from None


_PROBE = X25519PrivateKey.from_private_bytes(bytes(range(32)))


def _require_sealable(x: bytes) -> None:
    """Nobody can seal to a point of small order (RFC 7748, 6.1): its owner would silence the conversation."""
    try:
        _PROBE.exchange(X25519PublicKey.from_public_bytes(x))
    except ValueError:
        raise InvalidKey("x is a point of small order.") from None
