"""Scenarios of the unmodified npm client, run by Node; what it saw comes back line by line."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.protocol.conftest import Doors

FOLDER = Path(__file__).parent / "node"
PATIENCE = 40.0  # seconds for a whole scenario


class Seen(NamedTuple):
    """What one client saw on one topic; `socket` is the topic of the socket itself."""

    who: str
    topic: str
    event: str
    payload: Any


class NodeScript:
    """A running scenario, and what it said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._said: list[tuple[str, Any]] = []
        self._other: list[str] = []  # stack traces

    async def until(self, what: str) -> None:
        """Wait until the script says so; raises `AssertionError` with what it said when it ends before."""
        while True:
            line = await self._read()
            if line is None:
                raise AssertionError(f"it never said {what!r}: {self}")
            if line[0] == what:
                return

    async def tell(self) -> None:
        """What it waits for has happened."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        await self._process.stdin.drain()

    async def _read(self) -> tuple[str, Any] | None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            try:
                what, value = json.loads(line)
            except ValueError:
                self._other.append(line.decode())
                continue
            self._said.append((what, value))
            return what, value
        return None

    # --- what it saw ----------------------------------------------------------------------------------------------

    def said(self, what: str) -> list[Any]:
        return [value for name, value in self._said if name == what]

    def ids(self) -> dict[str, str]:
        """User id by name."""
        return {person["name"]: person["id"] for person in self.said("is")}

    def saw(self, who: str, event: str) -> list[Any]:
        """The payloads of all such events at this client, in order."""
        return [seen.payload for seen in self.all() if (seen.who, seen.event) == (who, event)]

    def all(self) -> list[Seen]:
        return [Seen(**value) for value in self.said("saw")]

    def __str__(self) -> str:
        return "\n".join([*(json.dumps(line) for line in self._said[-12:]), *self._other])


@contextlib.asynccontextmanager
async def started(node: Path, scenario: str, doors: Doors) -> AsyncIterator[NodeScript]:
    """The scenario, which has ended well when the block is left."""
    process = await asyncio.create_subprocess_exec(
        node,
        FOLDER / "scenarios.mjs",
        scenario,
        *(f"127.0.0.1:{door.port}" for door in doors),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=1 << 20,
    )
    script = NodeScript(process)
    try:
        async with asyncio.timeout(PATIENCE):
            yield script
            await script.until("end")
            assert await process.wait() == 0, script
    except TimeoutError:
        raise AssertionError(f"{scenario} does not come to its end: {script}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run(node: Path, scenario: str, doors: Doors) -> NodeScript:
    """The scenario from beginning to end."""
    async with started(node, scenario, doors) as script:
        pass
    return script
