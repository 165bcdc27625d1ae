"""The counting itself: what it would say if the server broke its word."""

from __future__ import annotations

from tests.faults.count import Picture, flaws
from tests.faults.device import Said
from tests.faults.replica import Replica, Row, row_of

NOBODY = "00000000-0000-0000-0000-000000000000"


def change(
    number: int, *, version: int | None = None, index: int | None = None, text: str | None = None
) -> dict[str, object]:
    row = {
        "index": number if index is None else index,
        "sender": "ann",
        "device_id": NOBODY,
        "position": 0,
        "message_group": f"id {number}",
        "content": text or f"ann:{number}",
    }
    return {"kind": "message", "version": version or number, "data": row}


def replica(*changes: dict[str, object], cursor: int = 3) -> Replica:
    made = Replica("conversation")
    made.pulled({"changes": list(changes), "cursor": cursor})
    return made


def said(number: int, *, above: Row | None = None) -> Said:
    answer = row(number)
    return Said({"id": answer.place.id}, answer.text, above.place if above else None, answer=answer)


def row(number: int) -> Row:
    return row_of(change(number)["data"], number)


WHOLE = [change(1), change(2), change(3)]
THREAD = [said(1), said(2, above=row(1)), said(3, above=row(2))]


def test_nothing_is_wrong() -> None:
    assert flaws(Picture(replica(*WHOLE), [replica(*WHOLE)], [THREAD])) == (0, 0, 0)


def test_lost_for_everyone_and_for_one() -> None:
    short = replica(change(1), change(2))
    lost, _, disordered = flaws(Picture(short, [short, replica(*WHOLE)], [THREAD]))
    assert lost == 2
    assert disordered > 0  # version 3 is a hole, and one reads more than another
    assert flaws(Picture(replica(*WHOLE), [short], [THREAD]))[0] == 1


def test_stored_otherwise_than_acknowledged_is_lost() -> None:
    other = replica(change(1), change(2, text="ann:two"), change(3))
    assert flaws(Picture(other, [], [THREAD]))[0] == 1


def test_doubled_under_another_id() -> None:
    twice = replica(*WHOLE, change(4, text="ann:3"), cursor=4)
    assert flaws(Picture(twice, [], [THREAD]))[:2] == (0, 1)


def test_two_that_read_otherwise() -> None:
    turned = replica(change(1), change(2, index=3), change(3, index=2))
    assert flaws(Picture(replica(*WHOLE), [turned], [[]]))[2] == 2


def test_a_message_above_what_its_author_had_seen() -> None:
    thread = [said(1), said(2, above=row(3)), said(3)]
    assert flaws(Picture(replica(*WHOLE), [], [thread]))[2] == 1


def test_a_thread_out_of_its_order() -> None:
    assert flaws(Picture(replica(*WHOLE), [], [[said(2), said(1), said(3)]]))[2] == 1


def test_a_hole_in_the_versions_and_a_row_that_changed() -> None:
    torn = replica(change(1), change(3))
    assert flaws(Picture(torn, [], [[]]))[2] == 1
    changed = replica(*WHOLE)
    changed.pulled({"changes": [change(3, version=4)], "cursor": 4})
    assert flaws(Picture(changed, [], [[]]))[2] == 1
