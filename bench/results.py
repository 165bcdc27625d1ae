"""What a run found: rows, the machine they are of, a file, and a table."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "bench" / "results"


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One result. `ratio` is `value / baseline`; `aim` says what it should be and `met` whether it is."""

    part: str
    what: str
    value: float
    unit: str
    against: str = ""
    baseline: float | None = None
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None
    details: dict[str, float | str] = {}


class Machine(msgspec.Struct, kw_only=True):
    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    sqlite: str
    filesystem: str


class Run(msgspec.Struct, kw_only=True):
    date: str
    commit: str
    command: str
    machine: Machine
    load_average_at_start: float
    rows: list[Row]
    notes: list[str] = []


def row(
    part: str,
    what: str,
    value: float,
    unit: str,
    *,
    against: str = "",
    baseline: float | None = None,
    aim: str = "",
    met: bool | None = None,
    details: Mapping[str, float | str],
) -> Row:
    """A row with its ratio, every number rounded to what can be read."""
    return Row(
        part=part,
        what=what,
        value=_rounded(value),
        unit=unit,
        against=against,
        baseline=None if baseline is None else _rounded(baseline),
        ratio=value / baseline if baseline else None,
        aim=aim,
        met=met,
        details={name: _rounded(detail) if isinstance(detail, float) else detail for name, detail in details.items()},
    )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


# --- the machine and the code -----------------------------------------------------------------------------------------


def this_machine(folder: Path) -> Machine:
    """Where the run takes place; `folder` holds its data."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        filesystem=_filesystem(folder),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _filesystem(folder: Path) -> str:
    """The type of the mount that holds the folder."""
    best, found = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, *_ = line.split()
        if folder.resolve().is_relative_to(mount) and len(mount) >= len(best):
            best, found = mount, kind
    return found


def this_commit() -> str:
    """The commit in short, with a plus when the server's code differs from it."""
    commit = _git("rev-parse", "--short=10", "HEAD") or "unknown"
    return commit + ("+" if _git("status", "--porcelain", "--", "src") else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def today() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"


# --- files and tables -------------------------------------------------------------------------------------------------


def write(run: Run) -> Path:
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{run.date}-{run.commit}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n")
    return file


def read(file: Path) -> Run:
    return msgspec.json.decode(file.read_bytes(), type=Run)


def newest() -> Path:
    """The results written last; raises `FileNotFoundError` when there are none."""
    files = sorted(FOLDER.glob("*.json"), key=lambda file: (file.name[:10], file.stat().st_mtime))
    if not files:
        raise FileNotFoundError("bench/results has no results yet: make bench")
    return files[-1]


def table(run: Run) -> str:
    """The run in Markdown."""
    machine = run.machine
    lines = [
        f"{run.date}, commit `{run.commit}`, {machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, "
        f"{machine.system}, Python {machine.python}, SQLite {machine.sqlite}, {machine.filesystem}; "
        f"load average {run.load_average_at_start:g} at the start.",
        "",
        "| | what | result | baseline | ratio | aim | more |",
        "| --- | --- | ---: | ---: | ---: | --- | --- |",
        *(_line(each) for each in run.rows),
    ]
    return "\n".join([*lines, *(f"\n{note}" for note in run.notes)])


def _line(each: Row) -> str:
    baseline = "" if each.baseline is None else f"{_shown(each.baseline)} {each.against}"
    ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
    aim = each.aim + ("" if each.met is None else ": met" if each.met else ": **missed**")
    more = ", ".join(f"{name} {_shown(value)}" for name, value in each.details.items())
    return f"| {each.part} | {each.what} | {_shown(each.value)} {each.unit} | {baseline} | {ratio} | {aim} | {more} |"


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
