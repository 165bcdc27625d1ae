"""Makes `rooms.json`: fixed seeds, fixed bytes. Run: python -m tests.vectors.make_rooms"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hubbub.wire.signing import b64u, room_join_bytes, room_message_bytes

FILE = Path(__file__).with_name("rooms.json")
ROOM = "q83vEjRWeJCrze8SNFZ4kA"
NONCE = b64u(bytes(range(40)))
MESSAGES = ("0198c0de-0000-7000-8000-0000000000f1", "0198c0de-0000-7000-8000-0000000000f2")
ROOM_KEY = bytes(range(32, 64))
SEALING_NONCE = bytes(range(12))


def vectors() -> dict[str, Any]:
    """A join, messages under plain and unusual names, and a sealed one."""
    seed = sha256(b"a participant").digest()
    key = Ed25519PrivateKey.from_private_bytes(seed)

    def signed(what: bytes) -> dict[str, str]:
        return {"signed": what.hex(), "signature": b64u(key.sign(what))}

    def message(id: str, name: str, text: str) -> dict[str, str]:
        return {"message": id, "name": name, "text": text} | signed(room_message_bytes(ROOM, id, name, text))

    text = "Gr\u00fc\u00dfe \U0001f44b"
    sealed = b64u(SEALING_NONCE + AESGCM(ROOM_KEY).encrypt(SEALING_NONCE, text.encode(), None))
    return {
        "room": ROOM,
        "seed": b64u(seed),
        "public_key": b64u(key.public_key().public_bytes_raw()),
        "join": {"nonce": NONCE} | signed(room_join_bytes(ROOM, NONCE)),
        "messages": [message(MESSAGES[0], "Ada", "hello"), message(MESSAGES[1], "\u00c9va 2 \U0001f642", text)],
        "sealed": {"key": b64u(ROOM_KEY), "nonce": b64u(SEALING_NONCE), "plaintext": text}
        | message(MESSAGES[0], "Ada", sealed),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
