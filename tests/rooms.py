"""People in rooms, with an account or without: each with a key pair, as their client makes it for one room."""

from __future__ import annotations

from typing import Any, Self

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hubbub.wire.ids import new_id
from hubbub.wire.signing import b64u, room_join_bytes, room_message_bytes
from tests.people import People, Person, Server, conversation
from tests.phoenix import Client


class Key:
    """An Ed25519 key pair."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        self.public = b64u(self._private.public_key().public_bytes_raw())

    def sign(self, signed: bytes) -> str:
        return b64u(self._private.sign(signed))


class Guest:
    """A participant of a room, whoever they are elsewhere: `answer` is that of joining."""

    def __init__(self, people: People, key: Key, answer: dict[str, Any]) -> None:
        self._people = people
        self.key = key
        self.answer = answer

    @property
    def id(self) -> str:
        return str(self.answer["participant"]["id"])

    @property
    def name(self) -> str:
        return str(self.answer["participant"]["name"])

    @property
    def room(self) -> str:
        return str(self.answer["room"]["id"])

    @property
    def topic(self) -> str:
        return conversation(self.room)

    @property
    def ticket(self) -> str:
        return str(self.answer["ticket"])

    @classmethod
    async def join(
        cls, people: People, room: str, name: str, key: Key | None = None, person: Person | None = None
    ) -> Self:
        key = key or Key()
        answer = await ask_in(people.http, room, name, key, token=person.token if person else None)
        assert answer.status_code == 200, answer.text
        return cls(people, key, answer.json())

    # --- saying ---------------------------------------------------------------------------------------------------

    def signed(self, text: str, id: str | None = None, *, room: str | None = None, name: str | None = None) -> Any:
        """What is posted of a message; `room` and `name` are what is signed instead of what is true."""
        id = id or new_id()
        signature = self.key.sign(room_message_bytes(room or self.room, id, name or self.name, text))
        return {"id": id, "participant": self.id, "text": text, "signature": signature}

    async def post(self, body: Any) -> httpx.Response:
        return await self._people.http.post(f"/api/rooms/{self.room}/messages", json=body)

    async def say(self, text: str) -> dict[str, Any]:
        """Over HTTP; the row that was stored."""
        answer = await self.post(self.signed(text))
        assert answer.status_code == 201, answer.text
        row: dict[str, Any] = answer.json()
        return row

    # --- sockets --------------------------------------------------------------------------------------------------

    async def arrive(self, to: Server | None = None) -> Client:
        """A guest's socket that is in the room."""
        client = await self._people.open(to)
        await client.join(self.topic, {"ticket": self.ticket})
        return client

    def spoken(self, text: str) -> dict[str, str]:
        """The payload of `send_message`."""
        body = self.signed(text)
        return {"id": body["id"], "content": text, "signature": body["signature"]}


async def begin_room(owner: Person, **asked: Any) -> dict[str, Any]:
    answer = await owner.post("/api/rooms", asked)
    assert answer.status_code == 201, answer.text
    room: dict[str, Any] = answer.json()
    return room


async def begin_anew(owner: Person) -> str:
    """The id of a new room of somebody who has many in the course of the tests: those of before are closed."""
    for room in (await owner.get("/api/rooms")).json()["items"]:
        assert (await owner.delete(f"/api/rooms/{room['id']}")).status_code == 204
    return str((await begin_room(owner))["id"])


async def ask_in(
    http: httpx.AsyncClient, room: str, name: str, key: Key, *, token: str | None = None, nonce: str | None = None
) -> httpx.Response:
    """Ask to come in; with a `nonce` signed by the key."""
    body: dict[str, Any] = {"name": name, "public_key": key.public}
    if nonce is not None:
        body["proof"] = {"nonce": nonce, "signature": key.sign(room_join_bytes(room, nonce))}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await http.post(f"/api/rooms/{room}/join", json=body, headers=headers)
