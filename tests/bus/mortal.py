"""A server process with presences, to be killed: python -m tests.bus.mortal URL BEAT DEAD_AFTER USER...

It says when they have arrived, and who has returned after it was taken for dead.
"""

from __future__ import annotations

import asyncio
import sys

from hubbub.bus.presence import Meta
from hubbub.bus.presence_redis import Pulse, RedisPresence


async def live(url: str, beat: float, dead_after: float, users: list[str]) -> None:
    presence = RedisPresence(url, pulse=Pulse(beat, dead_after))
    await presence.start(lambda _: None, lambda returned: say("returned", *sorted(returned)))
    for user in users:
        await presence.arrive(user, Meta(f"{user}-ref", "2024-01-01T23:38:41.183Z", "online"))
    say("arrived")
    await asyncio.Event().wait()


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
