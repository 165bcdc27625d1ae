"""X25519 keys: one's own for each conversation, and whether one of another may be sealed to.

Source: Hubbub's design of keys and envelopes, section 4. Generations of one user's keys for one conversation rise in
one line: the first that is made for a conversation is above that of the user's own key, which was used before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hubbub.client.crypto.boxes import CannotOpen, derive, open_box, seal_box
from hubbub.client.crypto.chain import ChainState
from hubbub.client.crypto.identity import Identity, Known
from hubbub.client.crypto.refused import Refused
from hubbub.wire.documents import JsonObject
from hubbub.wire.errors import InvalidKey
from hubbub.wire.key_checks import is_signed, verify_public_key
from hubbub.wire.keys import PublicKey
from hubbub.wire.signing import b64u, fields, key_bytes, thumbprint


class KeyPair(NamedTuple):
    """As `set_encryption_keys` takes it: a signed JWK, and its private part under the account key."""

    public_key: JsonObject
    private_key: JsonObject


class WrappedKey(msgspec.Struct, frozen=True):
    """The private part (32 bytes) of the key `kid` under the account key."""

    v: Literal[1]
    enc: Literal["A256GCM"]
    kid: str
    iv: str
    ct: str


class OwnRow(Protocol):
    """One generation of one's own key, as the server shows it."""

    @property
    def private_key(self) -> JsonObject | msgspec.Raw | None: ...


class Judged(msgspec.Struct, frozen=True):
    """A key that may be sealed to; a client keeps the newest of each user and conversation."""

    gen: int
    kid: str


class Keyring:
    """One's own private keys, by `kid`."""

    def __init__(self) -> None:
        self._keys: dict[str, X25519PrivateKey] = {}

    def make(self, identity: Identity, account_key: bytes, conversation: str | None, gen: int) -> KeyPair:
        """A new key for `conversation` (None: the user's own); it opens copies from now on."""
        key = X25519PrivateKey.generate()
        raw = key.public_key().public_bytes_raw()
        x = b64u(raw)
        kid = thumbprint(x)
        sig = identity.sign(key_bytes(conversation, identity.user, gen, raw))
        public = PublicKey("OKP", "X25519", x, "enc", kid, gen, identity.ik, sig)
        info = _info(conversation, kid)
        box = seal_box(derive(account_key, info), key.private_bytes_raw(), info)
        self._keys[kid] = key
        return KeyPair(msgspec.to_builtins(public), msgspec.to_builtins(WrappedKey(1, "A256GCM", kid, box.iv, box.ct)))

    def add(self, account_key: bytes, conversation: str | None, rows: Iterable[OwnRow]) -> list[str]:
        """Take one's keys in; the `kid` of each that opens copies now.

        Those that this account key does not open are passed over: an earlier one wrapped them, or nobody did.
        """
        opened = [_unwrap(account_key, conversation, row.private_key) for row in rows]
        fresh = {thumbprint(b64u(key.public_key().public_bytes_raw())): key for key in opened if key is not None}
        self._keys |= fresh
        return list(fresh)

    def find(self, kid: str) -> X25519PrivateKey:
        """The private key; raises `Refused`: `key_missing`."""
        try:
            return self._keys[kid]
        except KeyError:
            raise Refused("key_missing") from None


def judge_key(
    known: Known,
    chain: ChainState | None,
    conversation: str | None,
    user: str,
    jwk: JsonObject,
    seen: Judged | None = None,
) -> Judged:
    """Whether `jwk` may be sealed to: it is `user`'s, for `conversation` (None: their own), and not an older one.

    `known` is what is believed of `user`, `chain` that of the conversation (None: it is about to begin), `seen` what
    this answered last for them there under their current identity key. Raises `Refused`: `key_unsigned`,
    `ghost_member`, `key_swapped`, `older_gen`, and `identity_changed` until a member has added the user again under
    their new identity key.
    """
    if not is_signed(jwk):
        raise Refused("key_unsigned")
    proven = None if chain is None else chain.members.get(user)
    if chain is not None and proven is None:
        raise Refused("ghost_member")
    try:
        key = verify_public_key(jwk, conversation=conversation, user=user, identity_key=known.ik)
    except InvalidKey:
        raise Refused("key_swapped") from None
    if proven is not None and proven.ik != known.ik:
        raise Refused("identity_changed")
    _require_newest(key, max(proven.gen if proven else 0, seen.gen if seen else 0), seen)
    return Judged(key.gen, key.kid)


def _require_newest(key: PublicKey, newest: int, seen: Judged | None) -> None:
    if key.gen < newest:
        raise Refused("older_gen")
    if seen is not None and key.gen == seen.gen and key.kid != seen.kid:
        raise Refused("key_swapped")


def _unwrap(
    account_key: bytes, conversation: str | None, wrapped: JsonObject | msgspec.Raw | None
) -> X25519PrivateKey | None:
    try:
        document = msgspec.json.decode(wrapped) if isinstance(wrapped, msgspec.Raw) else wrapped
        box = msgspec.convert(document, WrappedKey)
        info = _info(conversation, box.kid)
        return X25519PrivateKey.from_private_bytes(open_box(derive(account_key, info), box.iv, box.ct, info))
    except (msgspec.DecodeError, CannotOpen, ValueError):
        return None


def _info(conversation: str | None, kid: str) -> bytes:
    return fields("hubbub/ck", conversation, kid)
