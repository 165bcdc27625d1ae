"""The people of the table of expectations, and conversations in which they stand as it says."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

import httpx

from tests.people import (
    PASSWORD,
    SYSTEM,
    People,
    Person,
    Server,
    conversation,
    copies,
    start_channel,
    start_group,
    start_open_group,
    start_private,
)
from tests.phoenix import Client
from tests.rooms import Guest, begin_anew, begin_room

NAMES = ("owner", "member", "former", "outsider", "stranger")
Answers = dict[str, dict[str, Any]]


def sign_up_all(server: Server) -> Answers:
    """The answer of `/auth/register` for each of the people."""
    answers: Answers = {}
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        for name in NAMES:
            body = {"email": f"{name}.{secrets.token_hex(6)}@example.com", "password": PASSWORD, "display_name": name}
            answer = http.post("/auth/register", json=body)
            assert answer.status_code == 200, answer.text
            answers[name] = answer.json()
    return answers


class Place(NamedTuple):
    """A conversation (or none), a message of its owner, and how messages are said in it; tickets by standing."""

    conversation: str
    message: str
    form: str
    said: Any
    tickets: dict[str, str] = {}  # noqa: RUF012  never changed


NOWHERE = Place("", "", "content", "")


class Standings:
    """Everyone's sockets. `former` keeps the one on which they were in the conversation."""

    def __init__(self, people: People, answers: Answers, homes: dict[str, Server]) -> None:
        self._people = people
        self._homes = homes
        self.persons = {name: Person(people, answer, PASSWORD) for name, answer in answers.items()}
        self.sockets: dict[str, Client] = {}

    async def connect(self) -> None:
        for name, person in self.persons.items():
            if name == "stranger":
                continue
            self.sockets[name] = await person.connect(self._homes[name])
        self.sockets["guest"] = await self._people.open(self._homes["guest"])
        await self.sockets["owner"].join(SYSTEM)

    async def place(self, kind: str) -> Place:
        """A conversation of this kind with one message by its owner; from groups `former` has left."""
        owner, member, former = (self.persons[name] for name in ("owner", "member", "former"))
        socket = self.sockets["owner"]
        if kind == "private":
            id = await start_private(socket, member)
        elif kind == "channel":
            id = await start_channel(owner, member, former)
        else:
            start = start_open_group if kind == "open" else start_group
            id = await start(socket, member, former)
        form, said = (
            ("content", "hello") if kind in ("open", "channel") else ("encrypted_messages", copies("hello", owner))
        )
        message = await self._say(id, form, said)
        if kind != "private":
            await self._leave(id)
        return Place(id, message, form, said)

    async def room(self) -> Place:
        """A room of the owner's in which they and `member` take part; `former` is in another one."""
        owner, member = self.persons["owner"], self.persons["member"]
        room, other = await begin_anew(owner), str((await begin_room(owner))["id"])
        first = await Guest.join(self._people, room, "Owner", person=owner)
        second = await Guest.join(self._people, room, "Member", person=member)
        elsewhere = await Guest.join(self._people, other, "Former")
        said = await first.say("hello")
        tickets = {"owner": first.ticket, "member": second.ticket, "former": elsewhere.ticket}
        return Place(room, str(said["message_group"]), "content", "", tickets)

    async def _say(self, id: str, form: str, said: Any) -> str:
        """On a socket of its own, so that the one that is tried has not joined."""
        async with await self.persons["owner"].connect() as socket:
            await socket.join(conversation(id))
            answer = await socket.ask(conversation(id), "send_message", {form: said})
            group = str(answer["message"]["message_group"])
            if form == "content":
                await socket.ask(conversation(id), "react", {"message_group_id": group, "emoji": "+1"})
        return group

    async def _leave(self, id: str) -> None:
        socket = self.sockets["former"]
        await socket.join(conversation(id))
        await socket.ask(conversation(id), "leave_conversation")
        await socket.wait_for(conversation(id), "phx_close")

    async def head(self, place: Place) -> Any:
        """Where the owner's replica of the conversation would end, or all that was said in the room."""
        if place.tickets:
            return (await self.persons["owner"].get(f"/api/rooms/{place.conversation}/messages")).json()
        answer = await self.persons["owner"].get("/api/sync", conversation_id=place.conversation)
        return answer.json()["cursor"]
