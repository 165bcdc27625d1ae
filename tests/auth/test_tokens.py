"""Access tokens and page tokens as pure functions; their refusals over HTTP are in tests/http/test_door.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.auth.actor import Actor
from hubbub.auth.page_tokens import PageTokens
from hubbub.auth.refreshing import RefreshTokens
from hubbub.auth.tokens import LIFETIME, REMEMBERED, Tokens
from hubbub.wire.errors import ExpiredToken, InvalidPageToken, InvalidToken
from hubbub.wire.ids import new_id

SECRET = bytes(32)
USER, FAMILY = new_id(), new_id()


def test_a_token_speaks_for_its_user_until_it_expires() -> None:
    now = 1_000_000.0
    tokens = Tokens(SECRET, clock=lambda: now)
    token = tokens.issue(USER, FAMILY, 1_000_000)
    assert tokens.verify(token) == Actor(USER, FAMILY, 1_000_000 + LIFETIME)
    now += LIFETIME - 1
    assert tokens.verify(token).user_id == USER
    now += 1
    for _ in range(2):  # remembered and forgotten
        with pytest.raises(ExpiredToken):
            tokens.verify(token)


def test_equal_requests_give_equal_tokens() -> None:
    assert Tokens(SECRET).issue(USER, FAMILY, 7) == Tokens(SECRET).issue(USER, FAMILY, 7)


def test_a_token_of_another_secret_is_refused() -> None:
    token = Tokens(bytes([1]) * 32, clock=lambda: 0).issue(USER, FAMILY, 0)
    with pytest.raises(InvalidToken):
        Tokens(SECRET, clock=lambda: 0).verify(token)


@given(st.data())
def test_a_changed_token_is_refused(data: st.DataObject) -> None:
    tokens = Tokens(SECRET, clock=lambda: 0)
    token = tokens.issue(USER, FAMILY, 0)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    if changed[:-1] != token[:-1]:  # the last character of a base64 text may have bits that mean nothing
        with pytest.raises(InvalidToken):
            tokens.verify(changed)


@given(st.text())
def test_any_text_is_refused_as_a_token(text: str) -> None:
    with pytest.raises(InvalidToken):
        Tokens(SECRET).verify(text)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.auth.tokens.REMEMBERED", 8)
    assert REMEMBERED > 8
    tokens = Tokens(SECRET, clock=lambda: 0)
    issued = [tokens.issue(new_id(), FAMILY, 0) for _ in range(50)]
    for token in issued * 2:
        tokens.verify(token)
        assert len(tokens._verified) <= 8


@given(st.text(max_size=60), st.text(min_size=1, max_size=64))
def test_a_successor_is_told_by_token_and_op_id(token: str, op_id: str) -> None:
    refresh_tokens = RefreshTokens(SECRET)
    successor = refresh_tokens.successor(token, op_id)
    assert successor == RefreshTokens(SECRET).successor(token, op_id)
    assert len(successor) == 43
    assert successor != refresh_tokens.successor(token, op_id + "x")
    assert successor != refresh_tokens.successor(token + "x", op_id)
    assert successor != RefreshTokens(bytes([1]) * 32).successor(token, op_id)


def test_without_an_op_id_no_two_successors_are_equal() -> None:
    refresh_tokens = RefreshTokens(SECRET)
    assert len({refresh_tokens.successor("token", None) for _ in range(20)}) == 20


@given(st.lists(st.integers(-(2**62), 2**62), max_size=5), st.text(max_size=40))
def test_page_tokens_come_back_for_their_list_and_user_alone(place: list[int], listing: str) -> None:
    page_tokens = PageTokens(SECRET)
    token = page_tokens.make(listing, USER, place)
    assert page_tokens.read(listing, USER, token, list[int]) == place
    for other_listing, other_user in ((listing + "x", USER), (listing, FAMILY)):
        with pytest.raises(InvalidPageToken):
            page_tokens.read(other_listing, other_user, token, list[int])
    with pytest.raises(InvalidPageToken):
        page_tokens.read(listing, USER, token, dict)


@given(st.text())
def test_made_up_page_tokens_are_refused(text: str) -> None:
    with pytest.raises(InvalidPageToken):
        PageTokens(SECRET).read("users", USER, text, list[int])
