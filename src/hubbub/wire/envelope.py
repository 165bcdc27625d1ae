"""A sealed message as it crosses the network: `e1.` b64u(header) `.` b64u(ciphertext) `.` b64u(signature).

Only its shape is looked at here; whether it is what its author signed is for `authorship.py`, whether it fits here
and now for `domain/envelopes.py`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hubbub.wire.errors import InvalidEnvelope, TooLarge
from hubbub.wire.signing import KEY_BYTES, SIGNATURE_BYTES, b64u_decode

PREFIX = "e1"
TAG_BYTES = 16  # AES-GCM
MAX_HEADER_BYTES = 2048
# 4,000 characters, each escaped in JSON at its longest, and what stands around them, padded.
MAX_CIPHERTEXT_BYTES = 32 * 1024 + TAG_BYTES
COPY_BYTES = 32 + 32 + TAG_BYTES  # HPKE: the encapsulated key, then the sealed content key

Id = Annotated[str, Meta(max_length=64)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Place = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # exact in JavaScript
Moment = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z\Z")]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, rename={"sender": "from"}):
    """What an author signs beside the text; keys and hashes are b64u of 32 bytes.

    `index` and `position` are as composed, `members` is the hash of the membership chain that the author saw,
    `ck` the hash of the content key, `sent_at` UTC with milliseconds. Unknown names are refused: an addition
    is a new `v`.
    """

    v: Literal[1]
    conversation: Id
    message: Id
    rev: Count
    sender: Id
    device: Id
    ik: str
    index: Place
    position: Place
    members: str
    ck: str
    sent_at: Moment


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """A parsed `sealed` string; `header_bytes` is the header exactly as it was signed."""

    header: Header
    header_bytes: bytes
    ciphertext: bytes
    signature: bytes


class Copy(msgspec.Struct, frozen=True, gc=False):
    """What one recipient gets: the content key sealed to the key named `kid`."""

    kid: str
    box: bytes


def parse_envelope(sealed: str, *, max_ciphertext: int = MAX_CIPHERTEXT_BYTES) -> Envelope:
    """The envelope in `sealed`; `InvalidEnvelope` for other text, `TooLarge` past `max_ciphertext` bytes."""
    if len(sealed) > (MAX_HEADER_BYTES + max_ciphertext) * 4 // 3 + 128:
        raise TooLarge("The sealed message is larger than this server accepts.")
    parts = sealed.split(".")
    if len(parts) != 4 or parts[0] != PREFIX:
        raise InvalidEnvelope("A sealed message is e1.header.ciphertext.signature.")
    header_bytes = _decode(parts[1], "header")
    ciphertext = _decode(parts[2], "ciphertext")
    _require_size(header_bytes, ciphertext, max_ciphertext)
    signature = _decode(parts[3], "signature", SIGNATURE_BYTES)
    return Envelope(_parse_header(header_bytes), header_bytes, ciphertext, signature)


def parse_copy(copy: str) -> Copy:
    """The copy in `kid . b64u(enc || ct)`; `InvalidEnvelope` for any other text."""
    kid, dot, box = copy.partition(".")
    if not dot:
        raise InvalidEnvelope("A copy is kid.box.")
    _decode(kid, "copy's kid", KEY_BYTES)
    return Copy(kid, _decode(box, "copy's box", COPY_BYTES))


def is_padded_length(length: int) -> bool:
    """Whether padding ends at `length`: 128 times a power of two up to 4 KiB, then steps of 4 KiB."""
    if length > 4096:
        return length % 4096 == 0
    return length >= 128 and length.bit_count() == 1


def _decode(text: str, name: str, length: int | None = None) -> bytes:
    try:
        return b64u_decode(text, length)
    except ValueError:
        raise InvalidEnvelope(f"The {name} is not base64url, or not of the right length.") from None


def _require_size(header: bytes, ciphertext: bytes, max_ciphertext: int) -> None:
    if len(header) > MAX_HEADER_BYTES:
        raise InvalidEnvelope("The header is longer than any header is.")
    if len(ciphertext) > max_ciphertext:
        raise TooLarge("The sealed message is larger than this server accepts.")
    if not is_padded_length(len(ciphertext) - TAG_BYTES):
        raise InvalidEnvelope("The text was not padded before it was sealed.")


_decode_header = msgspec.json.Decoder(Header).decode


def _parse_header(raw: bytes) -> Header:
    try:
        header = _decode_header(raw)
        for name in ("ik", "members", "ck"):
            b64u_decode(getattr(header, name), KEY_BYTES)
        datetime.fromisoformat(header.sent_at)
        json.loads(raw, object_pairs_hook=_refuse_twins)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise InvalidEnvelope(f"The header does not have the documented shape: {error}.") from None
    return header


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    """A key given twice is read one way here and another way elsewhere: nobody can have signed that."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
