"""Ada and Bob in an open group and in an encrypted one, Eve in neither, and what shows that nothing was changed."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.people import PASSWORD, People, Person, conversation, copies, start_group, start_open_group
from tests.phoenix import Client
from tests.rooms import Guest, begin_anew
from tests.server import ServerProcess

# Stands in every text and every address that these tests send: none of it may be found in a log.
CANARY = "canary-4f1c"
NAMES = ("Ada", "Bob", "Eve")


def sign_up_all(server: ServerProcess) -> list[dict[str, Any]]:
    """The answers of `/auth/register` for Ada, Bob and Eve."""
    answers = []
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        for name in NAMES:
            email = f"{name.lower()}.{secrets.token_hex(6)}@{CANARY}.example"
            body = {"email": email, "password": PASSWORD, "display_name": f"{name} {CANARY}"}
            answer = http.post("/auth/register", json=body)
            assert answer.status_code == 200, answer.text
            answers.append(answer.json())
    return answers


class Scene:
    """`open` and `secure` are the ids of the groups; each has one message of Ada's, `said_open` and `said_secure`.

    `room` is one in which Ada takes part.
    """

    def __init__(self, server: ServerProcess, people: People, answers: list[dict[str, Any]]) -> None:
        self.server = server
        self.people = people
        self.ada, self.bob, self.eve = (Person(people, answer, PASSWORD) for answer in answers)
        self.open = self.secure = self.said_open = self.said_secure = self.room = ""

    async def set(self) -> None:
        self.a, self.b, self.e = await asyncio.gather(self.ada.arrive(), self.bob.arrive(), self.eve.arrive())
        self.open = await start_open_group(self.a, self.bob, alias=f"open {CANARY}")
        self.secure = await start_group(self.a, self.bob, alias=f"secure {CANARY}")
        for client in (self.a, self.b):
            await client.join(conversation(self.open))
            await client.join(conversation(self.secure))
        self.room = await begin_anew(self.ada)
        self.guest = await Guest.join(self.people, self.room, f"Ada {CANARY}")
        await self.join_room()
        self.said_open = await said(self.a, self.open, {"content": f"hello {CANARY}"})
        self.said_secure = await said(self.a, self.secure, {"encrypted_messages": copies(CANARY, self.ada, self.bob)})

    async def join_room(self) -> None:
        await self.a.join(self.guest.topic, {"ticket": self.guest.ticket})

    @property
    def open_topic(self) -> str:
        return conversation(self.open)

    @property
    def secure_topic(self) -> str:
        return conversation(self.secure)

    @asynccontextmanager
    async def unchanged(self, *ids: str) -> AsyncIterator[None]:
        """What happens inside leaves everything as it was for everyone; `ids` are further conversations of theirs."""
        before = await self._everything(ids)
        yield
        assert await self._everything(ids) == before

    async def _everything(self, ids: tuple[str, ...]) -> list[Any]:
        answers = await asyncio.gather(
            self.ada.get(f"/api/rooms/{self.room}/messages"),
            *(person.get("/api/sync") for person in (self.ada, self.bob, self.eve)),
            *(
                person.get("/api/sync", conversation_id=id)
                for person in (self.ada, self.bob)
                for id in (self.open, self.secure, *ids)
            ),
        )
        return [answer.json() for answer in answers]


async def said(client: Client, id: str, body: dict[str, Any]) -> str:
    """The id of a message just sent."""
    answer = await client.ask(conversation(id), "send_message", body)
    return str(answer["message"]["message_group"])


async def refusal(client: Client, topic: str, event: str, payload: Any) -> dict[str, Any]:
    """The response of a push that is refused; the socket works on after it."""
    reply = await client.push(topic, event, payload)
    assert reply.status == "error", reply
    await works(client)
    response: dict[str, Any] = reply.response
    assert response["reason"] != "internal"
    assert response["detail"]
    return response


async def works(client: Client) -> None:
    assert (await client.heartbeat()).status == "ok"


def failures(log: str) -> list[str]:
    """Lines of a log that tell of a mistake of the server's, or give something away."""
    lines = log.splitlines()
    faults = [line for line in lines if json.loads(line)["level"] in ("error", "critical") or '"exception"' in line]
    # Where it listens is in the line that says so; elsewhere an address is somebody's.
    told = [line for line in lines if CANARY in line or "eyJ" in line or ("127.0.0.1" in line and "ready" not in line)]
    return faults + told
