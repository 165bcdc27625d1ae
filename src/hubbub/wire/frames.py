"""The text frames of Phoenix Channels, versions 1.0.0 and 2.0.0 (Hubbub protocol, section 1)."""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from typing import Any

import msgspec

from hubbub.wire.documents import is_unicode
from hubbub.wire.errors import InvalidText, MalformedFrame

Ref = str | int | None

NULL = msgspec.Raw(b"null")
EMPTY = msgspec.Raw(b"{}")
_encode = msgspec.json.Encoder().encode
Address = tuple[Ref, Ref, str]  # join_ref, ref and topic of a reply
NOWHERE: Address = (None, None, "phoenix")


class Frame(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """`[join_ref, ref, topic, event, payload]`; the payload stays undecoded until its event is known."""

    join_ref: Ref
    ref: Ref
    topic: str
    event: str
    payload: msgspec.Raw


class _FrameV1(msgspec.Struct, gc=False):
    topic: str
    event: str
    payload: msgspec.Raw = EMPTY
    ref: Ref = None
    join_ref: Ref = None


_decode_v2 = msgspec.json.Decoder(Frame).decode
_decode_v1 = msgspec.json.Decoder(_FrameV1).decode


def encode(value: Any) -> bytes:
    """JSON text of `value`, which may hold `msgspec.Raw` parts that are encoded already."""
    return _encode(value)


class V2:
    """Arrays of five."""

    @staticmethod
    def decode(text: bytes) -> Frame:
        """The frame in `text`; raises `MalformedFrame`, or `InvalidText` for text that is no Unicode."""
        try:
            return _decode_v2(text)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise _malformed(text) from None

    @staticmethod
    def address(text: bytes) -> Address:
        """Where the refusal of a frame that could not be decoded goes."""
        parts = _read_leniently(text)
        return _address(*parts[:3]) if isinstance(parts, list) and len(parts) == 5 else NOWHERE

    @staticmethod
    def push(topic: str, event: str, payload: bytes) -> bytes:
        """A broadcast: no refs, so that every listener gets the same bytes."""
        return b"[null,null,%b,%b,%b]" % (_encode(topic), _encode(event), payload)

    @staticmethod
    def reply(join_ref: Ref, ref: Ref, topic: str, status: str, response: bytes) -> bytes:
        return b'[%b,%b,%b,"phx_reply",{"status":"%b","response":%b}]' % (
            _encode(join_ref),
            _encode(ref),
            _encode(topic),
            status.encode(),
            response,
        )

    @staticmethod
    def message(join_ref: Ref, ref: Ref, topic: str, event: str, payload: bytes) -> bytes:
        """A message to one listener: a push of its own, `phx_close`, `phx_error`."""
        return b"[%b,%b,%b,%b,%b]" % (
            _encode(join_ref),
            _encode(ref),
            _encode(topic),
            _encode(event),
            payload,
        )


def origin_of_binary(data: bytes) -> tuple[Ref, Ref, str]:
    """`(join_ref, ref, topic)` of a binary push of version 2, so that its refusal finds the push that waits for it.

    Its head is five bytes, kind 0 and the lengths of join_ref, ref, topic and event, and then these texts.
    """
    if len(data) < 5 or data[0] != 0 or len(data) < 5 + sum(data[1:5]):
        return None, None, "phoenix"
    ends = list(accumulate(data[1:4], initial=5))
    try:
        join_ref, ref, topic = (data[start:end].decode() for start, end in pairwise(ends))
    except UnicodeDecodeError:
        return None, None, "phoenix"
    return join_ref, ref, topic


class V1:
    """Objects; a client may leave `join_ref` out, and is not told any."""

    @staticmethod
    def decode(text: bytes) -> Frame:
        """The frame in `text`; raises `MalformedFrame`, or `InvalidText` for text that is no Unicode."""
        try:
            frame = _decode_v1(text)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise _malformed(text) from None
        join_ref = frame.join_ref
        if join_ref is None and frame.event == "phx_join":
            join_ref = frame.ref
        return Frame(join_ref, frame.ref, frame.topic, frame.event, frame.payload)

    @staticmethod
    def address(text: bytes) -> Address:
        """Where the refusal of a frame that could not be decoded goes."""
        parts = _read_leniently(text)
        return _address(None, parts.get("ref"), parts.get("topic")) if isinstance(parts, dict) else NOWHERE

    @staticmethod
    def push(topic: str, event: str, payload: bytes) -> bytes:
        """A broadcast: no refs, so that every listener gets the same bytes."""
        return V1.message(None, None, topic, event, payload)

    @staticmethod
    def reply(join_ref: Ref, ref: Ref, topic: str, status: str, response: bytes) -> bytes:
        body = b'{"status":"%b","response":%b}' % (status.encode(), response)
        return V1.message(join_ref, ref, topic, "phx_reply", body)

    @staticmethod
    def message(join_ref: Ref, ref: Ref, topic: str, event: str, payload: bytes) -> bytes:
        """A message to one listener: a push of its own, `phx_close`, `phx_error`."""
        return b'{"topic":%b,"event":%b,"payload":%b,"ref":%b}' % (
            _encode(topic),
            _encode(event),
            payload,
            _encode(ref),
        )


Codec = type[V1] | type[V2]
CODECS: dict[str, Codec] = {"1.0.0": V1, "2.0.0": V2}


# --- frames that cannot be decoded ----------------------------------------------------------------------------------


def _malformed(text: bytes) -> MalformedFrame | InvalidText:
    return MalformedFrame() if is_unicode(text) else InvalidText()


def _read_leniently(text: bytes) -> Any:
    """The frame as far as Python's own parser takes it: half characters and numbers that are none pass it."""
    try:
        return json.loads(text.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def _address(join_ref: Any, ref: Any, topic: Any) -> Address:
    """Who sent the frame waits for an answer to its ref, and would send it again and again without one."""
    if not isinstance(topic, str) or not all(_is_ref(one) for one in (join_ref, ref)):
        return NOWHERE
    try:
        _encode((join_ref, ref, topic))
    except (ValueError, OverflowError):
        return NOWHERE
    return join_ref, ref, topic


def _is_ref(value: Any) -> bool:
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))
