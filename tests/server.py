"""Hubbub as its operator runs it: processes that tests may stop, kill and start again on the same data."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.services import free_port, wait_until

# Tests do in a second what a person does in an hour. Tests of the limits switch them on again. Everyone who signs up
# has a password hashed: with the memory of real servers that alone would be most of what the tests cost.
FOR_TESTS = {
    "HUBBUB_RATE_LIMITS": "off",
    "HUBBUB_CAPTCHA": "off",
    "HUBBUB_PASSWORD_MEMORY": "8192",
    "HUBBUB_LOG_FORMAT": "json",
}


HUBBUB = ("-m", "hubbub.cli")


class ServerProcess:
    """One `hubbub serve`, ready when made.

    `folder` is an empty folder of its own, for data and log. `environment` holds further `HUBBUB_*`
    variables; those that the tests run under do not reach the server. `program` is what Python runs. Raises
    `AssertionError` with the end of its log when it is not ready in time. As a context manager it stops at the end.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        workers: int = 1,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = HUBBUB,
    ) -> None:
        self.folder = folder
        self._program = program
        self.port = port or free_port()
        self.environment = {
            **surroundings(),
            **FOR_TESTS,
            "HUBBUB_HOST": "127.0.0.1",
            "HUBBUB_PORT": str(self.port),
            "HUBBUB_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "HUBBUB_DATA": str(folder / "data"),
            "HUBBUB_WORKERS": str(workers),
            **(environment or {}),
        }
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Whatever a test did to it, nothing of it outlives the test.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
        self.kill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """The socket's address as the Phoenix clients take it: they add `/websocket` themselves."""
        return f"ws://127.0.0.1:{self.port}/socket"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self, *, seconds: float = 30) -> None:
        """Returns once `/readyz` says so."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._program, "serve"],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a group of its own, so that `kill` reaches its workers too
            )
        try:
            wait_until(lambda: not self.running or self._ready(), "the server is ready", seconds=seconds)
            assert self.running, f"the server ended with status {self._process.returncode}"
        except (TimeoutError, AssertionError) as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.log()[-4000:]}") from None

    def stop(self, *, seconds: float = 20) -> int:
        """SIGTERM, as an operator stops it; its exit status. Raises `subprocess.TimeoutExpired`."""
        self._process.terminate()
        return self._process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL of it and its workers, all at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def restart(self) -> None:
        """On the same data and port; also after `kill`."""
        if self.running:
            self.stop()
        self.start()

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def _log(self) -> Path:
        return self.folder / "log"


class Cluster:
    """Two `hubbub serve` on two ports that share a PostgreSQL database and a Redis.

    `database_url` names an empty database, which is migrated first. `environment` and `program` as for
    `ServerProcess`, for both.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str,
        redis_url: str,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = HUBBUB,
    ) -> None:
        self._program = program
        self.environment = {
            "HUBBUB_DATABASE_URL": database_url,
            "HUBBUB_REDIS_URL": redis_url,
            "HUBBUB_SECRET_KEY": secrets.token_urlsafe(32),
            "HUBBUB_VAULT_KEY": secrets.token_urlsafe(32),
            **(environment or {}),
        }
        self._servers = contextlib.ExitStack()
        migrate(self.environment)
        with contextlib.ExitStack() as started:
            self.first = started.enter_context(self._server(folder / "first"))
            self.second = started.enter_context(self._server(folder / "second"))
            self._servers = started.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._servers.close()

    def _server(self, folder: Path) -> ServerProcess:
        folder.mkdir()
        return ServerProcess(folder, environment=self.environment, program=self._program)


def migrate(environment: Mapping[str, str]) -> None:
    """`hubbub migrate` under these variables; raises `AssertionError` with what it said."""
    done = subprocess.run(
        command("migrate"),
        env={**surroundings(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def promote(server: ServerProcess, email: str) -> None:
    """Make an account of a running server an administrator, as its operator does."""
    done = subprocess.run(command("users", "promote", email), env=server.environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def the_first_is_an_admin(server: ServerProcess) -> None:
    """Make sure that nobody who signs up from now on is an admin by being the first."""
    body = {"email": f"first.{secrets.token_hex(6)}@example.com", "password": secrets.token_hex(16)}
    httpx.post(f"{server.url}/auth/register", json=body, trust_env=False).raise_for_status()


def surroundings() -> dict[str, str]:
    """This process's variables without Hubbub's own, of which the tests' are not settings of a server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}


def command(*arguments: str) -> list[str]:
    """`hubbub` of the environment that runs the tests."""
    return [sys.executable, *HUBBUB, *arguments]
