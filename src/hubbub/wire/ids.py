"""Ids and times as they cross the network (Hubbub protocol, opening paragraph)."""

from __future__ import annotations

import os
import re
import secrets
import time
from datetime import UTC, datetime
from functools import lru_cache

from hubbub.wire.errors import BadInput

NIL_ID = "00000000-0000-0000-0000-000000000000"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ROOM = re.compile(r"[A-Za-z0-9_-]{22}")


def new_id() -> str:
    """A fresh UUID version 7 (RFC 9562, 5.7): milliseconds, then 74 random bits."""
    stamp = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = (stamp & 0xFFFFFFFFFFFF) << 80 | 7 << 76 | (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random & 0x3FFFFFFFFFFFFFFF
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Whether `text` is a UUID as we write them: lower case with dashes."""
    return _UUID.fullmatch(text) is not None


def new_room_id() -> str:
    """What a room is called, and what lets people in: 128 random bits as 22 characters of base64url."""
    return secrets.token_urlsafe(16)


def is_room_id(text: str) -> bool:
    """Whether `text` has the shape of a room's id, which no UUID has."""
    return _ROOM.fullmatch(text) is not None


def require_id(text: str, name: str = "id") -> str:
    """`text` in lower case when it is a UUID; raises `BadInput` that names the field when not."""
    lowered = text.lower()
    if not is_id(lowered):
        raise BadInput(f"{name} is not a UUID.")
    return lowered


def rfc3339(milliseconds: int) -> str:
    """Milliseconds since 1970 UTC as RFC 3339 with milliseconds and Z."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
