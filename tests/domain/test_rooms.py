"""How long rooms last, under which names people are in them, and what may be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain import rooms
from hubbub.wire.errors import Refusal
from hubbub.wire.signing import b64u

MINUTE = 60_000
texts = st.text(max_size=rooms.LONGEST_NAME)


# --- how long ---------------------------------------------------------------------------------------------------------


def test_it_ends_after_idleness_and_at_its_age_at_the_latest() -> None:
    assert rooms.due(0, 300, 720 * MINUTE) == 5 * MINUTE
    assert rooms.due(718 * MINUTE, 300, 720 * MINUTE) == 720 * MINUTE
    assert rooms.due(0, None, 7) == 7
    assert rooms.due(1, 1, None) == 1001
    assert rooms.due(0, None, None) is None


def test_it_is_over_when_its_time_has_come_and_not_a_moment_before() -> None:
    assert [rooms.is_over(10, now) for now in (9, 10, 11)] == [False, True, True]
    assert not rooms.is_over(None, 10**15)


def test_it_says_why_it_ended() -> None:
    assert rooms.reason(5, 10) == "idle"
    assert rooms.reason(10, 10) == "age"
    assert rooms.reason(10, None) == "idle"


@given(st.lists(st.integers(0, 100_000)), st.integers(1, 1000), st.integers(1, 1_000_000))
def test_no_course_of_things_outlasts_the_age(pauses: list[int], idle_after: int, longest: int) -> None:
    now, ends_at = 0, longest
    due = rooms.due(now, idle_after, ends_at)
    for pause in pauses:
        now += pause
        if rooms.is_over(due, now):
            break
        due = rooms.due(now, idle_after, ends_at)
    assert due is not None
    assert now < ends_at or rooms.is_over(due, now)
    assert due <= min(ends_at, now + idle_after * 1000)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wished", "shown"),
    [
        ("Ada", "Ada"),
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("A\u202eda", "Ada"),
        ("A\u200bd\u00ada", "Ada"),
        ("e\u0301va", "éva"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_a_name_is_shown_as_it_can_be_read(wished: str, shown: str) -> None:
    assert rooms.wished_name(wished) == shown


@pytest.mark.parametrize("name", ["", " \t", "\u200b", "\u200d", "\u3164", "\u2800\ufe0f", "\ufdfa" * 20, "x" * 65])
def test_a_name_that_nobody_could_read_is_refused(name: str) -> None:
    with pytest.raises(Refusal):
        rooms.wished_name(name)


@pytest.mark.parametrize("alike", ["ada", "ADA", "\uff21da", "Ada\u200d", "A\ufe0fda", "A\u034fda", "\U0001d400da"])
def test_names_that_look_the_same_are_the_same(alike: str) -> None:
    assert rooms.name_key(alike) == rooms.name_key("Ada")


def test_a_taken_name_gets_the_first_number_that_is_free() -> None:
    taken = {rooms.name_key(name) for name in ("Ada", "Ada 2", "ADA 3", "Ada 5")}
    assert rooms.unique_name("Bob", taken) == "Bob"
    assert rooms.unique_name("ada", taken) == "ada 4"


@given(st.lists(texts, max_size=20))
def test_names_of_a_room_are_never_the_same(wishes: list[str]) -> None:
    names: list[str] = []
    for wish in wishes:
        try:
            name = rooms.wished_name(wish)
        except Refusal:
            continue
        names.append(rooms.unique_name(name, {rooms.name_key(other) for other in names}))
    keys = [rooms.name_key(name) for name in names]
    assert len(set(keys)) == len(keys)
    assert all(0 < len(key) <= 256 for key in keys), "what the database keeps of a name"


@given(texts)
def test_a_name_stays_what_it_is(wish: str) -> None:
    try:
        name = rooms.wished_name(wish)
    except Refusal:
        return
    assert rooms.wished_name(name) == name


# --- text -------------------------------------------------------------------------------------------------------------


def test_a_text_has_as_many_characters_as_it_has_code_points() -> None:
    assert rooms.check_body("🙂" * 1000, 1000, encrypted=False)
    for text in ("", "🙂" * 1001, "a\0"):
        with pytest.raises(Refusal):
            rooms.check_body(text, 1000, encrypted=False)


def test_a_sealed_text_has_room_for_the_longest_one() -> None:
    assert rooms.check_body(b64u(bytes(28 + 4000)), 1000, encrypted=True)
    assert rooms.check_body(b64u(bytes(29)), 1000, encrypted=True)
    for text in ("", "hello", "*" * 100, b64u(bytes(28)), b64u(bytes(28 + 4003)), b64u(bytes(40)) + "="):
        with pytest.raises(Refusal):
            rooms.check_body(text, 1000, encrypted=True)
