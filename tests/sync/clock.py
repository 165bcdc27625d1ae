"""A clock that tests turn. Beside that it all but stands still, so that no message ends because a test was slow.

Run as a program it is `hubbub` under this clock: `TESTS_CLOCK` names the file in which it is kept.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

SLOWER = 1000  # how many times slower than the true clock: it moves, for nothing may rely on one that does not
VARIABLE = "TESTS_CLOCK"

_true = time.time


class Clock:
    """Seconds since 1970 as the file has them, for every process that reads it."""

    def __init__(self, file: Path) -> None:
        self._file = file.resolve()

    def begin(self) -> None:
        self._write(_true(), 0)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs that runs under it."""
        return {VARIABLE: str(self._file)}

    @property
    def program(self) -> tuple[str, str]:
        return ("-P", __file__)  # -P: the modules beside this one are not for everybody to import

    @property
    def ahead(self) -> int:
        """By how many seconds it was turned."""
        return int(self._file.read_text().split()[1])

    def turn(self, seconds: int) -> None:
        self._write(float(self._file.read_text().split()[0]), self.ahead + seconds)

    def now(self) -> float:
        began, ahead = map(float, self._file.read_text().split())
        return began + (_true() - began) / SLOWER + ahead

    def _write(self, began: float, ahead: int) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(f"{began} {ahead}")
        written.replace(self._file)  # whoever reads meanwhile reads one or the other


def main() -> None:
    clock = Clock(Path(os.environ[VARIABLE]))
    time.time = clock.now
    time.time_ns = lambda: int(clock.now() * 1e9)
    from hubbub.actions import expiring  # noqa: PLC0415  # the clock comes first: the server's parts keep it
    from hubbub.cli import main as hubbub  # noqa: PLC0415

    expiring.LOOK = 0.05  # it sleeps by the true clock, which says nothing here
    hubbub()


if __name__ == "__main__":
    main()
