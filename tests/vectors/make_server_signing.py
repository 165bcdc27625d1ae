"""Makes `server_signing.json`: fixed seeds, fixed bytes. Run: python -m tests.vectors.make_server_signing

The copies need a fixed ephemeral key, which HPKE libraries rightly do not take: base mode is spelled out here
from RFC 9180, and so the library's own is checked against a second implementation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from hubbub.wire import signing
from tests.sealing import Identity, head_after

FILE = Path(__file__).with_name("server_signing.json")
CONVERSATION = "0198c0de-0000-7000-8000-0000000000c0"
MESSAGE = "0198c0de-0000-7000-8000-0000000000e1"
DEVICE = "0198c0de-0000-7000-8000-0000000000d1"
CONTENT_KEY = bytes(range(32, 64))
EPHEMERAL = bytes(range(64, 96))

KEM_SUITE = b"KEM" + (0x0020).to_bytes(2, "big")
SUITE = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (0x0020, 0x0001, 0x0002))


def alice() -> Identity:
    return Identity("0198c0de-0000-7000-8000-00000000000a", seed=b"alice")


def bob() -> Identity:
    return Identity("0198c0de-0000-7000-8000-00000000000b", seed=b"bob")


def vectors() -> dict[str, Any]:
    """Everything that is signed or hashed, once, with the people and keys it is made from."""
    a, b = alice(), bob()
    links = a.found(CONVERSATION, [b])
    head = head_after(CONVERSATION, None, *links)
    recipients = {who.user: who.public_key(CONVERSATION) for who in (a, b)}
    return {
        "fields": [
            {"parts": parts, "bytes": signing.fields(*parts).hex()}
            for parts in ([], [None], [""], ["a", 0], ["é😀", 12, None, "z"])
        ],
        "people": {name: _person(who) for name, who in (("alice", a), ("bob", b))},
        "identity_change": _changed(a),
        "conversation": CONVERSATION,
        "links": links,
        "head": head,
        "message": _message(a, head, recipients),
    }


def _person(who: Identity) -> dict[str, Any]:
    return {
        "user": who.user,
        "identity_key": who.identity_key(),
        "own_key": who.public_key(),
        "conversation_key": who.public_key(CONVERSATION),
        "conversation_secret": signing.b64u(who.secret(CONVERSATION).private_bytes_raw()),
    }


def _changed(who: Identity) -> dict[str, Any]:
    return Identity(who.user, seed=b"a new one").identity_key(seq=2, previous=who)


def _message(author: Identity, head: str, recipients: dict[str, dict[str, Any]]) -> dict[str, Any]:
    made = author.seal(
        {"text": "Grüße 👋", "reply_to": MESSAGE},
        conversation=CONVERSATION,
        message=MESSAGE,
        members=head,
        recipients=recipients,
        index=7,
        position=2,
        rev=3,
        device=DEVICE,
        content_key=CONTENT_KEY,
        seal_copy=seal_base,
    )
    return {"header": made.header, "sealed": made.sealed, "encrypted_messages": made.encrypted_messages}


def seal_base(plaintext: bytes, public: bytes, info: bytes) -> bytes:
    """HPKE base mode (RFC 9180, 4.1, 5.1 and 6.1) with the fixed ephemeral key."""
    ephemeral = X25519PrivateKey.from_private_bytes(EPHEMERAL)
    enc = ephemeral.public_key().public_bytes_raw()
    dh = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    prk = _extract(KEM_SUITE, b"", b"eae_prk", dh)
    shared = _expand(KEM_SUITE, prk, b"shared_secret", enc + public, 32)
    context = b"\0" + _extract(SUITE, b"", b"psk_id_hash", b"") + _extract(SUITE, b"", b"info_hash", info)
    secret = _extract(SUITE, shared, b"secret", b"")
    key = _expand(SUITE, secret, b"key", context, 32)
    nonce = _expand(SUITE, secret, b"base_nonce", context, 12)
    return enc + AESGCM(key).encrypt(nonce, plaintext, b"")


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return HKDF.extract(SHA256(), salt, b"HPKE-v1" + suite + label + ikm)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return HKDFExpand(algorithm=SHA256(), length=length, info=labelled).derive(prk)


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
