"""`python -m bench`: measure Hubbub against baselines of the same run, on the first core, loaded from the last."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from bench import channel, durable, fanout, guests, idle, joining, presence, results, rooms, screen
from bench.plan import FULL, QUICK, Plan
from bench.processes import LOAD_CORE
from bench.results import Row, Run
from tests.services import Lacking

Part = Callable[[Plan, Path], Coroutine[Any, Any, list[Row]]]

PARTS: dict[str, Part] = {
    "a": idle.measure,
    "b": fanout.measure,
    "c": durable.on_sqlite,
    "d": joining.measure,
    "e": durable.on_postgres,
    "f": screen.measure,
    "g": channel.measure,
    "h": rooms.measure,
    "i": guests.measure,
    "j": presence.measure,
}


def main() -> None:
    asked = _arguments().parse_args()
    if asked.table:
        print(results.table(results.read(asked.results or results.newest())))
        return
    chosen = asked.only.split(",")
    if unknown := set(chosen) - PARTS.keys():
        sys.exit(f"There is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}.")
    run, failed = measure(chosen, QUICK if asked.quick else FULL, asked.folder)
    print(results.table(run))
    if not asked.quick:
        print(f"\nWritten to {results.write(run).relative_to(results.ROOT)}")
    sys.exit(f"Failed: {', '.join(failed)}" if failed else 0)


def measure(parts: list[str], plan: Plan, beneath: Path) -> tuple[Run, list[str]]:
    """Run the parts, each with data of its own in a folder that goes afterwards; also which of them failed."""
    beneath.mkdir(parents=True, exist_ok=True)
    run = Run(
        date=results.today(),
        commit=results.this_commit(),
        command=" ".join(["python -m bench", *sys.argv[1:]]),
        machine=results.this_machine(beneath),
        load_average_at_start=round(os.getloadavg()[0], 2),
        rows=[],
    )
    os.sched_setaffinity(0, LOAD_CORE)
    gc.disable()  # a pause of the load would look like one of the server
    failed = []
    for part in parts:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(dir=beneath, prefix=f"{part}-") as folder:
            try:
                run.rows += uvloop.run(PARTS[part](plan, Path(folder)))
            except Lacking as lacking:
                run.notes.append(f"({part}) was not measured: {lacking}")
            except Exception as error:  # noqa: BLE001  what the other parts found is not lost with it
                traceback.print_exc()
                run.notes.append(f"({part}) failed: {type(error).__name__}")
                failed.append(part)
        print(f"({part}) took {time.monotonic() - begun:.0f} s", file=sys.stderr)
        gc.collect()
    return run, failed


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), metavar="a,b", help="these parts (all)")
    parser.add_argument("--quick", action="store_true", help="show that it works; the numbers mean nothing")
    parser.add_argument("--table", action="store_true", help="print the newest results in Markdown, measure nothing")
    parser.add_argument("--results", type=Path, metavar="FILE", help="with --table: these results")
    parser.add_argument(
        "--folder",
        type=Path,
        default=results.ROOT / ".cache" / "bench",
        help="where data is kept while it runs; on the filesystem that is to be measured (.cache/bench)",
    )
    return parser


if __name__ == "__main__":
    main()
