"""What is measured, and what it is measured against: processes on cores of their own, and what they use."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from bench.client import Address
from tests.server import ServerProcess
from tests.services import free_port, wait_until

ROOT = Path(__file__).parents[1]
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = {CORES[0]}
LOAD_CORE = {CORES[-1]}
TICKS = os.sysconf("SC_CLK_TCK")
QUIET = {"HUBBUB_LOG_LEVEL": "warning"}


@contextlib.contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """What is started meanwhile runs on these cores, with all its threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """One `hubbub serve` in an empty folder of its own, on the first core unless told otherwise."""

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 1,
        cores: set[int] = SERVER_CORE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        path = [str(ROOT / "bench" / "launch"), *filter(None, [os.environ.get("PYTHONPATH")])]
        launch = {"PYTHONPATH": os.pathsep.join(path)}
        with on_cores(cores):
            self._process = ServerProcess(
                folder, workers=workers, environment={**QUIET, **launch, **(environment or {})}
            )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.__exit__(None, None, None)

    @property
    def address(self) -> Address:
        return ("127.0.0.1", self._process.port)

    @property
    def processes(self) -> list[int]:
        """The process, or the supervisor and its workers."""
        return [self._process.pid, *descendants(self._process.pid)]

    def metrics(self) -> dict[str, float]:
        """Counts of /metrics by name, those of several workers added up."""
        text = httpx.get(f"{self._process.url}/metrics", trust_env=False).text
        counts: dict[str, float] = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                name = name.partition("{")[0]
                counts[name] = counts.get(name, 0.0) + float(value)
        return counts


class Baseline:
    """One of `bench.baselines` that listens, on the server's core."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.address: Address = ("127.0.0.1", free_port())
        with on_cores(SERVER_CORE):
            self._process = subprocess.Popen(_command(module, str(self.address[1]), *arguments), cwd=ROOT)
        wait_until(self._listens, f"{module} listens")

    def __enter__(self) -> Baseline:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def processes(self) -> list[int]:
        return [self._process.pid]

    def _listens(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"a baseline ended with status {self._process.returncode}")
        # /proc names who listens; trying it would count as a socket.
        port = f":{self.address[1]:04X} "
        return any(port in line and " 0A " in line for line in Path("/proc/net/tcp").read_text().splitlines())


def result_of(module: str, *arguments: str) -> dict[str, Any]:
    """What one of `bench.baselines` that measures by itself prints, run on the server's core."""
    with on_cores(SERVER_CORE):
        done = subprocess.run(_command(module, *arguments), cwd=ROOT, stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"bench.baselines.{module}", *arguments]


# --- what they use ----------------------------------------------------------------------------------------------------


def cpu_seconds(processes: list[int]) -> float:
    """User and system time of these processes so far."""
    used = 0
    for process in processes:
        with contextlib.suppress(OSError):
            used += sum(map(int, _stat(process)[11:13]))
    return used / TICKS


def loop_seconds(processes: list[int]) -> float:
    """What their first threads alone used so far, on which the event loops run."""
    return sum(sum(map(int, _stat(process, f"task/{process}/")[11:13])) for process in processes) / TICKS


class Resident(NamedTuple):
    """Bytes of memory in RAM: what only these processes have, and that together with the files that they map."""

    own: int
    with_files: int


def resident(processes: list[int]) -> Resident:
    """Memory of these processes."""
    own = with_files = 0
    for process in processes:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        sizes = {line.split()[0]: int(line.split()[1]) * 1024 for line in rollup[1:]}
        own += sizes["Anonymous:"]
        with_files += sizes["Rss:"]
    return Resident(own, with_files)


def descendants(process: int) -> list[int]:
    """Children, and theirs."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int(_stat(int(folder.name))[1])
    found, looked = [process], 0
    while looked < len(found):
        found += [child for child, parent in parents.items() if parent == found[looked]]
        looked += 1
    return found[1:]


def _stat(process: int, task: str = "") -> list[str]:
    """Fields of /proc/…/stat from the state on; the name before it may hold anything."""
    return Path(f"/proc/{process}/{task}stat").read_text().rpartition(")")[2].split()
