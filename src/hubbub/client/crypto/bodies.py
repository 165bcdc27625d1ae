"""What is inside of a sealed message: its text or a reaction, as JSON, padded so that its length tells little.

Source: Hubbub's design of keys and envelopes, section 5.
"""

from __future__ import annotations

import json

import msgspec

from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.text import well_formed
from hubbub.wire.envelope import is_padded_length

_MARK = b"\x80"
_STEP = 4096


class TextBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody wrote; `reply_to` is the id of the message that it answers."""

    text: str
    reply_to: str | None = None


class React(msgspec.Struct, frozen=True):
    """`emoji` put to the message `to`, or taken back (`on` false)."""

    to: str
    emoji: str
    on: bool


class ReactBody(msgspec.Struct, frozen=True):
    """A reaction; it is never shown or counted as a message."""

    react: React


Body = TextBody | ReactBody


def encode_body(body: Body) -> bytes:
    """The padded bytes of `body`; half a surrogate pair in it becomes U+FFFD."""
    text = json.dumps(msgspec.to_builtins(body), separators=(",", ":"), ensure_ascii=False)
    return pad(well_formed(text).encode())


def decode_body(padded: bytes) -> Body:
    """The body in what `encode_body` gave; names that it does not know are passed over.

    Raises `Refused`, `altered`, for anything else.
    """
    try:
        document = msgspec.json.decode(unpad(padded))
        if "react" in document:
            return msgspec.convert(document, ReactBody)
        return msgspec.convert(document, TextBody)
    except (msgspec.DecodeError, RecursionError, TypeError, ValueError):
        raise Refused("altered") from None


def pad(text: bytes) -> bytes:
    """`text`, 0x80 and zeros up to 128, 256, ... 4096 bytes, from there to the next 4 KiB."""
    length = len(text) + 1
    size = max(128, 1 << (length - 1).bit_length()) if length <= _STEP else -(-length // _STEP) * _STEP
    return (text + _MARK).ljust(size, b"\0")


def unpad(padded: bytes) -> bytes:
    """What was padded; `ValueError` for bytes that `pad` does not make."""
    text = padded.rstrip(b"\0")
    if not is_padded_length(len(padded)) or not text.endswith(_MARK):
        raise ValueError("This is not padded text.")
    return text[:-1]
