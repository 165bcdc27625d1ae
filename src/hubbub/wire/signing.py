"""The exact bytes that are signed and hashed, and the text forms of keys and hashes.

Client and server must agree on these to the byte: `tests/vectors/server_signing.json` pins them. Keys, hashes
and signatures are raw bytes here; everywhere else they are text, b64u (Hubbub's design of keys and envelopes,
opening).
"""

from __future__ import annotations

import base64
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES = 32  # Ed25519 and X25519 public keys, SHA-256 hashes
SIGNATURE_BYTES = 64

_P = 2**255 - 19
_ORDER_8_Y = 2707385501144840649318225287225658788936804267575313519463743609750303402022
# y coordinates of the points of Ed25519 whose order divides 8: under such a "key" one signature fits many
# texts.
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


def fields(*parts: bytes | str | int | None) -> bytes:
    """Each part after its length (u32 big-endian): text in UTF-8, numbers in decimal, absent ones empty."""
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in map(_raw, parts))


def _raw(part: bytes | str | int | None) -> bytes:
    if part is None:
        return b""
    if isinstance(part, bytes):
        return part
    if isinstance(part, bool):
        raise TypeError("A truth value has no signed form.")
    return str(part).encode()


def key_bytes(conversation: str | None, user: str, gen: int, x: bytes) -> bytes:
    """What an identity key signs of an X25519 key; no conversation: the user's own key."""
    return fields("hubbub-key/1", conversation, user, gen, x)


def message_bytes(header: bytes, ciphertext: bytes) -> bytes:
    """What an author signs of a sealed message: `header` as it was sent, byte for byte."""
    return fields("hubbub-msg/1", header, sha256(ciphertext).digest())


def link_bytes(
    conversation: str,
    previous_hash: bytes | None,
    action: str,
    user: str,
    user_ik: bytes,
    gen: int,
    approvals: int = 1,
) -> bytes:
    """What an actor signs of one link of the membership chain; the first link has no previous hash.

    `approvals`, where it is not 1, is one field more: so nobody can lower, unseen, what the first link asks for.
    """
    asked = () if approvals == 1 else (approvals,)
    return fields("hubbub-member/1", conversation, previous_hash, action, user, user_ik, gen, *asked)


def link_hash(signed_bytes: bytes, signature: bytes) -> bytes:
    """The hash by which the next link names this one, and by which messages name the members."""
    return sha256(fields(signed_bytes, signature)).digest()


def identity_bytes(user: str, seq: int, new_ik: bytes, previous_ik: bytes | None) -> bytes:
    """What is signed when a user's identity key changes: by the new key always, by the one before if at hand.

    `seq` counts the user's identity keys from 1; the previous key is named whether or not it can still sign,
    so that no change can be moved to another place in the history.
    """
    return fields("hubbub-identity/1", user, seq, new_ik, previous_ik)


def content_key_hash(content_key: bytes) -> bytes:
    """The header's `ck`: binds the author's signature to the one key that opens the text."""
    return sha256(fields("hubbub-ck/1", content_key)).digest()


def copy_info(header: bytes, to: str, kid: str) -> bytes:
    """The HPKE info of one recipient's copy."""
    return fields("hubbub-copy/1", sha256(header).digest(), to, kid)


def note_bytes(conversation: str, user: str, kid: str, text: str) -> bytes:
    """What who asks to be let into a group signs of what they say; `kid` is that of the group's key."""
    return fields("hubbub-note/1", conversation, user, kid, text)


def note_info(conversation: str, user: str, kid: str) -> bytes:
    """The HPKE info of such a note."""
    return fields("hubbub-note-box/1", conversation, user, kid)


def room_message_bytes(room: str, message: str, name: str, text: str) -> bytes:
    """What a participant of a room signs of a message; `name` is the unique one that the room gave them."""
    return fields("hubbub-room/1", room, message, name, text)


def room_join_bytes(room: str, nonce: str) -> bytes:
    """What a participant signs to come back into a room; `nonce` is the server's, as it was sent."""
    return fields("hubbub-room-join/1", room, nonce)


def b64u(raw: bytes) -> str:
    """base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def b64u_decode(text: str, length: int | None = None) -> bytes:
    """The bytes of `text`, `length` of them if given.

    Each byte string has one text form: padding, characters outside the alphabet and stray trailing bits are a
    `ValueError`, so that equal text means equal bytes and the reverse.
    """
    raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if b64u(raw) != text:
        raise ValueError("Not base64url without padding in its one canonical form.")
    if length is not None and len(raw) != length:
        raise ValueError(f"Expected {length} bytes, got {len(raw)}.")
    return raw


def thumbprint(x: str) -> str:
    """The `kid` of the X25519 key whose JWK has this `x` (RFC 7638; members of RFC 8037, 2)."""
    return b64u(sha256(b'{"crv":"X25519","kty":"OKP","x":"%b"}' % x.encode()).digest())


def is_signed_by(identity_key: bytes, signature: bytes, signed: bytes) -> bool:
    """Whether the Ed25519 `signature` (RFC 8032) over `signed` was made with this identity key."""
    if not is_sound_key(identity_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(identity_key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_sound_key(identity_key: bytes) -> bool:
    """Whether it is no point under which a signature could fit more than one text."""
    y = int.from_bytes(identity_key, "little") & ((1 << 255) - 1)
    return y < _P and y not in _SMALL_ORDER_Y
