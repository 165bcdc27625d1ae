"""The account key, and the slots in which it is kept: under the password, the recovery words, a passkey, this device.

Source: Hubbub's design of keys and envelopes, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.client.crypto.boxes import CannotOpen, derive, open_box, seal_box
from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.words import code_of
from hubbub.wire.keys import Slot
from hubbub.wire.signing import fields

# What every client has authenticators evaluate: a passkey opens its slot wherever it is used.
PRF_INPUT = b"hubbub/passkey-prf/1"


def seal_slot(user: str, name: str, key: bytes, account_key: bytes) -> Slot:
    """The account key of `user` under the key of the slot `name`: `password`, `recovery`, `device`, `passkey:{id}`."""
    return seal_box(key, account_key, fields(user, name))


def open_slot(user: str, name: str, key: bytes, slot: Slot | None) -> bytes:
    """The account key; raises `Refused`: `slot_missing`, `slot_wrong`."""
    if slot is None:
        raise Refused("slot_missing")
    try:
        return open_box(key, slot.iv, slot.ct, fields(user, name))
    except CannotOpen:
        raise Refused("slot_wrong") from None


def open_with_words(user: str, words: Sequence[str], slot: Slot | None) -> bytes:
    """The account key; raises `Refused`: `slot_missing`, and `wrong_words` also for the words of another account."""
    key = recovery_key(code_of(words))
    try:
        return open_slot(user, "recovery", key, slot)
    except Refused as refused:
        raise Refused("wrong_words" if refused.code == "slot_wrong" else refused.code) from None


def recovery_key(code: bytes) -> bytes:
    """The key of the recovery slot."""
    return derive(code, fields("hubbub/recovery"))


def passkey_key(prf: bytes) -> bytes:
    """The key of a passkey's slot: `prf` is what its authenticator's extension `prf` gives for `PRF_INPUT`."""
    return derive(prf, fields("hubbub/passkey"))
