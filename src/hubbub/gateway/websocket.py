"""RFC 6455, the server's side, as a sans-I/O state machine: bytes in, events out, bytes out.

The opening handshake comes first, then `Parser` for what clients send, then the frames that the server sends.
Extensions are never negotiated. Handshake, parser and frames share one file because they are one RFC, and a
reader who has a socket in hand wants them side by side.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from hubbub.wire.errors import CloseCode

CONTINUATION: Final = 0
TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10
FAIL: Final = -1  # no opcode: the client broke the protocol, and nothing after it is read

# TEXT: valid UTF-8, the whole message. CLOSE: the client's code (1005 when it gave none) and reason.
# FAIL: the code and reason to close with. CLOSE and FAIL are always the last event of a parser.
Event = tuple[Literal[1, 2, 9, 10], bytes] | tuple[Literal[8, -1], int, str]

NO_STATUS: Final = 1005
MAX_CONTROL_PAYLOAD: Final = 125
# Of one message. Empty fragments never reach its size limit, so they need a limit of their own.
MAX_EMPTY_FRAGMENTS: Final = 1_000

_ACCEPT_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
# RFC 9110, 5.1 and 5.5. No space before the colon: requests are smuggled past proxies that way.
_HEADER: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\0\r\n]*)")
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


# --- the opening handshake (RFC 6455, 4.2) ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """The head of an HTTP request.

    `target` is the path and `query` what follows its `?` ("" when there is none), both as sent, still
    percent-encoded. `headers` have lower-case names; the values of a repeated one are joined by ", ".
    """

    method: str
    target: str
    query: str
    headers: dict[str, str]


class HandshakeRefused(Exception):
    """The request does not become a socket. `refuse(status, reason, headers=headers)` is the answer to it."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] = _NO_HEADERS) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.headers = headers


def parse_request(data: bytes) -> Request:
    """Read one whole request head, blank line included. Raises HandshakeRefused (400) when it is none."""
    head, end, _ = data.decode("latin-1").partition("\r\n\r\n")
    request_line, *header_lines = head.split("\r\n")
    words = request_line.split(" ")
    if not end or len(words) != 3 or not all(words) or words[2] != "HTTP/1.1":
        raise HandshakeRefused(400, "This is not an HTTP/1.1 request.")
    target, _, query = words[1].partition("?")
    return Request(words[0], target, query, _parse_headers(header_lines))


def accept(request: Request, subprotocols: tuple[str, ...] = ()) -> bytes:
    """The 101 response that turns the connection into a socket.

    It names the first of `subprotocols` that the client offered, if any.
    Raises HandshakeRefused (400, 405, 426).
    """
    _check_upgrade(request)
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {_accept_token(request)}",
    ]
    offered = _tokens(request, "sec-websocket-protocol")
    chosen = next((name for name in subprotocols if name in offered), None)
    if chosen is not None:
        lines.append(f"Sec-WebSocket-Protocol: {chosen}")
    return _head(lines)


def refuse(status: int, reason: str, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS) -> bytes:
    """A complete HTTP response after which the connection closes.

    `reason` is a sentence for people; it is the body (plain text) unless `body` is given, whose
    Content-Type is then for `headers` to say. Raises ValueError when a header would break out of its line.
    """
    described = {"Content-Type": "text/plain; charset=utf-8", **headers} if not body else headers
    content = body or reason.encode()
    return (
        _head(
            [
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
                "Connection: close",
                f"Content-Length: {len(content)}",
                *(f"{name}: {value}" for name, value in described.items()),
            ]
        )
        + content
    )


def _parse_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise HandshakeRefused(400, "A header of the request is malformed.")
        name, value = header[1].lower(), header[2].strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _check_upgrade(request: Request) -> None:
    if request.method != "GET":
        raise HandshakeRefused(405, "A socket is opened with GET.", {"Allow": "GET"})
    if "websocket" not in _tokens(request, "upgrade", lower=True):
        raise HandshakeRefused(400, "A socket needs the header Upgrade: websocket.")
    if "upgrade" not in _tokens(request, "connection", lower=True):
        raise HandshakeRefused(400, "A socket needs the header Connection: Upgrade.")
    if request.headers.get("sec-websocket-version") != "13":
        # RFC 9110, 7.8: an Upgrade header must be listed in Connection.
        headers = {"Sec-WebSocket-Version": "13", "Upgrade": "websocket", "Connection": "Upgrade"}
        raise HandshakeRefused(426, "Only version 13 of the WebSocket protocol is spoken here.", headers)


def _accept_token(request: Request) -> str:
    key = request.headers.get("sec-websocket-key", "")
    try:
        valid = len(b64decode(key, validate=True)) == 16
    except ValueError:
        valid = False
    if not valid:
        raise HandshakeRefused(400, "Sec-WebSocket-Key must be 16 bytes in base64.")
    return b64encode(sha1(key.encode() + _ACCEPT_GUID, usedforsecurity=False).digest()).decode()


def _tokens(request: Request, name: str, *, lower: bool = False) -> list[str]:
    value = request.headers.get(name, "")
    return [token.strip() for token in (value.lower() if lower else value).split(",")]


def _head(lines: list[str]) -> bytes:
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header must stay on its line")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


# --- what clients send (RFC 6455, 5 to 8) -------------------------------------------------------------------


class ProtocolError(Exception):
    """The client broke RFC 6455; `code` and `reason` are what the socket is closed with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Parser:
    """Turns the bytes of one client into events. Between messages it keeps no buffer at all."""

    __slots__ = ("_max_message", "_unfinished")

    def __init__(self, max_message: int) -> None:
        """`max_message` is the greatest size of a message in bytes, all fragments together."""
        self._max_message = max_message
        self._unfinished: _Unfinished | None = None

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes, in order; raises nothing. After CLOSE or FAIL there are no more.

        At most `max_message` bytes and a header are kept between calls. A message that would be larger fails
        as soon as the header that says so has arrived.
        """
        unfinished = self._unfinished
        if unfinished is None:
            text = _lone_text(data, self._max_message)
            if text is not None:
                return [(TEXT, text)]
            unfinished = self._unfinished = _Unfinished(self._max_message)
        events = unfinished.take(data)
        if unfinished.is_empty():
            self._unfinished = None
        return events


def _lone_text(data: bytes, max_message: int) -> bytes | None:
    """The text, when `data` is one short, whole, valid text frame: what nearly every read brings.

    Everything else, wrong or just unusual, is None and left to `_Unfinished`, which repeats the work.
    """
    size = len(data)
    if size < 6 or data[0] != 0x81:
        return None
    length = data[1] - 0x80  # negative when the frame is not masked
    start = 6
    if length == 126 and size >= 8:
        length = data[2] << 8 | data[3]
        start = 8
        if length < 126:
            return None
    elif not 0 <= length < 126:
        return None
    if size != start + length or length > max_message:
        return None
    text = _unmask(data[start:], data[start - 4 : start], length)
    return text if text.isascii() or _is_utf8(text) else None


class _Frame(NamedTuple):
    fin: bool
    opcode: int
    length: int
    mask: bytes


class _Unfinished:
    """What has arrived of a header, a frame or a fragmented message that is not whole yet."""

    __slots__ = (
        "_body",
        "_empty_fragments",
        "_frame",
        "_header",
        "_max_message",
        "_message",
        "_opcode",
        "_over",
    )

    def __init__(self, max_message: int) -> None:
        self._max_message = max_message
        self._header: bytes = b""  # of the next frame, when `_frame` is None
        self._frame: _Frame | None = None  # its header is whole, its payload is not
        self._body: bytearray | None = None  # that payload so far, still masked
        self._opcode: Literal[1, 2] | None = None  # of the fragmented message
        self._message: bytearray | None = None  # its payload so far
        self._empty_fragments = 0
        self._over = False

    def is_empty(self) -> bool:
        return not self._header and self._frame is None and self._opcode is None and not self._over

    def take(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        try:
            self._read_frames(data, events)
        except ProtocolError as error:
            events.append((FAIL, error.code, error.reason))
            self._end()
        return events

    def _end(self) -> None:
        # The buffers go at once: the socket may linger while its close is on the way.
        self._header, self._frame, self._body, self._opcode, self._message = b"", None, None, None, None
        self._over = True

    def _read_frames(self, data: bytes, events: list[Event]) -> None:
        if self._header:
            data, self._header = self._header + data, b""
        at = 0
        while not self._over:
            if self._frame is None:
                header = _read_header(data, at)
                if header is None:
                    self._header = data[at:]
                    return
                self._frame, at = header
                self._check_in_turn(self._frame)
            frame, start, at = self._frame, at, at + self._frame.length - len(self._body or b"")
            if at > len(data):
                self._keep(data[start:])
                return
            events += self._finish(frame, data[start:at])

    def _check_in_turn(self, frame: _Frame) -> None:
        if frame.opcode >= CLOSE:
            return
        if (frame.opcode == CONTINUATION) != (self._opcode is not None):
            raise ProtocolError(CloseCode.PROTOCOL, "A fragment is out of turn.")
        if len(self._message or b"") + frame.length > self._max_message:
            raise ProtocolError(CloseCode.TOO_LARGE, f"A message is at most {self._max_message} bytes.")

    def _keep(self, piece: bytes) -> None:
        # Grown as bytes come, never reserved from the announced length: announcing costs an attacker nothing.
        if self._body is None:
            self._body = bytearray()
        self._body += piece

    def _finish(self, frame: _Frame, rest: bytes) -> list[Event]:
        body = rest if self._body is None else self._body + rest
        self._frame = self._body = None
        payload = _unmask(body, frame.mask, frame.length)
        if frame.opcode < CLOSE:
            return self._finish_data(frame, payload)
        if frame.opcode == CLOSE:
            code, reason = _read_close(payload)
            self._end()
            return [(CLOSE, code, reason)]
        return [(PING if frame.opcode == PING else PONG, payload)]

    def _finish_data(self, frame: _Frame, payload: bytes) -> list[Event]:
        opcode = self._opcode or (TEXT if frame.opcode == TEXT else BINARY)
        if not frame.fin:
            self._add_fragment(opcode, payload)
            return []
        if self._message is not None:
            self._message += payload
            payload = bytes(self._message)
        self._opcode, self._message, self._empty_fragments = None, None, 0
        if opcode == TEXT and not _is_utf8(payload):
            raise ProtocolError(CloseCode.INVALID_TEXT, "Text must be valid UTF-8.")
        return [(opcode, payload)]

    def _add_fragment(self, opcode: Literal[1, 2], payload: bytes) -> None:
        if self._message is None:
            self._opcode, self._message = opcode, bytearray()
        self._message += payload
        self._empty_fragments += not payload
        if self._empty_fragments > MAX_EMPTY_FRAGMENTS:
            raise ProtocolError(CloseCode.TOO_LARGE, "A message has too many empty fragments.")


def _read_header(data: bytes, at: int) -> tuple[_Frame, int] | None:
    """The header at `at` and where its payload begins; None when it is not whole. Raises ProtocolError."""
    if len(data) < at + 2:
        return None
    first, second = data[at], data[at + 1]
    _check_first_two(first, second)
    length = second & 0x7F
    start = at + 2
    if length > 125:
        start += 2 if length == 126 else 8
    if len(data) < start + 4:
        return None
    if length > 125:
        length = _read_long_length(data[at + 2 : start])
    return _Frame(first >= 0x80, first & 0x0F, length, data[start : start + 4]), start + 4


def _check_first_two(first: int, second: int) -> None:
    opcode = first & 0x0F
    if first & 0x70:
        raise ProtocolError(CloseCode.PROTOCOL, "A reserved bit is set, but no extension was agreed on.")
    if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
        raise ProtocolError(CloseCode.PROTOCOL, "The opcode is reserved.")
    if second < 0x80:
        raise ProtocolError(CloseCode.PROTOCOL, "Frames of a client must be masked.")
    if opcode >= CLOSE and (first < 0x80 or second & 0x7F > MAX_CONTROL_PAYLOAD):
        raise ProtocolError(CloseCode.PROTOCOL, "A control frame is whole and at most 125 bytes.")


def _read_long_length(field: bytes) -> int:
    length = int.from_bytes(field, "big")
    if length >> 63:
        raise ProtocolError(CloseCode.PROTOCOL, "The highest bit of a length must be 0.")
    if length < (126 if len(field) == 2 else 0x1_0000):
        raise ProtocolError(CloseCode.PROTOCOL, "A length must take its shortest form.")
    return length


def _unmask(masked: bytes | bytearray, mask: bytes, length: int) -> bytes:
    # One XOR of two big integers: the fastest way in pure Python for some kilobytes, and near it beyond.
    key = (mask * ((length + 3) >> 2))[:length]
    return (int.from_bytes(masked, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read_close(payload: bytes) -> tuple[int, str]:
    if not payload:
        return NO_STATUS, ""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not _may_be_sent(code):
        raise ProtocolError(CloseCode.PROTOCOL, "The close code is invalid.")
    try:
        return code, payload[2:].decode()
    except UnicodeDecodeError:
        raise ProtocolError(CloseCode.INVALID_TEXT, "The reason of a close must be valid UTF-8.") from None


def _may_be_sent(code: int) -> bool:
    # RFC 6455, 7.4 and the IANA registry: 1004 to 1006 and 1015 never travel, 1016 to 2999 are not given out.
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


# --- what the server sends (RFC 6455, 5.2) ------------------------------------------------------------------


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole unmasked frame. Raises ValueError for a control frame of more than 125 bytes."""
    length = len(payload)
    if length < 126:
        return bytes((0x80 | opcode, length)) + payload
    if opcode >= CLOSE:
        raise ValueError("a control frame has at most 125 bytes")
    if length < 0x1_0000:
        return bytes((0x80 | opcode, 126, length >> 8, length & 0xFF)) + payload
    return bytes((0x80 | opcode, 127)) + length.to_bytes(8, "big") + payload


def text_frame(payload: bytes) -> bytes:
    """One text message; `payload` is UTF-8, which is not checked again."""
    return frame(TEXT, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """A close; a `reason` over 123 bytes of UTF-8 is cut between characters.

    1005 makes one without a status, which is the answer to one without. Raises ValueError for other codes
    that must not travel.
    """
    if code == NO_STATUS:
        return frame(CLOSE, b"")
    if not _may_be_sent(code):
        raise ValueError(f"close code {code} must not be sent")
    fitting = reason.encode()[: MAX_CONTROL_PAYLOAD - 2].decode(errors="ignore").encode()
    return frame(CLOSE, code.to_bytes(2, "big") + fitting)
