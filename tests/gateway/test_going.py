"""Sockets that say goodbye and do not go."""

from __future__ import annotations

from hubbub.gateway.connection import CLOSING_PATIENCE
from hubbub.gateway.websocket import CLOSE
from tests.bad_input.raw import frame
from tests.gateway.world import Network, World


class Reluctant(Network):
    """Its reader takes nothing more: what was written before waits, and the transport with it."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def close(self) -> None: ...

    def abort(self) -> None:
        self.aborted = True


async def test_who_says_goodbye_and_reads_no_more_is_let_go(world: World) -> None:
    """It would count as connected for as long as its other end keeps it."""
    connection, _ = world.connect("1")
    connection.transport = network = Reluctant()
    connection.data_received(frame(CLOSE, (1000).to_bytes(2)))
    assert not network.aborted, "it has a moment"
    for _ in range(CLOSING_PATIENCE + 1):
        world.gateway.wheel._turn()
        world.gateway.wheel.stop()
    assert network.aborted
