"""How large a run is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Counts of sockets, and seconds of each measurement, of which `rounds` are taken in turn with the baselines."""

    idle: int
    listeners: int
    crowd: int  # sockets in one very large channel
    rooms: int
    room_seconds: int  # without talk, after which a room ends
    guests: int
    in_flight: tuple[int, ...]
    rates: tuple[int, ...]
    senders: tuple[int, ...]
    connecting: int
    rounds: int
    seconds: float
    pace_seconds: float
    messages: int  # in the large conversation of the browser
    times: int  # that something is done there
    frames: int  # of each scroll


FULL = Plan(
    idle=5_000,
    listeners=1_000,
    crowd=10_000,
    rooms=1_000,
    room_seconds=30,
    guests=10_000,
    in_flight=(1, 4, 16),
    rates=(100, 300, 1_000),
    senders=(50, 500, 2_000),
    connecting=10_000,
    rounds=3,
    seconds=3.0,
    pace_seconds=5.0,
    messages=100_000,
    times=20,
    frames=600,
)
# Shows that everything works and nothing about speed.
QUICK = Plan(
    idle=40,
    listeners=30,
    crowd=30,
    rooms=10,
    room_seconds=2,
    guests=100,
    in_flight=(1, 4),
    rates=(50,),
    senders=(10,),
    connecting=30,
    rounds=1,
    seconds=0.2,
    pace_seconds=0.4,
    messages=300,
    times=2,
    frames=60,
)
