"""What is worked out from what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.firstload import sent_bytes
from bench.screen import late_share, percentile


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([5.0], 0.95, 5.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([float(number) for number in range(1, 21)], 0.95, 19.0),
        ([float(number) for number in range(1, 101)], 0.99, 99.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(
    values: list[float], share: float, found: float
) -> None:
    assert percentile(values, share) == found


def test_a_frame_is_late_when_it_comes_after_one_and_a_half_intervals() -> None:
    assert late_share([16.7] * 9 + [24.9]) == 0
    assert late_share([16.7] * 9 + [25.1]) == 0.1
    assert late_share([16.7, 33.3, 16.7, 100.0]) == 0.5


def test_what_is_sent_is_the_compressed_file_where_there_is_one(tmp_path: Path) -> None:
    for name, size in {"a.js": 1000, "a.js.gz": 300, "a.js.br": 200, "b/c.js": 50, "d.js": 7000}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    assert sent_bytes(tmp_path, {"/a.js", "/b/c.js"}) == 350
    assert sent_bytes(tmp_path, {"/a.js", "/b/c.js"}, ".br") == 250
    assert sent_bytes(tmp_path, set()) == 0
