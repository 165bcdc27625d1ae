"""Every route and every event, asked by API tokens of OWNER's: which of them reach it, and that no other does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hubbub.wire.ids import new_id
from tests.people import People
from tests.phoenix import Client
from tests.rights.expectations import HTTP, OK, OUT, SOCKET, TOKENS, UNMATCHED, Reach, SocketRow, reaches
from tests.rights.standings import Answers, Standings
from tests.rights.test_events import OF_EVERY_TOPIC, filled, join, place_of, topic_of
from tests.rights.test_routes import request, values_for
from tests.server import ServerProcess

LAST = ("leave_conversation", "delete", "put")  # after these there may be nothing left to ask about


async def test_routes(server: ServerProcess, answers: Answers) -> None:
    async with People(server) as people:
        standings = await arrived(people, answers, server)
        tokens = await tokens_of(standings)
        wrong = []
        for row in sorted(HTTP, key=lambda row: row.method in LAST):
            values = await values_for(row, standings, answers)
            for standing, token in tokens.items():
                answer = await request(people.http, row, values, {"auth_token": token})
                code = answer.json()["code"] if answer.is_error else OK
                if (code == OUT) is reaches(standing, row.reach):
                    wrong.append((row.name, standing, code))
        assert wrong == []


async def test_events(server: ServerProcess, answers: Answers) -> None:
    async with People(server) as people:
        standings = await arrived(people, answers, server)
        tokens = await tokens_of(standings)
        wrong = []
        for topic in dict.fromkeys(row.topic for row in SOCKET):
            rows = sorted((row for row in SOCKET if row.topic == topic), key=lambda row: row.event in LAST)
            place = await place_of(rows[0], standings)
            for standing, token in tokens.items():
                socket = await people.open(server, token)
                params = {"ticket": place.tickets["owner"]} if place.tickets else {}
                known = {**place._asdict(), **{name: one.id for name, one in standings.persons.items()}}
                name = topic_of(rows[0], standings, place)
                wrong += await tried(socket, name, params, standing, rows, known)
        assert wrong == []


async def tried(
    socket: Client, topic: str, params: dict[str, str], standing: str, rows: Iterable[SocketRow], known: dict[str, Any]
) -> list[tuple[str, str, str]]:
    """What came out otherwise than expected."""
    wrong = []
    joins: Reach = "any" if topic == "phoenix" else "read"
    for row in rows:
        joined = await join(socket, topic, params) if topic != "phoenix" else None
        inside = joined is None or joined.status == OK
        if joined is not None and inside is not reaches(standing, joins):
            wrong.append((row.name, standing, "the join"))
        if row.event == "phx_join":
            continue
        reply = await socket.push(topic, row.event, filled(row.payload, {**known, "fresh": new_id()}))
        code = OK if reply.status == OK else str(reply.response["reason"])
        refused = OUT if inside else UNMATCHED
        if row.event not in OF_EVERY_TOPIC and (code == refused) is reaches(standing, row.reach):
            wrong.append((row.name, standing, code))
    return wrong


async def arrived(people: People, answers: Answers, server: ServerProcess) -> Standings:
    standings = Standings(people, answers, dict.fromkeys((*answers, "guest"), server))
    await standings.connect()
    return standings


async def tokens_of(standings: Standings) -> dict[str, str]:
    """A token of OWNER's for each of TOKENS."""
    owner = standings.persons["owner"]
    further = dict(
        zip(TOKENS, ({"scopes": ["read"]}, {"scopes": ["read", "write"]}, {"scopes": ["write"]}), strict=True)
    )
    further[TOKENS[2]]["conversations"] = [new_id()]
    made = {standing: await owner.post("/api/tokens", {"name": standing, **how}) for standing, how in further.items()}
    return {standing: str(answer.json()["token"]) for standing, answer in made.items()}
