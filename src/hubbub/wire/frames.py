"""The text frames of Phoenix Channels, versions 1.0.0 and 2.0.0 (Hubbub protocol, section 1)."""

from __future__ import annotations

from typing import Any

import msgspec

from hubbub.wire.errors import InvalidText, MalformedFrame

Ref = str | int | None

NULL = msgspec.Raw(b"null")
EMPTY = msgspec.Raw(b"{}")
_encode = msgspec.json.Encoder().encode


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
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise _malformed(error) from None

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


class V1:
    """Objects; a client may leave `join_ref` out, and is not told any."""

    @staticmethod
    def decode(text: bytes) -> Frame:
        """The frame in `text`; raises `MalformedFrame`, or `InvalidText` for text that is no Unicode."""
        try:
            frame = _decode_v1(text)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise _malformed(error) from None
        join_ref = frame.join_ref
        if join_ref is None and frame.event == "phx_join":
            join_ref = frame.ref
        return Frame(join_ref, frame.ref, frame.topic, frame.event, frame.payload)

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


def _malformed(error: Exception) -> MalformedFrame | InvalidText:
    if "surrogate" in str(error) or isinstance(error, UnicodeDecodeError):
        return InvalidText()
    return MalformedFrame()
