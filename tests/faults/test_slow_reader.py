"""Clients that never read while a group talks a lot: they are let go, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from pathlib import Path

import httpx

from hubbub.wire.errors import CloseCode
from tests.faults import raw
from tests.faults.conftest import Tell
from tests.faults.party import Party
from tests.people import Person, conversation
from tests.server import ServerProcess
from tests.services import wait_until

SLEEPERS = 12
PADDING = "🐢" * 3900  # about 32 KB a push: a message stands in it as row and as change
MIB = 1024 * 1024
# Each sleeper may leave 1 MiB unsent; the rest is for what the database's page cache, allocation and the collector
# keep. Without a limit to what is unsent it was 33 MiB.
BOUND = SLEEPERS * MIB + 8 * MIB


async def test_clients_that_never_read(tmp_path: Path, tell: Tell) -> None:
    with ServerProcess(tmp_path) as server, contextlib.ExitStack() as opened:
        async with Party(server) as party:
            sleepers = [
                opened.enter_context(_fall_asleep(server, party.dora.person, party.group, vsn))
                for vsn in ("1.0.0", "2.0.0") * (SLEEPERS // 2)
            ]
            everyone = len(party.devices) + SLEEPERS
            await await_metric(server, "sockets", everyone)
            before = raw.memory(server.pid, "RssAnon")
            for device in party.devices:
                device.padding = PADDING
            talking = asyncio.create_task(party.talk(100))
            await await_metric(server, "socket_pushes_dropped_total", SLEEPERS)
            # One half wakes up in time to hear why; the other half sleeps on.
            woken = [asyncio.to_thread(raw.last_words, sleeper) for sleeper in sleepers[::2]]
            assert [_code(words) for words in await asyncio.gather(*woken)] == [CloseCode.TOO_SLOW] * len(woken)
            await talking
            await await_metric(server, "sockets", len(party.devices))
            grown = raw.memory(server.pid, "RssAnon") - before
            slept = [asyncio.to_thread(raw.last_words, sleeper) for sleeper in sleepers[1::2]]
            assert {_code(words) for words in await asyncio.gather(*slept)} <= {None, CloseCode.TOO_SLOW}
            tell(1, await party.count(), f", grown by {grown / MIB:.1f} MiB")
    assert grown < BOUND


def _code(last_words: bytes | None) -> int | None:
    """The code of the close frame that a socket ended with; None when it broke off."""
    found = re.search(rb"\x88[\x02-\x7d](..)[^\x88]*$", last_words or b"", re.DOTALL)
    return int.from_bytes(found[1], "big") if found else None


def _fall_asleep(server: ServerProcess, person: Person, group: str, vsn: str) -> socket.socket:
    """A socket that joins the group and never reads again."""
    sleeper = raw.shake_hands(server, person.token, vsn)
    raw.join(sleeper, conversation(group), vsn)
    return sleeper


async def await_metric(server: ServerProcess, name: str, expected: int) -> None:
    """Returns once the metric has that value."""

    def value() -> float:
        metrics = httpx.get(f"{server.url}/metrics", trust_env=False).text
        found = re.search(rf"^hubbub_{name}(?:\{{.*\}})? (\S+)$", metrics, re.MULTILINE)
        assert found, metrics
        return float(found[1])

    await asyncio.to_thread(wait_until, lambda: value() == expected, f"{name} is {expected}")
