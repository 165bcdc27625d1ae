"""The reading order: where messages go that come with a place, and without one (Hubbub protocol, section 4)."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.ordering import LARGEST, Place, Top, advance, check_index, nearest_stamp, next_place
from hubbub.wire.errors import BadInput, IndexAhead, IndexBehind

ADA, BOB = "0a", "0b"
DESK, PHONE = "d1", "d2"
EMPTY = Top(0, None)


def after(*places: Place) -> Top:
    top = EMPTY
    for place in places:
        top = advance(top, place)
    return top


# --- without a place ----------------------------------------------------------------------------------------------


def test_the_first_message_opens_the_first_index() -> None:
    assert next_place(EMPTY, ADA, DESK) == Place(1, ADA, DESK, 0)


def test_one_device_continues_its_run_while_nobody_answers() -> None:
    top = after(Place(4, ADA, DESK, 0), Place(4, ADA, DESK, 1))
    assert next_place(top, ADA, DESK) == Place(4, ADA, DESK, 2)


@pytest.mark.parametrize(("owner", "device"), [(BOB, DESK), (ADA, PHONE)])
def test_another_user_or_device_opens_an_index(owner: str, device: str) -> None:
    assert next_place(after(Place(4, ADA, DESK, 7)), owner, device) == Place(5, owner, device, 0)


def test_a_run_that_was_answered_is_over() -> None:
    top = after(Place(4, ADA, DESK, 0), Place(5, BOB, PHONE, 0))
    assert next_place(top, ADA, DESK) == Place(6, ADA, DESK, 0)


def test_of_two_at_the_top_index_only_the_last_in_order_has_a_run_to_continue() -> None:
    top = after(Place(4, BOB, DESK, 0), Place(4, ADA, DESK, 0))  # Ada's came later and sorts before
    assert next_place(top, BOB, DESK) == Place(4, BOB, DESK, 1)
    assert next_place(top, ADA, DESK) == Place(5, ADA, DESK, 0)


class Say(NamedTuple):
    """Somebody says something, offline with an index that is this far behind the top."""

    owner: str
    device: str
    behind: int | None


says = st.lists(
    st.builds(Say, st.sampled_from([ADA, BOB]), st.sampled_from([DESK, PHONE]), st.none() | st.integers(-1, 4)),
    max_size=40,
)


@given(says)
def test_what_comes_without_a_place_sorts_after_all_that_is_there(said: list[Say]) -> None:
    top, places = EMPTY, list[Place]()
    for owner, device, behind in said:
        place = next_place(top, owner, device)
        if behind is None:
            assert all(earlier < place for earlier in places)
            check_index(place.idx, place.position, top.idx, 0)
        else:
            place = Place(max(0, top.idx - behind), owner, device, len(places))
        places.append(place)
        before, top = top, advance(top, place)
        assert top.idx >= before.idx
    assert top == (Top(max(place.idx for place in places), max(places)) if places else EMPTY)


def test_a_run_ends_where_clients_cannot_count_further() -> None:
    assert next_place(after(Place(4, ADA, DESK, LARGEST)), ADA, DESK) == Place(5, ADA, DESK, 0)


# --- with a place -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [3, 5, 9, 10])
def test_a_composed_index_lies_from_the_top_at_joining_to_one_above_the_top(index: int) -> None:
    check_index(index, 0, top_index=9, joined_top_index=3)


def test_an_index_may_not_leave_a_gap() -> None:
    with pytest.raises(IndexAhead) as refused:
        check_index(11, 0, top_index=9, joined_top_index=0)
    assert refused.value.extra == {"top_index": 9}


def test_nobody_writes_into_the_time_before_they_came() -> None:
    with pytest.raises(IndexBehind) as refused:
        check_index(2, 0, top_index=9, joined_top_index=3)
    assert refused.value.extra == {"top_index": 9}


@pytest.mark.parametrize(("index", "position"), [(-1, 0), (1, -1), (1, LARGEST + 1)])
def test_an_index_and_a_position_are_numbers_that_every_client_can_count(index: int, position: int) -> None:
    with pytest.raises(BadInput):
        check_index(index, position, top_index=9, joined_top_index=0)


def test_the_largest_position_is_one() -> None:
    check_index(1, LARGEST, top_index=9, joined_top_index=0)


def test_the_nearest_stamp_is_one_that_a_database_keeps() -> None:
    assert nearest_stamp(1_700_000_000_000_000_511) == 1_700_000_000_000_000_511 // 1024 * 1024
    assert nearest_stamp(2**63 - 1) == 2**63 - 1024
