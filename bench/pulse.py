"""How long one who has nothing to do with it waits: messages in a group of their own, one after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import NamedTuple

from bench.accounts import make_accounts, make_group
from bench.client import CONTENT, Address, Client, Ids, connect

BETWEEN = 0.005  # seconds from an answer to the next message


class Waits(NamedTuple):
    """Seconds from sending to the acknowledgement."""

    middle: float
    longest: float


class Pulse:
    """Somebody who talks in a group of two."""

    def __init__(self, client: Client, topic: str) -> None:
        self._client = client
        self._topic = topic
        self._ids = Ids()

    async def during(self, work: Awaitable[object]) -> Waits:
        """What they wait while something else is done."""
        task, waits = asyncio.ensure_future(work), []
        while not task.done():
            begun = time.perf_counter()
            await self._client.ask(self._topic, "send_message", {"id": self._ids.next(), "content": CONTENT})
            waits.append(time.perf_counter() - begun)
            await asyncio.sleep(BETWEEN)
        await task
        waits.sort()
        return Waits(waits[len(waits) // 2], waits[-1])

    def close(self) -> None:
        self._client.drop()


async def pulse(address: Address) -> Pulse:
    accounts = await make_accounts(address, 2)
    topic = f"conversation:{await make_group(address, accounts)}"
    client = await connect(address, accounts[0].token)
    await client.join([topic])
    return Pulse(client, topic)
