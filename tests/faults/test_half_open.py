"""Connections that begin something and never end it: they cost little, are let go, and harm nobody."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from tests.faults import raw
from tests.faults.conftest import Tell
from tests.faults.party import Party
from tests.people import Person
from tests.server import ServerProcess

MANY = 200
ANNOUNCED, SENT = 200 * 1024, 100 * 1024  # bytes of a frame; the limit is 256 KiB
MIB = 1024 * 1024
# What was sent has to be kept, for the rest may still come: once in the parser and, while it grows, once more.
BOUND = 2 * MANY * SENT + 32 * MIB


async def test_half_open_handshakes_and_half_sent_frames(tmp_path: Path, tell: Tell) -> None:
    with ServerProcess(tmp_path) as server, contextlib.ExitStack() as opened:
        async with Party(server) as party:
            await party.talk(5)
            before = raw.memory(server.pid, "RssAnon")
            await asyncio.to_thread(_begin, opened, server, party.dora.person)
            await party.talk()
            grown = raw.memory(server.pid, "RssAnon") - before
            tell(1, await party.count(), f", grown by {grown / MIB:.1f} MiB")
    assert grown < BOUND


def _begin(opened: contextlib.ExitStack, server: ServerProcess, person: Person) -> None:
    """Connections that say nothing, half a handshake, or half a frame."""
    head = raw.head(server, person.token)
    for _ in range(MANY):
        opened.enter_context(raw.dial(server))
        opened.enter_context(raw.dial(server)).sendall(head[: len(head) // 2])
        opened.enter_context(raw.shake_hands(server, person.token)).sendall(raw.half_a_frame(ANNOUNCED, SENT))


async def test_a_head_without_an_end_is_refused(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        before = raw.memory(server.pid, "RssAnon")
        assert await asyncio.to_thread(_talk_without_end, server) < 8 * MIB
        assert raw.memory(server.pid, "RssAnon") - before < 16 * MIB


def _talk_without_end(server: ServerProcess) -> int:
    """Send headers until the server has had enough, or 64 MiB of them; how many bytes that was."""
    line = b"X-More: " + b"m" * 1000 + b"\r\n"
    sent = 0
    with raw.dial(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        with contextlib.suppress(ConnectionError):
            while sent < 64 * MIB:
                connection.sendall(line)
                sent += len(line)
    return sent
