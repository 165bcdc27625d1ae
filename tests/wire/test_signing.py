"""The bytes that are signed: one form for each meaning, held to the vectors."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.wire import signing
from hubbub.wire.signing import b64u, b64u_decode, fields
from tests.sealing import Identity
from tests.vectors import make_rooms
from tests.vectors.make_server_signing import FILE, vectors

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
part = st.one_of(st.binary(max_size=8), st.text(max_size=8), st.integers(min_value=0), st.none())
P = 2**255 - 19


def test_the_vectors_are_what_this_code_makes() -> None:
    assert vectors() == VECTORS


def test_the_vectors_of_rooms_are_what_this_code_makes_and_takes() -> None:
    rooms = json.loads(make_rooms.FILE.read_text(encoding="utf-8"))
    assert rooms == make_rooms.vectors()
    key = b64u_decode(rooms["public_key"])
    for signed in (rooms["join"], *rooms["messages"], rooms["sealed"]):
        assert signing.is_signed_by(key, b64u_decode(signed["signature"]), bytes.fromhex(signed["signed"]))


@pytest.mark.parametrize("case", VECTORS["fields"])
def test_fields_are_the_vectors(case: dict[str, Any]) -> None:
    assert fields(*case["parts"]).hex() == case["bytes"]


def test_fields_take_bytes_as_they_are_and_numbers_in_decimal() -> None:
    assert fields(b"\xff\x00", 10) == b"\0\0\0\x02\xff\0" + b"\0\0\0\x0210"


def test_fields_refuse_a_truth_value() -> None:
    with pytest.raises(TypeError):
        fields(True)


@given(st.lists(part, max_size=5))
def test_fields_can_be_told_apart(parts: list[bytes | str | int | None]) -> None:
    joined, found = fields(*parts), []
    while joined:
        length = int.from_bytes(joined[:4], "big")
        found.append(joined[4 : 4 + length])
        joined = joined[4 + length :]
    assert found == [_raw(each) for each in parts]


def _raw(each: bytes | str | int | None) -> bytes:
    if isinstance(each, bytes):
        return each
    return b"" if each is None else f"{each}".encode()


def test_each_purpose_signs_other_bytes() -> None:
    key = bytes(32)
    made = [
        signing.key_bytes(None, "u", 1, key),
        signing.message_bytes(b"{}", b""),
        signing.link_bytes("c", None, "add", "u", key, 1),
        signing.identity_bytes("u", 1, key, None),
    ]
    names = [each[4 : 4 + each[3]] for each in made]
    assert names == [b"hubbub-key/1", b"hubbub-msg/1", b"hubbub-member/1", b"hubbub-identity/1"]


def test_bytes_are_spelled_as_designed() -> None:
    key, before = bytes(range(32)), bytes(range(32, 64))
    assert signing.key_bytes("c", "u", 3, key) == fields("hubbub-key/1", "c", "u", "3", key)
    assert signing.key_bytes(None, "u", 3, key) == fields("hubbub-key/1", "", "u", "3", key)
    assert signing.message_bytes(b"h", b"ct") == fields("hubbub-msg/1", b"h", sha256(b"ct").digest())
    link = signing.link_bytes("c", before, "add", "u", key, 3)
    assert link == fields("hubbub-member/1", "c", before, "add", "u", key, "3")
    assert signing.link_hash(link, b"s" * 64) == sha256(fields(link, b"s" * 64)).digest()
    assert signing.identity_bytes("u", 2, key, before) == fields("hubbub-identity/1", "u", "2", key, before)
    assert signing.copy_info(b"h", "u", "k") == fields("hubbub-copy/1", sha256(b"h").digest(), "u", "k")
    assert signing.content_key_hash(key) == sha256(fields("hubbub-ck/1", key)).digest()


@given(st.binary(max_size=100))
def test_b64u_returns_what_it_was_given(raw: bytes) -> None:
    text = b64u(raw)
    assert not set(text) & set("+/=")
    assert b64u_decode(text) == raw
    assert b64u_decode(text, len(raw)) == raw


@pytest.mark.parametrize("text", ["QQ==", "QQ=", "QR", "Q", "Q+8", "Q/8", "QQ\n", " QQ", "Q Q", "QÄ", "\ud800", "A.A"])
def test_b64u_refuses_every_other_form(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        b64u_decode(text)


@given(st.text(alphabet="ABCDwxyz0189-_=+/ \n", max_size=12))
def test_text_that_decodes_has_one_form(text: str) -> None:
    try:
        raw = b64u_decode(text)
    except ValueError:
        return
    assert b64u(raw) == text


def test_b64u_refuses_another_length() -> None:
    with pytest.raises(ValueError, match="32"):
        b64u_decode(b64u(bytes(31)), 32)


def test_thumbprint_is_rfc_7638() -> None:
    x = "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"  # RFC 8037, appendix A.6: Bob's key
    document = json.dumps({"crv": "X25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    assert signing.thumbprint(x) == b64u(sha256(document.encode()).digest())


def test_a_signature_holds_for_its_key_and_text_alone() -> None:
    who, other = Identity(), Identity()
    signature = who.sign(b"text")
    assert signing.is_signed_by(who.ik_raw, signature, b"text")
    assert not signing.is_signed_by(who.ik_raw, signature, b"texT")
    assert not signing.is_signed_by(other.ik_raw, signature, b"text")
    for broken in (b"", signature[:-1], signature + b"\0", _flipped(signature, 5), _flipped(signature, 40)):
        assert not signing.is_signed_by(who.ik_raw, broken, b"text")
    for broken in (b"", who.ik_raw[:-1], who.ik_raw + b"\0", _flipped(who.ik_raw, 0)):
        assert not signing.is_signed_by(broken, signature, b"text")


def test_a_signature_cannot_be_written_another_way() -> None:
    """RFC 8032, 5.1.7: S is below the group's order, so one signature has one form."""
    who = Identity()
    signature = who.sign(b"text")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    assert not signing.is_signed_by(who.ik_raw, signature[:32] + s.to_bytes(32, "little"), b"text")


def _small_order_points() -> list[bytes]:
    """The eight points whose order divides 8, by doubling: computed, not copied."""
    d = -121665 * pow(121666, -1, P) % P
    roots = []
    for y in _order_8_y(d):
        u, v = (y * y - 1) % P, (d * y * y + 1) % P
        x = _sqrt(u * pow(v, -1, P) % P)
        roots += [(x, y), (P - x, y)]
    i = _sqrt(P - 1)
    points = [(0, 1), (0, P - 1), (i, 0), (P - i, 0), *roots]
    for point in points:
        doubled = point
        for _ in range(3):
            doubled = _add(doubled, doubled, d)
        assert doubled == (0, 1)
    return [(y | (x & 1) << 255).to_bytes(32, "little") for x, y in points]


def _order_8_y(d: int) -> list[int]:
    """Points that double to (±i, 0) have y² = -x²: with the curve's equation, d·y⁴ + 2·y² - 1 = 0."""
    root = _sqrt((1 + d) % P)
    squares = [(-1 + sign * root) * pow(d, -1, P) % P for sign in (1, -1)]
    ys = [_sqrt(square) for square in squares if pow(square, (P - 1) // 2, P) == 1]
    return [y for root in ys for y in (root, P - root)]


def _sqrt(square: int) -> int:
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square % P:
        root = root * pow(2, (P - 1) // 4, P) % P
    assert root * root % P == square % P
    return root


def _add(a: tuple[int, int], b: tuple[int, int], d: int) -> tuple[int, int]:
    (x1, y1), (x2, y2) = a, b
    t = d * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def test_keys_of_small_order_sign_nothing() -> None:
    """With the neutral point as a key, R = S·B fits every text: such a key must never be believed."""
    points = _small_order_points()
    assert len(set(points)) == 8
    beyond = [(P + y).to_bytes(32, "little") for y in (0, 1)]
    signature = points[0] + bytes(32)
    for key in points + beyond:
        assert not any(signing.is_signed_by(key, signature, b"text %d" % n) for n in range(16))


def _flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
