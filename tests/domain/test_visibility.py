"""Who sees what, by their stays in a conversation (Hubbub protocol, section 2)."""

from __future__ import annotations

import pytest

from hubbub.domain.visibility import Span, horizon, sees_message

STAYING = [Span(3, None)]
LEFT = [Span(3, 9)]
BACK = [Span(3, 9), Span(14, None)]
LEFT_AGAIN = [Span(3, 9), Span(14, 20)]


@pytest.mark.parametrize(("spans", "newest"), [(STAYING, 30), (LEFT, 9), (BACK, 30), (LEFT_AGAIN, 20)])
def test_a_member_may_know_of_everything_and_a_former_one_up_to_their_leaving(spans: list[Span], newest: int) -> None:
    assert horizon(spans, 30) == newest


@pytest.mark.parametrize("spans", [STAYING, BACK])
@pytest.mark.parametrize(("created", "version"), [(2, 2), (4, 4), (11, 11), (2, 30)])
def test_with_all_history_a_member_sees_every_message(spans: list[Span], created: int, version: int) -> None:
    assert sees_message(spans, "all", created, version)


@pytest.mark.parametrize(
    ("created", "version", "seen"),
    [(2, 2, True), (9, 9, True), (10, 10, False), (4, 10, False)],
    ids=["before them", "with their leaving", "after it", "changed after it"],
)
def test_with_all_history_a_former_member_sees_nothing_newer_than_their_leaving(
    created: int, version: int, seen: bool
) -> None:
    assert sees_message(LEFT, "all", created, version) is seen


@pytest.mark.parametrize(
    ("created", "version", "seen"),
    [(2, 2, False), (3, 3, False), (4, 4, True), (2, 20, False), (4, 20, True)],
    ids=["before they joined", "with their joining", "after it", "changed after it", "both after it"],
)
def test_with_history_since_joining_a_member_sees_what_was_said_since(created: int, version: int, seen: bool) -> None:
    assert sees_message(STAYING, "joined", created, version) is seen


@pytest.mark.parametrize(
    ("created", "version", "seen"),
    [(4, 4, True), (4, 10, False), (10, 10, False)],
    ids=["said while there", "changed after leaving", "said after leaving"],
)
def test_with_history_since_joining_a_former_member_keeps_their_stay(created: int, version: int, seen: bool) -> None:
    assert sees_message(LEFT, "joined", created, version) is seen


@pytest.mark.parametrize(
    ("created", "version", "seen"),
    [(4, 4, True), (4, 11, True), (4, 30, True), (11, 11, False), (11, 30, False), (15, 15, True)],
    ids=["first stay", "first, edited while away", "first, edited since", "away", "away, edited since", "second stay"],
)
def test_who_came_back_sees_what_was_said_during_both_stays_as_it_is_now(
    created: int, version: int, seen: bool
) -> None:
    assert sees_message(BACK, "joined", created, version) is seen


@pytest.mark.parametrize(
    ("created", "version", "seen"),
    [(4, 11, True), (4, 21, False), (11, 11, False), (15, 20, True), (21, 21, False)],
    ids=["edited while away", "edited after the end", "said while away", "second stay", "after the end"],
)
def test_who_left_twice_keeps_both_stays_as_they_were_at_the_end(created: int, version: int, seen: bool) -> None:
    assert sees_message(LEFT_AGAIN, "joined", created, version) is seen


def test_who_never_was_a_member_sees_nothing() -> None:
    assert not sees_message([], "all", 1, 1)
