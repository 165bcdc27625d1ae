"""What wraps a key: AES-256-GCM under a key of its own, derived by HKDF where the account key wraps several.

Source: Hubbub's design of keys and envelopes, opening.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hubbub.wire.keys import Slot
from hubbub.wire.signing import b64u, b64u_decode

NONCE_BYTES = 12


class CannotOpen(Exception):
    """Another key, or other bytes than were sealed."""


def derive(key: bytes, info: bytes) -> bytes:
    """32 bytes for the one purpose that `info` names."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)


def seal_box(key: bytes, secret: bytes, aad: bytes) -> Slot:
    """`secret` (32 bytes) under `key`, with a fresh random nonce."""
    iv = os.urandom(NONCE_BYTES)
    return Slot(v=1, enc="A256GCM", iv=b64u(iv), ct=b64u(AESGCM(key).encrypt(iv, secret, aad)))


def open_box(key: bytes, iv: str, ct: str, aad: bytes) -> bytes:
    """What `seal_box` sealed; raises `CannotOpen`."""
    try:
        return AESGCM(key).decrypt(b64u_decode(iv, NONCE_BYTES), b64u_decode(ct), aad)
    except (InvalidTag, ValueError):
        raise CannotOpen from None
