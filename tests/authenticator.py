"""An authenticator in software: makes and uses passkeys as a browser would hand them to a page (WebAuthn level 3)."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from hubbub.wire.signing import b64u, b64u_decode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
Options = dict[str, Any]


class Passkey:
    """One credential. A test spoils what it says by the arguments of `sign`; `count` rises by `step` each time."""

    def __init__(self, options: Options, origin: str, step: int = 1) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.rp_id: str = options["rp"]["id"]
        self.user_handle = b64u_decode(options["user"]["id"])
        self.origin = origin
        self.step = step
        self.count = 0

    def created(self, options: Options, *, flags: int = PRESENT | VERIFIED, **said: Any) -> dict[str, Any]:
        """What `navigator.credentials.create` gives, as JSON."""
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(public)
        data = self._data(said.pop("rp_id", self.rp_id), flags | ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            {
                "clientDataJSON": b64u(self._client_data("webauthn.create", options, **said)),
                "attestationObject": b64u(cbor2.dumps(statement)),
                "transports": ["internal"],
            }
        )

    def signed(
        self, options: Options, *, flags: int = PRESENT | VERIFIED, key: Passkey | None = None, **said: Any
    ) -> dict[str, Any]:
        """What `navigator.credentials.get` gives, as JSON; signed by the key of another passkey, if one is given."""
        self.count += self.step
        data = self._data(said.pop("rp_id", self.rp_id), flags)
        handle = said.pop("user_handle", self.user_handle)
        client_data = self._client_data("webauthn.get", options, **said)
        signature = (key or self)._key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": b64u(client_data),
                "authenticatorData": b64u(data),
                "signature": b64u(signature),
                "userHandle": None if handle is None else b64u(handle),
            }
        )

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        text = b64u(self.id)
        return {"id": text, "rawId": text, "type": "public-key", "clientExtensionResults": {}, "response": response}

    def _data(self, rp_id: str, flags: int) -> bytes:
        return sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client_data(self, kind: str, options: Options, **said: Any) -> bytes:
        whole = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(whole | said).encode()
