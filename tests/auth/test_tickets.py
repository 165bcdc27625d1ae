"""Tickets of rooms, and the nonces that bring a key back: each holds for what it was made for alone."""

from __future__ import annotations

import pytest

from hubbub.auth.tickets import NONCE_SECONDS, Tickets
from hubbub.wire.errors import Unauthorized
from hubbub.wire.ids import new_id, new_room_id

SECRET = bytes(32)
ROOM, OTHER = new_room_id(), new_room_id()
ADA, BOB = new_id(), new_id()
KEY = "A" * 43


@pytest.fixture
def tickets() -> Tickets:
    return Tickets(SECRET)


def test_a_ticket_names_the_participant_in_every_process(tickets: Tickets) -> None:
    assert Tickets(SECRET).read(ROOM, tickets.issue(ROOM, ADA)) == ADA


def test_a_ticket_is_for_one_participant_of_one_room(tickets: Tickets) -> None:
    ticket = tickets.issue(ROOM, ADA)
    mac = ticket.partition(".")[2]
    forged = [
        None,
        "",
        ".",
        ADA,
        f"{ADA}.",
        f"{BOB}.{mac}",
        f"{ADA.upper()}.{mac}",
        f"{ticket}A",
        f"{ticket} ",
        ticket[:-1],
        f"{ADA}.ö",
        Tickets(bytes([1]) * 32).issue(ROOM, ADA),
        tickets.nonce(ROOM, ADA),
    ]
    for one in forged:
        with pytest.raises(Unauthorized):
            tickets.read(ROOM, one)
    with pytest.raises(Unauthorized):
        tickets.read(OTHER, ticket)


def test_a_nonce_is_for_one_key_in_one_room_for_two_minutes() -> None:
    now = 1_000_000.0
    tickets = Tickets(SECRET, lambda: now)
    nonce = tickets.nonce(ROOM, KEY)
    assert nonce != tickets.nonce(ROOM, KEY)
    assert tickets.is_nonce(ROOM, KEY, nonce)
    assert not tickets.is_nonce(OTHER, KEY, nonce)
    assert not tickets.is_nonce(ROOM, "B" * 43, nonce)
    for made_up in ("", "made up", "ö", nonce[:-1], f"{nonce}A", "A" * len(nonce), tickets.issue(ROOM, ADA)):
        assert not tickets.is_nonce(ROOM, KEY, made_up)
    now += NONCE_SECONDS - 1
    assert tickets.is_nonce(ROOM, KEY, nonce)
    now += 1
    assert not tickets.is_nonce(ROOM, KEY, nonce)
    now -= 2 * NONCE_SECONDS
    assert not tickets.is_nonce(ROOM, KEY, nonce), "nor before it was made"
