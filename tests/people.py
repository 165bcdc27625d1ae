"""People with accounts on a running server, signed up through HTTP, and the sockets that they open."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from types import TracebackType
from typing import Any, Protocol, Self

import httpx

from tests.phoenix import V2, Client

PASSWORD = "VerySecurePassword1!"
SYSTEM = "system:general"


class Server(Protocol):
    """What is needed of a `ServerProcess`."""

    @property
    def url(self) -> str: ...

    @property
    def ws_url(self) -> str: ...


class Person:
    """Someone who is signed in: `answer` is the last one that gave tokens."""

    def __init__(self, people: People, answer: dict[str, Any], password: str) -> None:
        self._people = people
        self.answer = answer
        self.password = password

    @property
    def id(self) -> str:
        return str(self.answer["user"]["id"])

    @property
    def email(self) -> str:
        return str(self.answer["user"]["email"])

    @property
    def token(self) -> str:
        return str(self.answer["auth_token"])

    @property
    def topic(self) -> str:
        """The topic of what concerns this person alone."""
        return f"user:{self.id}"

    # --- HTTP -----------------------------------------------------------------------------------------------------

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self._people.http.get(path, params=params or None, headers=self._headers)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self._people.http.post(path, json=body, headers=self._headers)

    async def put(self, path: str, body: Any = None) -> httpx.Response:
        """`body`: a file as it is, or what goes as JSON."""
        if isinstance(body, bytes):
            return await self._people.http.put(path, content=body, headers=self._headers)
        return await self._people.http.put(path, json=body, headers=self._headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self._people.http.delete(path, headers=self._headers)

    async def patch(self, path: str, body: Any) -> httpx.Response:
        return await self._people.http.patch(path, json=body, headers=self._headers)

    async def sign_in(self) -> None:
        """Sign in anew with the password: new tokens."""
        body = {"email": self.email, "password": self.password}
        self.answer = _signed_in(await self._people.http.post("/auth/login", json=body))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    # --- sockets --------------------------------------------------------------------------------------------------

    async def connect(self, to: Server | None = None, vsn: str | None = V2) -> Client:
        """A signed-in socket, in no topic yet. `to`: another process than the one this person signed up at."""
        return await self._people.open(to, self.token, vsn)

    async def arrive(self, *conversation_ids: str, to: Server | None = None, vsn: str | None = V2) -> Client:
        """A socket that is in `system:general`, the person's own topic and these conversations."""
        client = await self.connect(to, vsn)
        await client.join(SYSTEM)
        await client.join(self.topic)
        for id in conversation_ids:
            await client.join(conversation(id))
        return client


class People:
    """Signs people up at `server` and closes all that they opened at the end."""

    def __init__(self, server: Server) -> None:
        self.server = server
        # A context without certificates: the server is on the loopback, and reading them takes longer than a test.
        self.http = httpx.AsyncClient(
            base_url=server.url, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False, timeout=30
        )
        self._clients: list[Client] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.drop()
        await self.http.aclose()

    async def sign_up(self, *display_names: str) -> list[Person]:
        """Accounts with these display names, in this order, with addresses that are theirs alone."""
        return list(await asyncio.gather(*(self._sign_up(name) for name in display_names)))

    async def _sign_up(self, display_name: str) -> Person:
        email = f"{display_name.lower().replace(' ', '.')}.{secrets.token_hex(6)}@example.com"
        body = {"email": email, "password": PASSWORD, "display_name": display_name}
        return Person(self, _signed_in(await self.http.post("/auth/register", json=body)), PASSWORD)

    async def open(self, to: Server | None = None, token: str | None = None, vsn: str | None = V2) -> Client:
        """A socket, a guest's without a token."""
        client = await Client.connect((to or self.server).ws_url, token, vsn)
        self._clients.append(client)
        return client


def _signed_in(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def conversation(id: str) -> str:
    """The topic of a conversation."""
    return f"conversation:{id}"


async def start_private(client: Client, other: Person, **further: Any) -> str:
    """Begin a private conversation as seed 003 does, without envelopes; its id. `client` is in `system:general`."""
    payload = {"other_user_id": other.id, "public_key": {}, "private_key": {}, **further}
    answer = await client.ask(SYSTEM, "start_private_conversation", payload)
    return str(answer["conversation_id"])


async def start_group(client: Client, *others: Person, **further: Any) -> str:
    """Begin an encrypted group as seed 003 does, without envelopes; its id."""
    payload = {"user_ids": [other.id for other in others], "public_key": {}, "private_key": {}, **further}
    return str((await client.ask(SYSTEM, "start_group_conversation", payload))["conversation_id"])


async def start_open_group(client: Client, *others: Person, **further: Any) -> str:
    """Begin a plaintext group; its id."""
    payload = {"user_ids": [other.id for other in others], "open": True, **further}
    return str((await client.ask(SYSTEM, "start_group_conversation", payload))["conversation_id"])


async def start_channel(owner: Person, *others: Person) -> str:
    """Begin a channel to which the others subscribe; its id."""
    begun = await owner.post("/api/channels", {"title": "Boats"})
    assert begun.status_code == 200, begun.text
    id = str(begun.json()["id"])
    for other in others:
        answer = await other.put(f"/api/channels/{id}/subscription")
        assert answer.status_code == 200, answer.text
    return id


def copies(text: str, *people: Person) -> dict[str, str]:
    """What a client of seed 003 sends as `encrypted_messages`: here each copy says for whom it is."""
    return {person.id: f"{text} for {person.id}" for person in people}
