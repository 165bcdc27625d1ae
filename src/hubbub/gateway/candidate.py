"""A socket whose join is being answered: it listens already, so that nothing is missed, and hears nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.gateway.topics import AnyCodec

if TYPE_CHECKING:
    from hubbub.gateway.connection import Connection


class Candidate:
    """Listens in the socket's place, and keeps what comes until it is known whether the socket may hear it."""

    __slots__ = ("_connection", "_kept", "codec")

    def __init__(self, connection: Connection) -> None:
        self.codec: AnyCodec = connection.codec
        self._connection = connection
        self._kept: list[tuple[bytes, int]] = []

    @property
    def user_id(self) -> str | None:
        return self._connection.user_id

    def push(self, data: bytes, count: int) -> None:
        self._kept.append((data, count))

    push_now = push

    def evict(self, topic: str) -> None:
        """Who may not listen any more is not let in."""
        self._connection.gateway.topics.leave(topic, self)

    def hand_over(self) -> None:
        """The socket was let in, and told so: it hears what came meanwhile."""
        for data, count in self._kept:
            self._connection.push(data, count)
