"""Every HTTP route, tried in every standing."""

from __future__ import annotations

import re
import secrets
from typing import Any

import httpx
import pytest

from hubbub.wire.ids import new_id
from tests.people import PASSWORD, People, Server, conversation
from tests.rights.expectations import HTTP, OK, STANDINGS, HttpRow
from tests.rights.standings import Answers, Standings, sign_up_all
from tests.rooms import Key
from tests.server import Cluster, ServerProcess

METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}

each_row = pytest.mark.parametrize("row", HTTP, ids=[row.name for row in HTTP])


def test_there_is_a_row_for_every_route(server: ServerProcess) -> None:
    paths = httpx.get(f"{server.url}/schema/openapi.json").json()["paths"]
    served = {(method, path) for path, methods in paths.items() for method in methods.keys() & METHODS}
    assert {(row.method, row.path) for row in HTTP} == served


@each_row
async def test_with_sqlite(row: HttpRow, server: ServerProcess, answers: Answers) -> None:
    await everyone_tries(row, server, server, answers)


@each_row
async def test_with_two_processes(row: HttpRow, cluster: Cluster, answers_of_two: Answers) -> None:
    await everyone_tries(row, cluster.first, cluster.second, answers_of_two)


async def everyone_tries(row: HttpRow, home: Server, asked: Server, answers: Answers) -> None:
    """The people's conversation is begun at `home`; the route is asked at `asked`."""
    everyone = sign_up_all(home) if row.alone else answers
    async with People(home) as people, People(asked) as elsewhere:
        standings = Standings(people, everyone, dict.fromkeys((*everyone, "guest"), home))
        await standings.connect()
        values = await values_for(row, standings, everyone)
        outcomes = {}
        for standing in STANDINGS:
            answer = await request(elsewhere.http, row, values, everyone.get(standing))
            outcomes[standing] = answer.json()["code"] if answer.is_error else OK
        assert outcomes == dict(zip(STANDINGS, row.expected, strict=True))


async def values_for(row: HttpRow, standings: Standings, everyone: Answers) -> dict[str, str]:
    """What the names in a row's path, query and body stand for: things that OWNER has just begun."""
    place = await standings.place("open")
    owner = everyone["owner"]["user"]
    values = {"conversation": place.conversation, "user_id": owner["id"], "email": owner["email"]}
    values |= {"group_id": place.conversation, "chat_id": place.conversation, "user_name": owner["name"]}
    if "{channel_id}" in row.path:
        values["channel_id"] = (await standings.place("channel")).conversation
    values |= {"kind": "watch", "about_id": everyone["stranger"]["user"]["id"]}
    if "{room_id}" in row.path:
        values |= await room_of(standings)
    values |= {"conversation_id": place.conversation, "message_id": place.message, "report_id": new_id()}
    values |= {name: new_id() for name in ("session_id", "passkey_id", "invitation_id", "token_id", "bot_id")}
    if "sanctions" in row.path:
        values["kind"] = "mute"
    values |= {"user": owner["name"], "picture": "0" * 64, "file": "64.webp"}
    return values


async def room_of(standings: Standings) -> dict[str, str]:
    """A room, what somebody in it said, and a signature that is not theirs."""
    room, stranger = await standings.room(), Key()
    answer = await standings.persons["owner"].get(f"/api/rooms/{room.conversation}/messages")
    [said] = answer.json()["items"]
    known = {"room_id": room.conversation, "message": said["message_group"], "participant": said["sender"]}
    known["participant_id"] = room.tickets["member"].partition(".")[0]
    return {**known, "public_key": stranger.public, "signature": stranger.sign(b"hello")}


async def request(
    http: httpx.AsyncClient, row: HttpRow, values: dict[str, str], who: dict[str, Any] | None
) -> httpx.Response:
    values = {**values, "password": PASSWORD, "fresh": secrets.token_hex(6)}
    headers = {"Authorization": f"Bearer {who['auth_token']}"} if who is not None else {}
    query = filled(row.query, values)
    body = filled(row.body, values) if row.body is not None else None
    return await http.request(row.method, filled(row.path, values), params=query, json=body, headers=headers)


def filled(template: Any, values: dict[str, str]) -> Any:
    if not isinstance(template, dict | str):
        return template
    if isinstance(template, dict):
        return {name: filled(value, values) for name, value in template.items()}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], template)


async def test_who_left_reads_what_was_said_before_and_nothing_after(server: ServerProcess, answers: Answers) -> None:
    async with People(server) as people:
        standings = Standings(people, answers, dict.fromkeys((*answers, "guest"), server))
        await standings.connect()
        for kind in ("open", "secure"):
            place = await standings.place(kind)
            former, owner = standings.persons["former"], standings.persons["owner"]
            gone = (await former.get("/api/sync", conversation_id=place.conversation)).json()
            socket = standings.sockets["owner"]
            await socket.join(conversation(place.conversation))
            for said in ("later", "last"):
                body = said if kind == "open" else {owner.id: said, former.id: said}
                reply = await socket.push(conversation(place.conversation), "send_message", {place.form: body})
                assert (reply.status == "ok") is (kind == "open"), "a copy for who left is refused"
            page = (await former.get("/api/messages", conversation_id=place.conversation)).json()
            assert [item["message_group"] for item in page["items"]] == ([place.message] if kind == "open" else [])
            assert (await former.get("/api/sync", conversation_id=place.conversation)).json() == gone
            assert "later" not in str(standings.sockets["former"].frames)
