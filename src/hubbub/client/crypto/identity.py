"""Identity keys: one's own, and what is believed of those of others.

Source: Hubbub's design of keys and envelopes, sections 3 and 9. The first key that is seen of a user is trusted;
every change after that is noted, whether or not the key before vouched for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubbub.client.crypto.boxes import CannotOpen, derive, open_box, seal_box
from hubbub.client.crypto.refused import Refused
from hubbub.wire.errors import InvalidKey
from hubbub.wire.key_checks import verify_identity
from hubbub.wire.keys import IdentityKey, Slot
from hubbub.wire.resources import IdentityEntry, NewIdentityKey
from hubbub.wire.signing import b64u, b64u_decode, fields, identity_bytes

_SEED = fields("hubbub/ik")


class Change(msgspec.Struct, frozen=True, rename={"previous": "from"}):
    """`previous` is the last key that was accepted; `vouched`: each key since was signed by the one before it."""

    previous: str
    vouched: bool


class Known(msgspec.Struct, frozen=True):
    """What a client believes of a user's identity and keeps.

    `seq` counts the user's identity keys from 1, `earlier` are those before `ik`, oldest first: what they signed
    stays valid. `verified` is the person's own comparison of safety numbers, `accepted` their consent to a change.
    """

    user: str
    ik: str
    seq: int
    earlier: tuple[str, ...] = ()
    verified: bool = False
    changed: Change | None = None
    accepted: bool = True

    def had(self, ik: str) -> bool:
        """Whether this is or was the user's identity key."""
        return ik == self.ik or ik in self.earlier

    def require_settled(self) -> None:
        """Raise `Refused`, `identity_changed`: it was verified, then changed, and nobody has accepted that."""
        if self.verified and self.changed is not None and not self.accepted:
            raise Refused("identity_changed")


def judge_identity(known: Known | None, user: str, history: Sequence[IdentityKey | IdentityEntry]) -> Known:
    """What is believed of `user` once the server showed this whole `history`, oldest first.

    Raises `Refused`: `identity_invalid`, when a signature does not verify, or what was known is not part of it.
    """
    vouched = _verified(user, history)
    keys = [entry.ik for entry in history]
    if known is None:
        return Known(user, keys[-1], len(keys), tuple(keys[:-1]))
    if keys[: known.seq] != [*known.earlier, known.ik]:
        raise Refused("identity_invalid")
    if len(keys) == known.seq:
        return known
    open_change = None if known.accepted else known.changed
    return Known(
        user,
        keys[-1],
        len(keys),
        tuple(keys[:-1]),
        known.verified,
        Change(
            open_change.previous if open_change else known.ik,
            all(vouched[known.seq :]) and (open_change is None or open_change.vouched),
        ),
        accepted=False,
    )


def _verified(user: str, history: Sequence[IdentityKey | IdentityEntry]) -> list[bool]:
    """Of each entry, whether the one before vouches for it."""
    previous: IdentityKey | None = None
    vouched = []
    for one in history:
        entry = IdentityKey(one.ik, one.seq, one.signature, one.previous_signature)
        try:
            vouched.append(verify_identity(entry, user=user, previous=previous))
        except InvalidKey:
            raise Refused("identity_invalid") from None
        previous = entry
    if not vouched:
        raise Refused("identity_invalid")
    return vouched


KnownUsers = Mapping[str, Known]


class Identity:
    """One's own identity key, to sign with."""

    def __init__(self, user: str, seed: bytes | None = None) -> None:
        self._seed = seed or os.urandom(32)
        self._key = Ed25519PrivateKey.from_private_bytes(self._seed)
        self.user = user
        self.ik_bytes = self._key.public_key().public_bytes_raw()
        self.ik = b64u(self.ik_bytes)

    def sign(self, signed: bytes) -> str:
        return b64u(self._key.sign(signed))

    def entry(self, account_key: bytes, seq: int = 1, previous_ik: str | None = None) -> NewIdentityKey:
        """The entry that makes this the user's identity key, with its seed under the account key.

        `previous_ik` is the key that it replaces, which is lost: nobody vouches.
        """
        previous = b64u_decode(previous_ik) if previous_ik else None
        seed = seal_box(derive(account_key, _SEED), self._seed, _SEED)
        return NewIdentityKey(
            ik=self.ik,
            seq=seq,
            signature=self.sign(identity_bytes(self.user, seq, self.ik_bytes, previous)),
            wrapped_seed=msgspec.json.encode(seed).decode(),
        )


def open_identity(user: str, ik: str, wrapped_seed: str | None, account_key: bytes) -> Identity:
    """One's own identity key, which must be `ik`; raises `Refused`: `key_missing`, `key_swapped`."""
    if wrapped_seed is None:
        raise Refused("key_missing")
    try:
        box = msgspec.json.decode(wrapped_seed, type=Slot)
        identity = Identity(user, open_box(derive(account_key, _SEED), box.iv, box.ct, _SEED))
    except (msgspec.DecodeError, CannotOpen, ValueError):
        raise Refused("key_swapped") from None
    if identity.ik != ik:
        raise Refused("key_swapped")
    return identity
