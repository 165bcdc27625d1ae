"""Every event of every kind of topic, tried in every standing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hubbub.app import Server as HubbubServer
from hubbub.app import Worker
from hubbub.config import Settings
from hubbub.first_start import keys_of
from hubbub.storage.engine import open_engine, sqlite_url
from hubbub.wire.ids import new_id
from tests.people import People, Server, conversation
from tests.phoenix import Client
from tests.rights.expectations import NOBODY, OK, SOCKET, STANDINGS, SocketRow
from tests.rights.standings import NOWHERE, Answers, Place, Standings
from tests.server import Cluster, ServerProcess

CONVERSATIONS = ("open", "channel", "secure", "private")
PLACES = (*CONVERSATIONS, "room")
# What a socket may ask of any topic besides its events.
OF_EVERY_TOPIC = {"phx_join", "phx_leave"}

each_row = pytest.mark.parametrize("row", SOCKET, ids=[row.name for row in SOCKET])


def test_there_is_a_row_for_every_event(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    engine = open_engine(sqlite_url(tmp_path))
    server = HubbubServer(settings, keys_of(settings), engine, "epoch", Worker())
    served = {("phoenix", "heartbeat")}
    for prefix, channel in server._gateway._channels.items():
        for topic in CONVERSATIONS if prefix == "conversation" else (prefix,):
            served |= {(topic, event) for event in {*channel.events, *OF_EVERY_TOPIC}}
    assert {(row.topic, row.event) for row in SOCKET} == served
    assert len(SOCKET) == len(served)


@each_row
async def test_with_sqlite(row: SocketRow, server: ServerProcess, answers: Answers) -> None:
    await everyone_tries(row, server, answers, dict.fromkeys((*answers, "guest"), server))


@each_row
async def test_with_two_processes(row: SocketRow, cluster: Cluster, answers_of_two: Answers) -> None:
    homes: dict[str, Server] = dict.fromkeys((*answers_of_two, "guest"), cluster.first)
    homes |= dict.fromkeys(("member", "former"), cluster.second)
    await everyone_tries(row, cluster.first, answers_of_two, homes)


async def everyone_tries(row: SocketRow, server: Server, answers: Answers, homes: dict[str, Server]) -> None:
    async with People(server) as people:
        standings = Standings(people, answers, homes)
        await standings.connect()
        place = await place_of(row, standings)
        before = await standings.head(place) if place is not NOWHERE else None
        outcomes = {}
        # Those who are not in it come first: what they try must not count.
        for standing, expected in zip(reversed(STANDINGS), reversed(row.expected), strict=True):
            if standing == "member" and before is not None:
                assert await standings.head(place) == before, "somebody who is no member changed something"
            if expected != NOBODY:
                outcomes[standing] = await outcome(row, standings, standing, place)
        expectation = {who: what for who, what in zip(STANDINGS, row.expected, strict=True) if what != NOBODY}
        assert outcomes == expectation


async def place_of(row: SocketRow, standings: Standings) -> Place:
    if row.topic == "room":
        return await standings.room()
    return await standings.place(row.topic) if row.topic in CONVERSATIONS else NOWHERE


async def outcome(row: SocketRow, standings: Standings, standing: str, place: Place) -> str:
    """What this one gets to hear, on a socket that first tries to join; it works on after that."""
    socket, topic = standings.sockets[standing], topic_of(row, standings, place)
    params = {"ticket": place.tickets[standing]} if standing in place.tickets else {}
    if row.event == "phx_join":
        reply = await join(socket, topic, params)
    else:
        if row.topic != "phoenix":
            await join(socket, topic, params)
        known = {**place._asdict(), **{name: one.id for name, one in standings.persons.items()}, "fresh": new_id()}
        payload = filled(row.payload, known)
        reply = await socket.push(topic, row.event, payload)
    assert (await socket.heartbeat()).status == OK
    return OK if reply.status == OK else str(reply.response["reason"])


async def join(socket: Client, topic: str, params: dict[str, str]) -> Any:
    ref = socket.next_ref()
    await socket.send(ref, ref, topic, "phx_join", params)
    socket.joined[topic] = ref
    return await socket.reply_to(topic, ref)


def topic_of(row: SocketRow, standings: Standings, place: Place) -> str:
    if row.topic == "user":
        return standings.persons["owner"].topic
    if row.topic in PLACES:
        return conversation(place.conversation)
    return {"system": "system:general"}.get(row.topic, row.topic)


def filled(template: Any, values: dict[str, Any]) -> Any:
    """The template with each `{name}` replaced by its value, keys too."""
    if isinstance(template, dict):
        return {filled(name, values): filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(item, values) for item in template]
    if isinstance(template, str) and template.startswith("{"):
        return values[template[1:-1]]
    return template
