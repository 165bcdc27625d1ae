"""A user's cryptography at its smallest: what tests need to hold real sealed conversations.

Written from the design of keys and envelopes (sections 3 to 5 and 7) on `hubbub.wire.signing` alone; the
vectors of `tests/vectors` hold both sides to the same bytes. Documents are plain dicts, as a client would put
them into JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hubbub.wire import signing
from hubbub.wire.ids import NIL_ID, new_id
from hubbub.wire.signing import b64u, b64u_decode

Document = dict[str, Any]
SENT_AT = "2026-01-02T03:04:05.678Z"
_NONCE = bytes(12)  # each content key seals once
_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True)
class Sealed:
    """What a request carries: `sealed`, and a copy by recipient; `header` is what was signed."""

    sealed: str
    encrypted_messages: dict[str, str]
    header: Document


def pad(text: bytes) -> bytes:
    """`text`, 0x80 and zeros up to 128, 256, ... 4096 bytes, then to the next 4 KiB."""
    length = len(text) + 1
    size = max(128, 1 << (length - 1).bit_length()) if length <= 4096 else -(-length // 4096) * 4096
    return (text + b"\x80").ljust(size, b"\0")


def unpad(padded: bytes) -> bytes:
    text, mark, _ = padded.rpartition(b"\x80")
    assert mark, "no padding"
    return text


class Identity:
    """One user with an identity key, an account key, and X25519 keys by conversation and generation.

    All keys are fresh random bytes, or drawn from `seed` and so the same on every run.
    """

    def __init__(self, user: str | None = None, *, seed: bytes | None = None) -> None:
        self.user = user or new_id()
        self._seed = seed
        self._identity = Ed25519PrivateKey.from_private_bytes(self._bytes("identity"))
        self._account_key = self._bytes("account")
        self._keys: dict[tuple[str, int], X25519PrivateKey] = {}
        self.ik_raw = self._identity.public_key().public_bytes_raw()
        self.ik = b64u(self.ik_raw)

    def _bytes(self, *purpose: str | int) -> bytes:
        return os.urandom(32) if self._seed is None else sha256(signing.fields(self._seed, *purpose)).digest()

    def sign(self, signed: bytes) -> bytes:
        return self._identity.sign(signed)

    # --- keys ---------------------------------------------------------------------------------------------

    def identity_key(self, *, seq: int = 1, previous: Identity | None = None, vouched: bool = True) -> Document:
        """The entry of the identity history; `previous` is the same user with the key before."""
        signed = signing.identity_bytes(self.user, seq, self.ik_raw, previous.ik_raw if previous else None)
        by_previous = b64u(previous.sign(signed)) if previous and vouched else None
        return {
            "ik": self.ik,
            "seq": seq,
            "signature": b64u(self.sign(signed)),
            "previous_signature": by_previous,
        }

    def secret(self, conversation: str | None = None, gen: int = 1) -> X25519PrivateKey:
        """The X25519 key for a conversation (None: the user's own), made when first asked for."""
        place = (conversation or "", gen)
        if place not in self._keys:
            self._keys[place] = X25519PrivateKey.from_private_bytes(self._bytes("x25519", *place))
        return self._keys[place]

    def public_key(self, conversation: str | None = None, gen: int = 1) -> Document:
        """The signed JWK of `secret`."""
        raw = self.secret(conversation, gen).public_key().public_bytes_raw()
        x = b64u(raw)
        sig = b64u(self.sign(signing.key_bytes(conversation, self.user, gen, raw)))
        return {
            "kty": "OKP",
            "crv": "X25519",
            "x": x,
            "use": "enc",
            "kid": signing.thumbprint(x),
            "gen": gen,
            "ik": self.ik,
            "sig": sig,
        }

    def private_key(self, conversation: str | None = None, gen: int = 1) -> Document:
        """`secret` wrapped under the account key, as the server keeps it."""
        kid = self.public_key(conversation, gen)["kid"]
        info = signing.fields("hubbub/ck", conversation, kid)
        iv = os.urandom(12)
        wrapping = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._account_key)
        ct = AESGCM(wrapping).encrypt(iv, self.secret(conversation, gen).private_bytes_raw(), info)
        return {"v": 1, "enc": "A256GCM", "kid": kid, "iv": b64u(iv), "ct": b64u(ct)}

    # --- the account key ----------------------------------------------------------------------------------

    def wrapped_seed(self) -> str:
        """The identity key's seed wrapped under the account key, as JSON text."""
        info = signing.fields("hubbub/ik")
        wrapping = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._account_key)
        return json.dumps(_wrapped(wrapping, self._identity.private_bytes_raw(), info))

    def slot(self, name: str, key: bytes) -> Document:
        """The account key in the slot of this name, under the slot's key."""
        return _wrapped(key, self._account_key, signing.fields(self.user, name))

    def opens(self, name: str, key: bytes, slot: Document) -> bool:
        """Whether `slot` gives this user's account key."""
        sealed = b64u_decode(slot["ct"])
        return (
            AESGCM(key).decrypt(b64u_decode(slot["iv"]), sealed, signing.fields(self.user, name)) == self._account_key
        )

    # --- messages -----------------------------------------------------------------------------------------

    def seal(
        self,
        body: str | Document,
        *,
        conversation: str,
        message: str,
        members: str,
        recipients: Mapping[str, Document],
        index: int = 1,
        position: int = 0,
        rev: int = 0,
        device: str = NIL_ID,
        sent_at: str = SENT_AT,
        content_key: bytes | None = None,
        seal_copy: Callable[[bytes, bytes, bytes], bytes] | None = None,
    ) -> Sealed:
        """A text or a whole body sealed for `recipients` (JWK by user id); `members` is the chain's head.

        `content_key` and `seal_copy(content_key, public key, info)` replace what is random, for vectors.
        """
        key = content_key or os.urandom(32)
        header = {
            "v": 1,
            "conversation": conversation,
            "message": message,
            "rev": rev,
            "from": self.user,
            "device": device,
            "ik": self.ik,
            "index": index,
            "position": position,
            "members": members,
            "ck": b64u(signing.content_key_hash(key)),
            "sent_at": sent_at,
        }
        raw = json.dumps(header, separators=(",", ":")).encode()
        document = {"text": body} if isinstance(body, str) else body
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        ciphertext = AESGCM(key).encrypt(_NONCE, pad(text), raw)
        copies = _copies(key, raw, recipients, seal_copy or _seal_copy)
        return Sealed(self.assemble(raw, ciphertext), copies, header)

    def assemble(self, header: bytes, ciphertext: bytes) -> str:
        """The `sealed` string of these very bytes, signed by this user."""
        signature = self.sign(signing.message_bytes(header, ciphertext))
        return ".".join(["e1", b64u(header), b64u(ciphertext), b64u(signature)])

    def open(self, sealed: str, copy: str, *, author: Identity, gen: int = 1, own_key: bool = False) -> Document:
        """The body of a message by `author`, read with this user's key for it (`own_key`: for all)."""
        _, header, ciphertext, signature = sealed.split(".")
        raw, opaque = b64u_decode(header), b64u_decode(ciphertext)
        assert signing.is_signed_by(author.ik_raw, b64u_decode(signature), signing.message_bytes(raw, opaque))
        key = self._content_key(raw, copy, gen, own_key)
        assert b64u(signing.content_key_hash(key)) == json.loads(raw)["ck"]
        body: Document = json.loads(unpad(AESGCM(key).decrypt(_NONCE, opaque, raw)))
        return body

    def share(
        self, sealed: str, copy: str, *, to: Mapping[str, Document], gen: int = 1, own_key: bool = False
    ) -> dict[str, str]:
        """Copies of a message for others (JWK by user id), out of this user's `copy`; the rest is as for `open`."""
        raw = b64u_decode(sealed.split(".")[1])
        return _copies(self._content_key(raw, copy, gen, own_key), raw, to, _seal_copy)

    def _content_key(self, header: bytes, copy: str, gen: int, own_key: bool) -> bytes:
        conversation = None if own_key else json.loads(header)["conversation"]
        kid, _, box = copy.partition(".")
        info = signing.copy_info(header, self.user, kid)
        return _HPKE.decrypt(b64u_decode(box), self.secret(conversation, gen), info=info)

    # --- membership chain ---------------------------------------------------------------------------------

    def link(
        self,
        conversation: str,
        previous: str | None,
        action: str,
        user: Identity,
        gen: int = 1,
        *,
        ik: str | None = None,
        approvals: int = 1,
    ) -> Document:
        """One link after `previous` (the chain's head) about `user`, signed by this user."""
        signed = signing.link_bytes(
            conversation,
            b64u_decode(previous) if previous else None,
            action,
            user.user,
            b64u_decode(ik or user.ik),
            gen,
            approvals,
        )
        signature = b64u(self.sign(signed))
        named = {"action": action, "user": user.user, "user_ik": ik or user.ik, "gen": gen}
        asked = {} if approvals == 1 else {"approvals": approvals}
        return {**named, "actor": self.user, "signature": signature, **asked}

    def found(self, conversation: str, others: Sequence[Identity], approvals: int = 1) -> list[Document]:
        """The links that begin a sealed conversation: its creator, then everyone else."""
        first = self.link(conversation, None, "create", self, approvals=approvals)
        head = head_after(conversation, None, first)
        return [first, *self.links(conversation, head, [("add", other) for other in others])]

    def links(self, conversation: str, previous: str | None, said: Iterable[tuple[str, Identity]]) -> list[Document]:
        """Several links one after the other, from the head `previous`."""
        made = []
        for action, user in said:
            made.append(self.link(conversation, previous, action, user))
            previous = head_after(conversation, previous, made[-1])
        return made


def _wrapped(key: bytes, secret: bytes, aad: bytes) -> Document:
    iv = os.urandom(12)
    return {"v": 1, "enc": "A256GCM", "iv": b64u(iv), "ct": b64u(AESGCM(key).encrypt(iv, secret, aad))}


def head_after(conversation: str, previous: str | None, *links: Document) -> str:
    """The chain's head once these links follow `previous`."""
    head = b64u_decode(previous) if previous else None
    for link in links:
        ik = b64u_decode(link["user_ik"])
        approvals = link.get("approvals", 1)
        signed = signing.link_bytes(conversation, head, link["action"], link["user"], ik, link["gen"], approvals)
        head = signing.link_hash(signed, b64u_decode(link["signature"]))
    assert head is not None
    return b64u(head)


def _copies(
    key: bytes,
    header: bytes,
    recipients: Mapping[str, Document],
    seal: Callable[[bytes, bytes, bytes], bytes],
) -> dict[str, str]:
    def box(to: str, jwk: Document) -> str:
        return b64u(seal(key, b64u_decode(jwk["x"]), signing.copy_info(header, to, jwk["kid"])))

    return {to: f"{jwk['kid']}.{box(to, jwk)}" for to, jwk in recipients.items()}


def _seal_copy(key: bytes, public: bytes, info: bytes) -> bytes:
    return _HPKE.encrypt(key, X25519PublicKey.from_public_bytes(public), info=info)
