from __future__ import annotations

import re
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.handles import LONGEST, RESERVED, SHORTEST, candidates, slug


@pytest.mark.parametrize(
    ("display_name", "handle"),
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("  Zoë  O'Hara! ", "zoe-o-hara"),
        ("R2-D2", "r2-d2"),
        ("Ⓐⓓⓐ", "ada"),
        ("Ольга", None),
        ("x", None),
        ("", None),
        ("a" * 40, "a" * 32),
        ("a" * 31 + " b", "a" * 31),
    ],
)
def test_a_handle_is_what_every_keyboard_can_type_of_a_name(display_name: str, handle: str | None) -> None:
    assert slug(display_name) == handle


@given(st.one_of(st.none(), st.text()))
def test_every_candidate_is_a_handle_and_they_never_end(display_name: str | None) -> None:
    tried = list(islice(candidates(display_name), 16))
    assert len(tried) == 16
    for handle in tried:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", handle)
        assert SHORTEST <= len(handle) <= LONGEST + 5
        assert handle not in RESERVED


@pytest.mark.parametrize("display_name", ["ada.lovelace@example.com", "me: ada.lovelace@example.com"])
def test_what_may_be_an_address_gives_no_handle(display_name: str) -> None:
    for handle in islice(candidates(display_name), 16):
        assert "ada" not in handle
        assert "example" not in handle
