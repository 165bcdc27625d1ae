"""How the worker that is asked for /metrics learns what the other workers counted.

Each worker answers on a Unix socket in a folder that the supervisor made; whoever connects is sent all its families as
one JSON text. Nothing is written anywhere, and nothing happens between two questions.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from hubbub.monitoring import Family, Metrics

PATIENCE = 1.0  # seconds; a worker that does not answer in time is left out
_families = msgspec.json.Decoder(list[Family])


class Collecting:
    """Answers for this worker, asks the others. Without a `folder` there are no others."""

    def __init__(self, metrics: Metrics, number: int = 0, folder: Path | None = None) -> None:
        self._metrics = metrics
        self._number = number
        self._folder = folder
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        if self._folder is not None:
            self._own.unlink(missing_ok=True)  # of a worker with this number that died
            self._server = await asyncio.start_unix_server(self._answer, self._own)

    async def collect(self) -> list[Family]:
        """The families of this worker and of all others that answer."""
        others = [path for path in self._paths() if path != self._own]
        answers = await asyncio.gather(*map(_ask, others))
        return [*self._metrics.families(self._number), *(family for each in answers for family in each)]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._own.unlink(missing_ok=True)

    @property
    def _own(self) -> Path:
        return (self._folder or Path()) / f"{self._number}.sock"

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.sock")) if self._folder is not None else []

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(msgspec.json.encode(self._metrics.families(self._number)))
        writer.close()


async def _ask(path: Path) -> list[Family]:
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                return _families.decode(await reader.read(-1))
            finally:
                writer.close()
    except (OSError, TimeoutError, msgspec.DecodeError):
        return []
