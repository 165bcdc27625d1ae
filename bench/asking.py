"""Requests to the server's HTTP door over connections that stay."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from bench.client import PATIENCE, Address

AT_ONCE = 16


class Door:
    """One connection; requests on it go one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """What a 2xx answers, None without a body. Raises `RuntimeError` for every other."""
        content = b"" if body is None else msgspec.json.encode(body)
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{authorization}"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        self._writer.write(head.encode() + content)
        async with asyncio.timeout(PATIENCE):
            status, answer = await self._answer()
        if not status.startswith("2"):
            raise RuntimeError(f"{method} {path}: {status} {answer.decode(errors='replace')}")
        return msgspec.json.decode(answer) if answer else None

    async def _answer(self) -> tuple[str, bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        body = await self._reader.readexactly(int(length or 0))
        return head.partition(" ")[2][:3], body

    def close(self) -> None:
        self._writer.close()


async def doors(address: Address, count: int = AT_ONCE) -> list[Door]:
    return [Door(*await asyncio.open_connection(*address)) for _ in range(count)]


@contextmanager
def closing(opened: Sequence[Door]) -> Iterator[Sequence[Door]]:
    yield opened
    for door in opened:
        door.close()


async def shared(opened: Sequence[Door], work: Any, items: Sequence[Any]) -> list[Any]:
    """`work(door, item)` for every item, over all the doors at once; results in the order of the items."""
    waiting = iter(enumerate(items))
    done: list[Any] = [None] * len(items)

    async def go_on(door: Door) -> None:
        for number, item in waiting:
            done[number] = await work(door, item)

    await asyncio.gather(*(go_on(door) for door in opened))
    return done
