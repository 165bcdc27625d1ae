"""A sealed message: made for its recipients, checked and opened by each of them.

Source: Hubbub's design of keys and envelopes, section 5. The text is sealed once, under a content key that seals
nothing else; what each recipient gets is a copy of that key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from hubbub.client.crypto.bodies import Body, decode_body, encode_body
from hubbub.client.crypto.identity import Identity
from hubbub.client.crypto.keys import Keyring
from hubbub.client.crypto.refused import Refused
from hubbub.wire.authorship import is_signed
from hubbub.wire.documents import JsonObject
from hubbub.wire.envelope import PREFIX, Envelope, Header, parse_copy, parse_envelope
from hubbub.wire.errors import InvalidEnvelope, TooLarge
from hubbub.wire.signing import b64u, b64u_decode, content_key_hash, copy_info, message_bytes

CONTENT_KEY_BYTES = 32
_NONCE = bytes(12)  # each content key seals once
HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Sealed(msgspec.Struct, frozen=True):
    """What a request carries: `sealed`, and a copy by recipient."""

    sealed: str
    encrypted_messages: dict[str, str]


def seal(
    body: Body,
    *,
    conversation: str,
    message: str,
    rev: int,
    device: str,
    index: int,
    position: int,
    members: str,
    sent_at: str,
    author: Identity,
    recipients: Mapping[str, JsonObject],
) -> Sealed:
    """`body` for the judged keys of `recipients` (JWK by user id); `members` is the head of the chain."""
    key = os.urandom(CONTENT_KEY_BYTES)
    header = Header(
        v=1,
        conversation=conversation,
        message=message,
        rev=rev,
        sender=author.user,
        device=device,
        ik=author.ik,
        index=index,
        position=position,
        members=members,
        ck=b64u(content_key_hash(key)),
        sent_at=sent_at,
    )
    raw = msgspec.json.encode(header)
    ciphertext = AESGCM(key).encrypt(_NONCE, encode_body(body), raw)
    signature = author.sign(message_bytes(raw, ciphertext))
    sealed = ".".join([PREFIX, b64u(raw), b64u(ciphertext), signature])
    return Sealed(sealed, seal_copies(key, raw, recipients))


def seal_copies(content_key: bytes, header: bytes, recipients: Mapping[str, JsonObject]) -> dict[str, str]:
    """The content key for each of `recipients` (judged JWK by user id): `kid` `.` b64u(HPKE)."""
    copies = {}
    for user, jwk in recipients.items():
        public = X25519PublicKey.from_public_bytes(b64u_decode(jwk["x"]))
        box = HPKE.encrypt(content_key, public, info=copy_info(header, user, jwk["kid"]))
        copies[user] = f"{jwk['kid']}.{b64u(box)}"
    return copies


def read(sealed: str | None) -> Envelope:
    """The envelope, signed by the identity key that it names; whose that is, is for the caller to check.

    Raises `Refused`: `not_sealed`, `signature_missing`, `altered`, `signature_wrong`.
    """
    parts = (sealed or "").split(".")
    if not sealed or parts[0] != PREFIX:
        raise Refused("not_sealed")
    if len(parts) == 3 or not parts[-1]:
        raise Refused("signature_missing")
    try:
        envelope = parse_envelope(sealed)
    except (InvalidEnvelope, TooLarge):
        raise Refused("altered") from None
    if not is_signed(envelope):
        raise Refused("signature_wrong")
    return envelope


def content_key(envelope: Envelope, copy: str | None, user: str, keys: Keyring) -> bytes:
    """The content key in one's own `copy`; raises `Refused`: `copy_missing`, `key_missing`, `altered`."""
    if not copy:
        raise Refused("copy_missing")
    try:
        parsed = parse_copy(copy)
        private = keys.find(parsed.kid)
        info = copy_info(envelope.header_bytes, user, parsed.kid)
        key: bytes = HPKE.decrypt(parsed.box, private, info=info)
    except (InvalidEnvelope, InvalidTag):
        raise Refused("altered") from None
    if b64u(content_key_hash(key)) != envelope.header.ck:
        raise Refused("altered")
    return key


def open_body(envelope: Envelope, key: bytes) -> Body:
    """What the author wrote; raises `Refused`, `altered`."""
    try:
        return decode_body(AESGCM(key).decrypt(_NONCE, envelope.ciphertext, envelope.header_bytes))
    except InvalidTag:
        raise Refused("altered") from None
