"""RFC 6455: refusals by tables, the rest by properties, both directions against the library `websockets`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from hubbub.gateway.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FAIL,
    MAX_EMPTY_FRAGMENTS,
    PING,
    PONG,
    TEXT,
    Event,
    HandshakeRefused,
    Parser,
    Request,
    accept,
    close_frame,
    frame,
    parse_request,
    refuse,
    text_frame,
)

LIMIT = 70_000  # above 65,535, so that every form of length occurs
MASK = bytes.fromhex("37fa213d")  # RFC 6455, 5.7

HEAD = (
    b"GET /socket/websocket?vsn=2.0.0&token=a%20b HTTP/1.1\r\n"
    b"host: chat.example\r\n"
    b"upgrade: websocket\r\n"
    b"connection: keep-alive, Upgrade\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-version: 13\r\n"
    b"sec-websocket-protocol: phoenix, base64url.bearer.phx.YQ\r\n"
    b"\r\n"
)


def client_frame(opcode: int, payload: bytes = b"", *, fin: bool = True, mask: bytes = MASK) -> bytes:
    """A frame as a client sends it, made from the definition in RFC 6455, 5.2 and 5.3."""
    length = len(payload)
    if length < 126:
        field = bytes([0x80 | length])
    elif length < 1 << 16:
        field = bytes([0x80 | 126]) + length.to_bytes(2, "big")
    else:
        field = bytes([0x80 | 127]) + length.to_bytes(8, "big")
    return bytes([fin << 7 | opcode]) + field + mask + xor(payload, mask)


def xor(payload: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` cut at `cuts`; some pieces may be empty."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def feed_in_pieces(parser: Parser, data: bytes, cuts: list[int]) -> list[Event]:
    return [event for piece in pieces(data, cuts) for event in parser.feed(piece)]


def deep_size(parser: Parser) -> int:
    """Bytes of everything that only this parser holds on to."""
    seen: dict[int, object] = {}
    waiting: list[object] = [parser]
    while waiting:
        thing = waiting.pop()
        if thing is not None and not isinstance(thing, type | int) and id(thing) not in seen:
            seen[id(thing)] = thing
            waiting += gc.get_referents(thing)
    return sum(sys.getsizeof(thing) for thing in seen.values())


# --- the opening handshake ----------------------------------------------------------------------------------


def test_a_request_is_read() -> None:
    request = parse_request(HEAD)
    assert (request.method, request.target, request.query) == (
        "GET",
        "/socket/websocket",
        "vsn=2.0.0&token=a%20b",
    )
    assert request.headers["host"] == "chat.example"


def test_repeated_headers_are_joined_and_names_lowered() -> None:
    request = parse_request(b"GET / HTTP/1.1\r\nX-One: a\r\nx-one:  b \r\nEmpty:\r\n\r\n")
    assert request == Request("GET", "/", "", {"x-one": "a, b", "empty": ""})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET / / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: no name\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost : smuggled\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\nb: c\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: \0\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        parse_request(data)
    assert refused.value.status == 400


@given(st.binary() | st.binary().map(lambda data: HEAD[:-2] + data + b"\r\n\r\n"))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        outcome = accept(parse_request(data)).split(b" ")[1]
    except HandshakeRefused as refused:
        outcome = refuse(refused.status, refused.reason, headers=refused.headers).split(b" ")[1]
    assert outcome in (b"101", b"400", b"405", b"426")


def test_the_example_of_the_rfc_is_accepted() -> None:
    response = accept(parse_request(HEAD))
    assert response == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("known", "chosen"),
    [
        (("phoenix",), b"\r\nSec-WebSocket-Protocol: phoenix\r\n"),
        (("other", "phoenix"), b"\r\nSec-WebSocket-Protocol: phoenix\r\n"),
        (("base64url.bearer.phx.YQ", "phoenix"), b"\r\nSec-WebSocket-Protocol: base64url.bearer.phx.YQ\r\n"),
        (("Phoenix", "phoeni"), None),
    ],
)
def test_the_first_known_subprotocol_that_was_offered_is_chosen(known: tuple[str, ...], chosen: bytes | None) -> None:
    response = accept(parse_request(HEAD), known)
    assert (chosen in response) if chosen else (b"Sec-WebSocket-Protocol" not in response)


@pytest.mark.parametrize(
    ("before", "after", "status", "header"),
    [
        (b"GET /", b"POST /", 405, ("Allow", "GET")),
        (b"upgrade: websocket", b"upgrade: h2c", 400, None),
        (b"upgrade: websocket\r\n", b"", 400, None),
        (b"keep-alive, Upgrade", b"keep-alive", 400, None),
        (b"keep-alive, Upgrade", b"upgraded", 400, None),
        (b"version: 13", b"version: 8", 426, ("Sec-WebSocket-Version", "13")),
        (b"sec-websocket-version: 13\r\n", b"", 426, ("Sec-WebSocket-Version", "13")),
        (b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b"", 400, None),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZSBub25j", 400, None),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZSBub25jZWVl", 400, None),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZSBub25jZQ", 400, None),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhl!HNhbXBsZSBub25jZQ==", 400, None),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"\xe9GhlIHNhbXBsZSBub25jZQ==", 400, None),
        (b"upgrade: websocket", b"upgrade: h2c, WebSocket", None, None),
    ],
)
def test_what_cannot_become_a_socket_is_refused(
    before: bytes, after: bytes, status: int | None, header: tuple[str, str] | None
) -> None:
    assert HEAD.count(before) == 1
    request = parse_request(HEAD.replace(before, after))
    if status is None:
        assert accept(request).startswith(b"HTTP/1.1 101 ")
        return
    with pytest.raises(HandshakeRefused) as refused:
        accept(request)
    assert refused.value.status == status
    if header:
        assert refused.value.headers[header[0]] == header[1]


def test_extensions_are_never_agreed_on() -> None:
    offer = b"sec-websocket-extensions: permessage-deflate\r\n\r\n"
    assert b"xtension" not in accept(parse_request(HEAD[:-2] + offer))


def read_refusal(data: bytes) -> Response:
    """The response as the library `websockets` reads it."""
    client = ClientProtocol(parse_uri("ws://chat.example/"))
    client.receive_data(data)
    (response,) = client.events_received()
    assert isinstance(response, Response)
    return response


def test_a_refusal_is_a_whole_response() -> None:
    refused = HandshakeRefused(426, "Only version 13.", {"Sec-WebSocket-Version": "13"})
    response = read_refusal(refuse(refused.status, refused.reason, headers=refused.headers))
    assert (response.status_code, response.reason_phrase) == (426, "Upgrade Required")
    assert response.headers["Sec-WebSocket-Version"] == "13"
    assert response.headers["Connection"] == "close"
    assert response.body == b"Only version 13."


def test_a_refusal_may_bring_its_own_body() -> None:
    headers = {"Content-Type": "application/problem+json"}
    response = read_refusal(refuse(403, "No.", b'{"code":"bad_token"}', headers))
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.body == b'{"code":"bad_token"}'


@pytest.mark.parametrize("value", ["a\r\nset-cookie: b", "a\nb", "a\rb"])
def test_a_header_cannot_break_out_of_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="line"):
        refuse(403, "No.", headers={"X-Echo": value})


# --- what clients send: refusals ----------------------------------------------------------------------------


REFUSED = {
    "unmasked": (text_frame(b"hello"), 1002),
    "unmasked and empty": (b"\x81\x00", 1002),
    "unmasked of the size of a 64-bit length": (b"\x81\x7f" + bytes(131), 1002),
    "deflate-flagged": (b"\xc1" + client_frame(TEXT, b"hello")[1:], 1002),
    "second reserved bit": (b"\xa1" + client_frame(TEXT, b"hello")[1:], 1002),
    "third reserved bit": (b"\x91" + client_frame(TEXT, b"hello")[1:], 1002),
    "reserved bit of a ping": (b"\xc9" + client_frame(PING)[1:], 1002),
    **{f"opcode {opcode}": (client_frame(opcode, b"x"), 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "fragmented ping": (client_frame(PING, fin=False), 1002),
    "fragmented close": (client_frame(CLOSE, fin=False), 1002),
    "ping of 126 bytes": (client_frame(PING, bytes(126)), 1002),
    "close of 126 bytes": (client_frame(CLOSE, b"\x03\xe8" + bytes(124)), 1002),
    "pong of 65,536 bytes": (client_frame(PONG, bytes(65_536)), 1002),
    "continuation of nothing": (client_frame(CONTINUATION, b"x"), 1002),
    "open continuation of nothing": (client_frame(CONTINUATION, b"x", fin=False), 1002),
    "text inside fragments": (client_frame(TEXT, b"a", fin=False) + client_frame(TEXT, b"b"), 1002),
    "binary inside empty fragments": (client_frame(TEXT, b"", fin=False) + client_frame(BINARY, b"b"), 1002),
    "continuation after the end": (
        client_frame(BINARY, b"a", fin=False) + client_frame(CONTINUATION, b"b") + client_frame(CONTINUATION),
        1002,
    ),
    "16-bit length of 125": (b"\x81\xfe\x00\x7d" + MASK + bytes(125), 1002),
    "16-bit length of 0": (b"\x81\xfe\x00\x00" + MASK, 1002),
    "64-bit length of 65,535": (b"\x82\xff" + (65_535).to_bytes(8, "big") + MASK, 1002),
    "64-bit length of 119": (b"\x81\xff" + (119).to_bytes(8, "big") + bytes(4) + b"x" * 119, 1002),
    "64-bit length with its top bit": (b"\x82\xff\x80" + bytes(7) + MASK, 1002),
    "too large by one": (b"\x82\xff" + (LIMIT + 1).to_bytes(8, "big") + MASK, 1009),
    "too large by far": (b"\x81\xff\x7f" + b"\xff" * 7 + MASK, 1009),
    "fragments too large together": (
        client_frame(TEXT, b"x" * 60_000, fin=False) + b"\x80\xfe" + (10_001).to_bytes(2, "big") + MASK,
        1009,
    ),
    "text that is not UTF-8": (client_frame(TEXT, b"\xff"), 1007),
    "text that ends within a character": (client_frame(TEXT, "é".encode()[:1]), 1007),
    "surrogate": (client_frame(TEXT, b"\xed\xa0\x80"), 1007),
    "overlong": (client_frame(TEXT, b"\xc0\x80"), 1007),
    "beyond Unicode": (client_frame(TEXT, b"\xf4\x90\x80\x80"), 1007),
    "not UTF-8 over fragments": (
        client_frame(TEXT, b"\xe2\x82", fin=False) + client_frame(CONTINUATION, b"\x41"),
        1007,
    ),
    "close of one byte": (client_frame(CLOSE, b"\x03"), 1002),
    "close with a reason that is not UTF-8": (client_frame(CLOSE, b"\x03\xe8\xff"), 1007),
    **{
        f"close with {code}": (client_frame(CLOSE, code.to_bytes(2, "big")), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    },
}


def close_payload(failure: Event) -> bytes:
    """What the server says when it closes with the code and reason of `failure`."""
    assert failure[0] == FAIL
    return close_frame(failure[1], failure[2])[2:]


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_a_broken_frame_fails_and_nothing_after_it_is_read(data: bytes, code: int, piece: int) -> None:
    sent = client_frame(TEXT, b"before") + data + client_frame(TEXT, b"after")
    parser = Parser(LIMIT)
    events = feed_in_pieces(parser, sent, list(range(0, len(sent), piece)))
    assert events[0] == (TEXT, b"before")
    assert [event[:2] for event in events if event[0] == FAIL] == [(FAIL, code)]
    assert events[-1][0] == FAIL
    assert Parser(LIMIT).feed(client_frame(CLOSE, close_payload(events[-1]))) == [(CLOSE, *events[-1][1:])]
    assert parser.feed(client_frame(TEXT, b"later")) == []


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_broken_frame_fails_when_it_is_the_first_and_only_read(data: bytes, code: int) -> None:
    events = Parser(LIMIT).feed(data)
    assert [event[:2] for event in events if event[0] == FAIL] == [(FAIL, code)]


def test_size_is_decided_from_the_header_alone() -> None:
    header = client_frame(BINARY, bytes(LIMIT + 1))[:14]
    parser = Parser(LIMIT)
    assert parser.feed(header[:-1]) == []
    assert [event[:2] for event in parser.feed(header[-1:])] == [(FAIL, 1009)]


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536])
def test_the_limit_itself_is_allowed_and_one_more_is_not(size: int) -> None:
    whole = client_frame(TEXT, b"x" * size)
    assert Parser(size).feed(whole) == [(TEXT, b"x" * size)]
    assert [event[:2] for event in Parser(size - 1).feed(whole)] == [(FAIL, 1009)]


def test_control_frames_do_not_count_as_part_of_a_message() -> None:
    sent = client_frame(TEXT, b"ab", fin=False) + client_frame(PING, b"12345") + client_frame(CONTINUATION, b"cd")
    assert Parser(4).feed(sent) == [(PING, b"12345"), (TEXT, b"abcd")]


def test_nothing_is_read_after_a_close() -> None:
    parser = Parser(LIMIT)
    close = client_frame(CLOSE, b"\x03\xe8bye")
    assert parser.feed(close + client_frame(TEXT, b"late") + b"\xff\xff") == [(CLOSE, 1000, "bye")]
    assert parser.feed(client_frame(TEXT, b"later")) == []


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4001, 4999])
def test_valid_close_codes_are_events(code: int) -> None:
    assert Parser(LIMIT).feed(client_frame(CLOSE, code.to_bytes(2, "big"))) == [(CLOSE, code, "")]


def test_a_close_may_come_inside_a_message_and_without_a_code() -> None:
    sent = client_frame(TEXT, b"half", fin=False) + client_frame(CLOSE)
    assert Parser(LIMIT).feed(sent) == [(CLOSE, 1005, "")]


def test_empty_fragments_are_bounded_in_each_message() -> None:
    many = client_frame(TEXT, fin=False) + client_frame(CONTINUATION, fin=False) * (MAX_EMPTY_FRAGMENTS - 1)
    end = client_frame(CONTINUATION, b"x")
    parser = Parser(LIMIT)
    assert parser.feed((many + end) * 2) == [(TEXT, b"x")] * 2
    events = parser.feed(many + client_frame(CONTINUATION, fin=False) + end)
    assert [event[:2] for event in events] == [(FAIL, 1009)]


# --- what clients send: memory ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        b"",
        client_frame(TEXT, b"hello"),
        client_frame(BINARY, b"a", fin=False) + client_frame(PING) + client_frame(CONTINUATION, b"b"),
    ],
)
@pytest.mark.parametrize("piece", [1, 1000])
def test_an_idle_socket_keeps_no_buffer(before: bytes, piece: int) -> None:
    parser = Parser(LIMIT)
    feed_in_pieces(parser, before, list(range(0, len(before), piece)))
    assert deep_size(parser) < 150


@pytest.mark.parametrize("end", [client_frame(CLOSE), text_frame(b"unmasked")])
def test_a_finished_socket_keeps_no_buffer(end: bytes) -> None:
    parser = Parser(LIMIT)
    parser.feed(client_frame(TEXT, bytes(50_000), fin=False))
    assert deep_size(parser) > 50_000
    parser.feed(end)
    assert deep_size(parser) < 500


def test_announcing_a_large_frame_reserves_nothing() -> None:
    parser = Parser(LIMIT)
    parser.feed(client_frame(BINARY, bytes(LIMIT))[:20])
    assert deep_size(parser) < 1_000


def test_a_half_received_message_is_held_once_however_small_its_pieces() -> None:
    parser = Parser(LIMIT)
    fragments = client_frame(BINARY, b"a", fin=False) + client_frame(CONTINUATION, b"b", fin=False) * 20_000
    sent = fragments + client_frame(CONTINUATION, bytes(LIMIT - 20_001))[:-1]
    assert feed_in_pieces(parser, sent, list(range(len(fragments), len(sent)))) == []
    assert deep_size(parser) < 1.2 * LIMIT + 1_000


# --- what clients send: properties --------------------------------------------------------------------------


masks = st.binary(min_size=4, max_size=4)
long_sizes = st.sampled_from([125, 126, 127, 65_535, 65_536, LIMIT])
Payload = tuple[Literal[1, 2, 9, 10], bytes]
texts = st.text().map(str.encode) | long_sizes.map(lambda size: b"x" * size)
binaries = st.binary() | long_sizes.map(bytes)
short = st.binary(max_size=125)


def frames_of(opcode: Literal[1, 2, 9, 10], payloads: st.SearchStrategy[bytes]) -> st.SearchStrategy[Payload]:
    return payloads.map(lambda payload: (opcode, payload))


controls = frames_of(PING, short) | frames_of(PONG, short)
messages = frames_of(TEXT, texts) | frames_of(BINARY, binaries)
positions = st.lists(st.integers(0, 300) | st.integers(0, LIMIT), max_size=8)
Sent = tuple[bytes, list[Event]]


@st.composite
def conversations(draw: st.DrawFn) -> Sent:
    """Bytes of valid frames, and the events that they mean."""
    sent: list[bytes] = []
    events: list[Event] = []
    for message in draw(st.lists(messages, max_size=4)):
        fragments = pieces(message[1], draw(st.just([]) | positions))
        for at, fragment in enumerate(fragments):
            for control in draw(st.lists(controls, max_size=1)):
                sent.append(client_frame(*control, mask=draw(masks)))
                events.append(control)
            opcode, fin = CONTINUATION if at else message[0], at == len(fragments) - 1
            sent.append(client_frame(opcode, fragment, fin=fin, mask=draw(masks)))
        events.append(message)
    return b"".join(sent), events


@given(conversations(), positions)
def test_chunks_do_not_matter(conversation: Sent, cuts: list[int]) -> None:
    sent, events = conversation
    parser = Parser(LIMIT)
    assert feed_in_pieces(parser, sent, cuts) == events
    assert deep_size(parser) < 150


@given(st.lists(messages.filter(lambda message: len(message[1]) < 1_000), max_size=3))
def test_single_bytes_give_the_same_events(sent: list[tuple[int, bytes]]) -> None:
    data = b"".join(client_frame(*message) for message in sent)
    assert feed_in_pieces(Parser(LIMIT), data, list(range(len(data)))) == sent


headers_and_noise = st.lists(
    st.tuples(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=20)).map(
        lambda parts: bytes(parts[:2]) + parts[2]
    )
).map(b"".join)


@given(st.lists(st.binary() | headers_and_noise))
@example([client_frame(TEXT, b"x")[:-1], b"", b"\0"])
def test_any_bytes_have_a_defined_outcome(chunks: list[bytes]) -> None:
    parser = Parser(64)
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    for event in events:
        if event[0] == FAIL:
            assert event[1] in (1002, 1007, 1009)
        elif event[0] != CLOSE:
            assert len(event[1]) <= 125
    endings = [at for at, event in enumerate(events) if event[0] in (FAIL, CLOSE)]
    assert endings in ([], [len(events) - 1])
    assert Parser(64).feed(b"".join(chunks)) == events


@given(conversations(), st.integers(0, 2_000), st.integers(0, 255), positions)
def test_a_damaged_byte_has_the_same_outcome_in_any_chunks(
    conversation: Sent, at: int, byte: int, cuts: list[int]
) -> None:
    damaged = bytearray(conversation[0])
    damaged[at : at + 1] = bytes([byte])
    assert feed_in_pieces(Parser(LIMIT), bytes(damaged), cuts) == Parser(LIMIT).feed(bytes(damaged))


# --- both directions against another implementation ---------------------------------------------------------


def connect(**options: object) -> ClientProtocol:
    client = ClientProtocol(parse_uri("ws://chat.example/socket/websocket?vsn=2.0.0"), **options)  # type: ignore[arg-type]
    client.send_request(client.connect())
    request = parse_request(b"".join(client.data_to_send()))
    assert (request.target, request.query) == ("/socket/websocket", "vsn=2.0.0")
    client.receive_data(accept(request, ("phoenix",)))
    assert client.handshake_exc is None
    assert len(client.events_received()) == 1
    return client


def sent_by(client: ClientProtocol) -> bytes:
    return b"".join(client.data_to_send())


def test_a_client_connects() -> None:
    client = connect(subprotocols=["phoenix"], extensions=[ClientPerMessageDeflateFactory()])
    assert client.state is State.OPEN
    assert client.subprotocol == "phoenix"
    assert client.extensions == []


SENDERS: dict[int, Callable[..., None]] = {
    TEXT: ClientProtocol.send_text,
    BINARY: ClientProtocol.send_binary,
    PING: ClientProtocol.send_ping,
    PONG: ClientProtocol.send_pong,
}


@given(st.lists(messages | controls, max_size=5), positions)
def test_what_a_client_sends_is_read(sent: list[tuple[int, bytes]], cuts: list[int]) -> None:
    client = connect()
    for opcode, payload in sent:
        SENDERS[opcode](client, payload)
    assert feed_in_pieces(Parser(LIMIT), sent_by(client), cuts) == sent


@given(messages, positions)
def test_a_fragmented_message_of_a_client_is_read(message: tuple[int, bytes], cuts: list[int]) -> None:
    opcode, payload = message
    client = connect()
    first, *rest = pieces(payload, cuts)
    SENDERS[opcode](client, first, not rest)
    for at, piece in enumerate(rest, 1):
        client.send_ping(b"between")
        client.send_continuation(piece, fin=at == len(rest))
    assert Parser(LIMIT).feed(sent_by(client)) == [(PING, b"between")] * len(rest) + [message]


@given(st.lists(messages | controls, max_size=5))
def test_a_client_reads_what_is_sent(sent: list[tuple[int, bytes]]) -> None:
    client = connect(max_size=None)
    client.receive_data(b"".join(frame(*message) for message in sent))
    assert client.events_received() == [Frame(Opcode(opcode), payload) for opcode, payload in sent]
    assert client.state is State.OPEN


close_codes = st.sampled_from([1000, 1001, 1002, 1003, *range(1007, 1015)]) | st.integers(3000, 4999)


@given(close_codes, st.text())
def test_a_close_of_the_server_is_understood_and_answered(code: int, reason: str) -> None:
    client = connect()
    client.receive_data(close_frame(code, reason))
    heard = client.close_rcvd
    assert heard is not None
    assert heard.code == code
    assert reason.startswith(heard.reason)
    assert len(heard.reason.encode()) >= min(len(reason.encode()), 120)
    assert Parser(LIMIT).feed(sent_by(client)) == [(CLOSE, code, heard.reason)]


@given(close_codes, st.text(max_size=30))
def test_a_close_of_a_client_is_understood(code: int, reason: str) -> None:
    client = connect()
    client.send_close(code, reason)
    assert Parser(LIMIT).feed(sent_by(client)) == [(CLOSE, code, reason)]
    client.receive_data(close_frame(code, reason))
    client.receive_eof()
    assert client.state is State.CLOSED
    assert client.close_code == code


# --- what the server must not send --------------------------------------------------------------------------


def test_a_long_reason_is_cut_between_characters() -> None:
    assert close_frame(4001, "é" * 100) == b"\x88\x7c\x0f\xa1" + ("é" * 61).encode()


def test_a_close_without_a_status_is_empty() -> None:
    assert close_frame(1005) == b"\x88\x00"


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 2999, 5000])
def test_a_code_that_must_not_travel_is_not_sent(code: int) -> None:
    with pytest.raises(ValueError, match="must not be sent"):
        close_frame(code)


def test_a_control_frame_is_never_long() -> None:
    with pytest.raises(ValueError, match="125"):
        frame(PING, bytes(126))
