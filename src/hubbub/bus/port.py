"""What every bus promises, whichever way it carries (Hubbub protocol, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec


class Published(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event on its way to everyone who listens to a topic.

    `payload` is the JSON text of the event's payload, encoded once by the publisher. `members_version` is
    that at which somebody last left the conversation, 0 where that does not matter: a gateway that holds a
    lower one rechecks its listeners before it delivers. (Who came since is no reason to look again.)
    """

    topic: str
    event: str
    payload: bytes
    members_version: int = 0


Deliver = Callable[[list[Published]], None]
Interrupted = Callable[[], None]


class Bus(Protocol):
    """Carries what is published on a topic to every process that listens to it, the publisher included.

    Order: what one process publishes on one topic arrives in that order. Nothing is promised between two
    topics or two publishers.

    Delivery: at most once, and to those who listen when it is published. Nothing is stored. A lost event
    costs latency and never data: the database has it, and the events of a conversation carry its version.

    Atomicity: what a process publishes on one topic within one tick of its event loop arrives whole or not at
    all, in one call of `deliver`. Of several topics of that tick each arrives or is lost for itself. Only a
    tick that outgrows the bound on memory (below) is cut.

    Interruption: when events of other processes may have been lost, `interrupted` is called once they flow
    again, and not before that is proved. What a process publishes reaches its own listeners all the while.
    Interruptions that follow each other closely may be told as one.

    Memory: what waits to be sent is bounded; what exceeds the bound is dropped, counted, and told to the
    other processes as an interruption.

    Everything is called on one event loop. `deliver` and `interrupted` must not block.
    """

    async def start(self, deliver: Deliver, interrupted: Interrupted) -> None:
        """Begin. From now on `deliver` is called at most once a tick, with what has arrived, in that order.

        Returns when the bus works, or after a short wait when it cannot reach the others now; then it goes on
        trying and calls `interrupted` when it has reached them.
        """

    def publish(self, published: Published) -> None:
        """Send to every listener; what is published in one tick goes out together. Never fails or waits."""

    async def listen(self, topic: str) -> None:
        """Hear of `topic`. Once this returns, nothing that is published afterwards is missed silently.

        Idempotent. When the others cannot be reached it returns after about two seconds at the latest, and
        `interrupted` follows when the subscription has come into force.
        """

    def unlisten(self, topic: str) -> None:
        """Hear no more of `topic`. What is published from now on is not delivered; what was, still may be."""

    async def close(self) -> None:
        """Send what waits, then stop. Nothing is delivered afterwards."""
