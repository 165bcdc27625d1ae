"""What somebody says who asks to be let into a group, sealed to the group's key and signed by who asks.

Source: Hubbub's design of keys and envelopes, sections 5 and 10. Sealed as a copy of a message is; the signature lies
inside, so that the server can neither read a note nor write one in somebody's name.
"""

from __future__ import annotations

import json

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from hubbub.client.crypto.bodies import pad, unpad
from hubbub.client.crypto.envelope import HPKE
from hubbub.client.crypto.identity import Identity, Known
from hubbub.client.crypto.keys import Keyring
from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.text import well_formed
from hubbub.wire.documents import JsonObject
from hubbub.wire.signing import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    b64u,
    b64u_decode,
    is_signed_by,
    note_bytes,
    note_info,
)


class _Note(msgspec.Struct, frozen=True):
    text: str
    ik: str
    sig: str


def seal_note(text: str, conversation: str, key: JsonObject, author: Identity) -> str:
    """`text` for whoever has the private part of `key`, a JWK that was judged: b64u(kid || HPKE)."""
    said, kid = well_formed(text), key["kid"]
    signature = author.sign(note_bytes(conversation, author.user, kid, said))
    inside = json.dumps({"text": said, "ik": author.ik, "sig": signature}, separators=(",", ":"), ensure_ascii=False)
    public = X25519PublicKey.from_public_bytes(b64u_decode(key["x"]))
    box: bytes = HPKE.encrypt(pad(inside.encode()), public, info=note_info(conversation, author.user, kid))
    return b64u(b64u_decode(kid) + box)


def open_note(sealed: str, conversation: str, author: Known, keys: Keyring) -> str:
    """What `author` said. Raises `Refused`: `altered`, `key_missing`, `signature_wrong`."""
    try:
        raw = b64u_decode(sealed)
    except ValueError:
        raise Refused("altered") from None
    kid = b64u(raw[:KEY_BYTES])
    private = keys.find(kid)
    try:
        padded: bytes = HPKE.decrypt(raw[KEY_BYTES:], private, info=note_info(conversation, author.user, kid))
        note = msgspec.json.decode(unpad(padded), type=_Note)
        ik, signature = b64u_decode(note.ik, KEY_BYTES), b64u_decode(note.sig, SIGNATURE_BYTES)
    except (InvalidTag, msgspec.DecodeError, RecursionError, ValueError):
        raise Refused("altered") from None
    if not author.had(note.ik) or not is_signed_by(
        ik, signature, note_bytes(conversation, author.user, kid, note.text)
    ):
        raise Refused("signature_wrong")
    return note.text
