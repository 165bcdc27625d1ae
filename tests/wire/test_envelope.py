"""What is a sealed message and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.wire.envelope import (
    MAX_CIPHERTEXT_BYTES,
    Copy,
    is_padded_length,
    parse_copy,
    parse_envelope,
)
from hubbub.wire.errors import InvalidEnvelope, TooLarge
from hubbub.wire.signing import b64u, b64u_decode
from tests.sealing import Identity, pad, unpad
from tests.vectors.make_server_signing import FILE

VECTOR: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))["message"]
ALICE = Identity(seed=b"alice")
CIPHERTEXT = bytes(128 + 16)


def sealed_with(header: bytes, ciphertext: bytes = CIPHERTEXT) -> str:
    return ALICE.assemble(header, ciphertext)


def header_with(**changes: Any) -> bytes:
    """The vector's header, with fields replaced, or dropped where the change is `...`."""
    fields = {**VECTOR["header"], **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def test_a_sealed_message_is_read() -> None:
    envelope = parse_envelope(VECTOR["sealed"])
    _, header, ciphertext, signature = VECTOR["sealed"].split(".")
    assert envelope.header_bytes == b64u_decode(header)
    assert envelope.ciphertext == b64u_decode(ciphertext)
    assert envelope.signature == b64u_decode(signature)
    expected = VECTOR["header"]
    for name in expected.keys() - {"from"}:
        assert getattr(envelope.header, name) == expected[name]
    assert envelope.header.sender == expected["from"]


def test_header_bytes_are_kept_as_they_came() -> None:
    spaced = json.dumps(VECTOR["header"], indent=3, sort_keys=True).encode()
    assert parse_envelope(sealed_with(spaced)).header_bytes == spaced


@pytest.mark.parametrize("name", VECTOR["header"])
def test_a_header_has_all_its_names(name: str) -> None:
    with pytest.raises(InvalidEnvelope):
        parse_envelope(sealed_with(header_with(**{name: ...})))


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": "1"},
        {"more": 1},
        {"rev": -1},
        {"rev": 1.5},
        {"rev": True},
        {"rev": 2**31},
        {"index": 2**53},
        {"position": -1},
        {"index": None},
        {"conversation": "c" * 65},
        {"conversation": 7},
        {"from": ["x"]},
        {"ik": b64u(bytes(31))},
        {"members": b64u(bytes(33))},
        {"members": None},
        {"ck": b64u(bytes(32)) + "="},
        {"sent_at": "2026-01-02T03:04:05Z"},
        {"sent_at": "2026-01-02T03:04:05.678+00:00"},
        {"sent_at": "2026-13-02T03:04:05.678Z"},
        {"sent_at": "2026-01-02T03:04:05.678Z\n"},
        {"sent_at": "٢٠٢٦-01-02T03:04:05.678Z"},
        {"message": "\ud800"},
    ],
    ids=str,
)
def test_a_header_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidEnvelope):
        parse_envelope(sealed_with(header_with(**changes)))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"\xef\xbb\xbf" + header_with(),
        header_with() + b"x",
        header_with()[:-1],
        header_with()[:-1] + b',"rev":3}',
        header_with()[:-1] + b',"\\u0072ev":3}',
        header_with().replace(b'"index": 7', b'"index": ' + b"7" * 900),
        b"[" * 2000,
        b'{"a":' * 300,
        header_with() + b" " * 2048,
    ],
    ids=lambda header: repr(header[-24:]),
)
def test_header_bytes_that_are_no_header_are_refused(header: bytes) -> None:
    with pytest.raises(InvalidEnvelope):
        parse_envelope(sealed_with(header))


@pytest.mark.parametrize("at", [0, 1, 2, 3])
@pytest.mark.parametrize("part", ["", "=", "é", "\ud800", "e1 ", "AB", "\0"])
def test_a_part_of_another_form_is_refused(at: int, part: str) -> None:
    parts = VECTOR["sealed"].split(".")
    parts[at] = part
    with pytest.raises(InvalidEnvelope):
        parse_envelope(".".join(parts))


def test_the_number_of_parts_is_fixed() -> None:
    parts = VECTOR["sealed"].split(".")
    for wrong in ("", ".", "...", ".".join(parts[:3]), ".".join([*parts, ""]), "." + VECTOR["sealed"]):
        with pytest.raises(InvalidEnvelope):
            parse_envelope(wrong)


@given(st.text(max_size=200))
def test_no_text_is_more_than_refused(text: str) -> None:
    with pytest.raises(InvalidEnvelope):
        parse_envelope(text)
    with pytest.raises(InvalidEnvelope):
        parse_envelope("e1." + text)
    with pytest.raises(InvalidEnvelope):
        parse_copy(text)


@given(st.binary(max_size=9000))
def test_padded_text_has_a_padded_length(text: bytes) -> None:
    padded = pad(text)
    assert is_padded_length(len(padded))
    assert unpad(padded) == text
    shorter = [size for size in (*(128 << k for k in range(6)), 8192, 12288) if len(text) < size]
    assert len(padded) == min(shorter)


@pytest.mark.parametrize("length", [0, 1, 64, 127, 129, 384, 4095, 4097, 6144, 8191])
def test_text_that_was_not_padded_is_refused(length: int) -> None:
    with pytest.raises(InvalidEnvelope):
        parse_envelope(sealed_with(header_with(), bytes(length + 16)))


def test_the_largest_ciphertext_passes_and_the_next_does_not() -> None:
    largest = sealed_with(header_with(), bytes(MAX_CIPHERTEXT_BYTES))
    assert len(parse_envelope(largest).ciphertext) == MAX_CIPHERTEXT_BYTES
    with pytest.raises(TooLarge):
        parse_envelope(sealed_with(header_with(), bytes(MAX_CIPHERTEXT_BYTES + 4096)))
    with pytest.raises(TooLarge):
        parse_envelope("e1." + "A" * 1_000_000)
    with pytest.raises(TooLarge):
        parse_envelope(sealed_with(header_with(), bytes(256 + 16)), max_ciphertext=128 + 16)


def test_a_copy_is_read() -> None:
    kid, box = b64u(bytes(32)), bytes(range(80))
    assert parse_copy(f"{kid}.{b64u(box)}") == Copy(kid, box)


@pytest.mark.parametrize(
    "copy",
    [
        "",
        ".",
        "hello",
        b64u(bytes(32)),
        f"{b64u(bytes(31))}.{b64u(bytes(80))}",
        f"{b64u(bytes(32))}.{b64u(bytes(79))}",
        f"{b64u(bytes(32))}.{b64u(bytes(81))}",
        f"{b64u(bytes(32))}.{b64u(bytes(80))}=",
        f"{b64u(bytes(32))}.{b64u(bytes(80))}.",
        f".{b64u(bytes(80))}",
    ],
)
def test_a_copy_of_another_form_is_refused(copy: str) -> None:
    with pytest.raises(InvalidEnvelope):
        parse_copy(copy)
