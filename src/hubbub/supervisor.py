"""Several workers on one port: starts them, starts a dead one again, passes signals on, waits.

Workers are forked before anything is opened, so they share nothing but memory pages. Each listens on the port
for itself (SO_REUSEPORT): the kernel spreads connections evenly, and gives a dead worker none.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import structlog

log = structlog.get_logger("hubbub.supervisor")

REFUSED = 2  # exit status of a worker that says why it cannot start: another try would not help
SHORT_LIFE = 5.0  # seconds; who lived shorter is started again with a pause
LONGEST_PAUSE = 10.0

# `run(number, lifeline)` is a worker's whole life and gives its exit status. When the read end `lifeline` of
# a pipe ends, the supervisor is gone.
Run = Callable[[int, int], int]


class Supervisor:
    """Keeps `count` workers alive."""

    def __init__(self, count: int, run: Run) -> None:
        self._count = count
        self._run = run
        self._workers: dict[int, tuple[int, float]] = {}  # process id: number, when it was started
        self._pauses: dict[int, float] = {}
        self._stopping = False
        self._status = 0
        self._lifeline, self._held = os.pipe()

    def supervise(self) -> int:
        """Returns the exit status when all have ended: after a signal, or because one refused to start."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._pass_on)
        for number in range(self._count):
            self._start(number)
        while self._workers:
            process, status = os.waitpid(-1, 0)
            if process in self._workers:
                self._ended(process, os.waitstatus_to_exitcode(status))
        return self._status

    def _start(self, number: int) -> None:
        # A signal between fork and the worker's own handlers must not be lost to either.
        watched = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, watched)
        process = os.fork()
        if process == 0:
            self._become_worker(number, watched)
        self._workers[process] = (number, time.monotonic())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)

    def _become_worker(self, number: int, watched: set[signal.Signals]) -> None:
        status = 1
        try:
            os.close(self._held)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
            status = self._run(number, self._lifeline)
        finally:
            os._exit(status)

    def _ended(self, process: int, status: int) -> None:
        number, started = self._workers.pop(process)
        if self._stopping:
            self._status = self._status or max(status, 0)
            return
        if status == REFUSED:
            self._status = REFUSED
            self._stop()
            return
        log.error("worker_ended", worker=number, status=status)
        self._pause(number, time.monotonic() - started)
        if not self._stopping:
            self._start(number)

    def _pause(self, number: int, lived: float) -> None:
        pause = 0.0 if lived > SHORT_LIFE else min(LONGEST_PAUSE, 2 * self._pauses.get(number, 0.1))
        self._pauses[number] = pause
        ends = time.monotonic() + pause
        while not self._stopping and (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))

    def _pass_on(self, _number: int, _frame: FrameType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        """Workers drain at the first SIGTERM and end at once at a later one, so each signal is simply passed on."""
        self._stopping = True
        for process in list(self._workers):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
