"""Ending a task for certain."""

from __future__ import annotations

import asyncio


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel until all are done.

    Once is not enough on Python 3.11: `asyncio.wait_for`, which redis-py uses, loses a cancellation that arrives
    together with its result, and a task group one that arrives together with a failure.
    """
    running: set[asyncio.Task[None]] = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.05)
