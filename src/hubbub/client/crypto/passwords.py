"""The password, stretched before anything of it is sent: half signs in, half opens the account key.

Source: Hubbub's design of keys and envelopes, section 1.
"""

from __future__ import annotations

import os
import unicodedata
from typing import Any, NamedTuple

import msgspec
from argon2.low_level import Type, hash_secret_raw

from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.text import well_formed
from hubbub.wire.keys import Kdf
from hubbub.wire.signing import b64u, b64u_decode

SALT_BYTES = 16


class Derived(NamedTuple):
    """`secret` (b64u) goes to the server as the password; `password_key` (32 bytes) never leaves the client."""

    secret: str
    password_key: bytes


def new_kdf() -> Kdf:
    """The parameters of a new password: a fresh salt, 64 MiB, three passes, four lanes."""
    return Kdf(salt=b64u(os.urandom(SALT_BYTES)), m=65_536, t=3, p=4)


def derive_secret(password: str, kdf: Any) -> Derived:
    """Both halves of `password`, stretched as `kdf` says: a `Kdf`, or whatever else the server gave for one.

    Takes a tenth of a second and the memory that `kdf` asks for. Raises `Refused`: `weak_kdf`, for what is weaker
    than a client accepts, absurdly strong, or nothing.
    """
    kdf = _accepted(kdf)
    typed = unicodedata.normalize("NFC", well_formed(password)).encode()
    raw = hash_secret_raw(typed, b64u_decode(kdf.salt), kdf.t, kdf.m, kdf.p, 64, Type.ID)
    return Derived(b64u(raw[:32]), raw[32:])


def _accepted(kdf: Any) -> Kdf:
    """The bounds are those of `Kdf`; converting checks them, of one that was made without JSON too."""
    try:
        return msgspec.convert(msgspec.to_builtins(kdf), Kdf)
    except msgspec.ValidationError:
        raise Refused("weak_kdf") from None
