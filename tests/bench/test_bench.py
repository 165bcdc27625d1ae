"""Measuring works: every part against a real server, so small that its numbers mean nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("part", "rows"),
    [
        ("a", 2),
        ("b", 5),
        ("c", 1),
        ("d", 2),
        ("g", 2),
        ("h", 3),
        ("i", 3),
        ("j", 1),
        pytest.param("e", 2, marks=[pytest.mark.postgres, pytest.mark.redis]),
        pytest.param("f", 6, marks=[pytest.mark.browser, pytest.mark.timeout(300)]),
    ],
)
def test_a_part_measures_something_of_everything(part: str, rows: int, tmp_path: Path) -> None:
    told = _bench("--quick", "--only", part, "--folder", str(tmp_path))
    found = re.findall(r"^\| (\w) \| [^|]+ \| ([\d,.]+) [^|]+ \| ([\d,.]+) [^|]+ \| [\d.]+ \|", told, re.MULTILINE)
    assert [name for name, _, _ in found] == [part] * rows
    numbers = [float(value.replace(",", "")) for _, *values in found for value in values]
    # So few sockets may fit in memory that the process had already.
    assert min(numbers) > 0 or part == "a"
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_there_is_not_is_refused() -> None:
    done = _run("--only", "a,z")
    assert done.returncode != 0
    assert "There is no part z" in done.stderr


def test_the_page_shows_the_tables_of_results_that_are_kept() -> None:
    page = (ROOT / "docs" / "topics" / "performance.md").read_text()
    names = re.findall(r"`(bench/results/[^`]+\.json)`", page)
    assert names
    for name in names:
        assert _bench("--table", "--results", str(ROOT / name)).strip() in page


def _bench(*arguments: str) -> str:
    done = _run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
