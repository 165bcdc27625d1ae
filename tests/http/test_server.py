"""Seed 003's HTTP on a whole server: what is said over the socket is read over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from hubbub.wire.ids import new_id
from tests.http.test_signing_in import is_problem
from tests.server import ServerProcess

PASSWORD = "VerySecurePassword1!"
SEED_MESSAGE = {"id", "sender", "content", "inserted_at", "updated_at", "message_group"}


class Person:
    """Someone with an account and, when they need one, a socket."""

    def __init__(self, server: ServerProcess, display_name: str) -> None:
        body = {"email": f"{new_id()}@example.com", "password": PASSWORD, "display_name": display_name}
        answer = httpx.post(f"{server.url}/auth/register", json=body).json()
        self.id: str = answer["user"]["id"]
        self.email = body["email"]
        self._server = server
        self._token = answer["auth_token"]
        self._ref = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def get(self, path: str, **params: Any) -> httpx.Response:
        return httpx.get(f"{self._server.url}{path}", params=params or None, headers=self.headers)

    def post(self, path: str) -> httpx.Response:
        return httpx.post(f"{self._server.url}{path}", headers=self.headers)

    def socket(self) -> ClientConnection:
        return connect(f"{self._server.ws_url}/websocket?vsn=2.0.0&token={self._token}")

    def ask(self, socket: ClientConnection, topic: str, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The response to a push, which must be ok."""
        self._ref += 1
        socket.send(json.dumps([topic, str(self._ref), topic, event, payload]))
        while True:
            _, ref, _, kind, answer = json.loads(socket.recv(timeout=10))
            if (ref, kind) == (str(self._ref), "phx_reply"):
                assert answer["status"] == "ok", answer
                response: dict[str, Any] = answer["response"]
                return response


@pytest.fixture
def ada(server: ServerProcess) -> Person:
    return Person(server, "Ada")


@pytest.fixture
def bob(server: ServerProcess) -> Person:
    return Person(server, "Bob")


@pytest.fixture
def socket(ada: Person) -> Iterator[ClientConnection]:
    """Ada's, joined to `system:general`."""
    with ada.socket() as socket:
        ada.ask(socket, "system:general", "phx_join", {})
        yield socket


def begin(ada: Person, socket: ClientConnection, event: str, **payload: Any) -> str:
    """A conversation that Ada begins and joins; its id."""
    keys = {"public_key": {"n": 1}, "private_key": {"d": 2}}
    answer = ada.ask(socket, "system:general", event, {**keys, **payload})
    conversation: str = answer["conversation_id"]
    ada.ask(socket, f"conversation:{conversation}", "phx_join", {})
    return conversation


def hear_all(socket: ClientConnection) -> None:
    """Take what comes until the socket is closed, which is raised."""
    while True:
        socket.recv(timeout=5)


def test_messages_are_read_page_by_page_from_the_latest(ada: Person, bob: Person, socket: ClientConnection) -> None:
    group = begin(ada, socket, "start_group_conversation", user_ids=[bob.id], alias="Besties 4eva")
    for number in range(5):
        sent = {"encrypted_messages": {ada.id: f"hello {number}"}}
        ada.ask(socket, f"conversation:{group}", "send_message", sent)
    seen: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        more = {"page_token": token} if token else {}
        page = ada.get("/api/messages", conversation_id=group, page_size=2, **more).json()
        assert page.keys() == {"items", "page_token"}
        assert len(page["items"]) <= 2
        seen += page["items"]
        if (token := page["page_token"]) is None:
            break
        other = Person(ada._server, "Eve").get("/api/messages", conversation_id=group, page_token=token)
        assert is_problem(other, 404, "not_member")
    assert sorted(message["content"] for message in seen) == [f"hello {number}" for number in range(5)]
    assert all(message.keys() >= SEED_MESSAGE and message["sender"] == ada.id for message in seen)
    # Bob had no key when it was said: there is no copy that he could read.
    assert bob.get("/api/messages", conversation_id=group).json() == {"items": [], "page_token": None}


def test_a_conversation_that_is_not_there_has_no_messages(ada: Person) -> None:
    assert is_problem(ada.get("/api/messages", conversation_id=new_id()), 404, "not_member")


def test_made_up_page_tokens_of_messages_are_refused(ada: Person, bob: Person, socket: ClientConnection) -> None:
    group = begin(ada, socket, "start_group_conversation", user_ids=[bob.id])
    answer = ada.get("/api/messages", conversation_id=group, page_token="JOebHW8SWnSchOmVwhDJKafyWhCuYRV1CidfR3PwsgQ")
    assert is_problem(answer, 400, "invalid_page_token")


def test_a_private_conversation_is_found_by_its_other_member(
    ada: Person, bob: Person, socket: ClientConnection
) -> None:
    path = f"/api/conversations/private/{bob.id}"
    assert ada.get(path).json() == {"conversation_id": None}
    private = begin(ada, socket, "start_private_conversation", other_user_id=bob.id)
    assert ada.get(path).json() == {"conversation_id": private}
    assert bob.get(f"/api/conversations/private/{ada.id}").json() == {"conversation_id": private}
    assert ada.get(f"/api/conversations/private/{ada.id}").json() == {"conversation_id": None}


def test_signing_in_lists_conversations_and_who_is_in_them(
    server: ServerProcess, ada: Person, bob: Person, socket: ClientConnection
) -> None:
    private = begin(ada, socket, "start_private_conversation", other_user_id=bob.id)
    answer = httpx.post(f"{server.url}/auth/login", json={"email": bob.email, "password": PASSWORD}).json()
    (conversation,) = answer["conversations"]
    assert (conversation["id"], conversation["private"], conversation["alias"]) == (private, True, None)
    (user,) = answer["users"]
    assert (user["id"], user["email"], user["display_name"]) == (ada.id, ada.email, "Ada")


def test_sync_tells_the_settings_of_the_user(server: ServerProcess, ada: Person) -> None:
    before = ada.get("/api/sync").json()
    httpx.patch(f"{server.url}/api/profile", json={"theme": "night"}, headers=ada.headers)
    after = ada.get("/api/sync", cursor=before["cursor"], epoch=before["epoch"]).json()
    (change,) = after["changes"]
    assert (change["kind"], change["id"], change["data"]["theme"]) == ("settings", ada.id, "night")
    assert change["version"] == after["cursor"] == before["cursor"] + 1
    assert is_problem(ada.get("/api/sync", cursor=after["cursor"] + 1), 410, "cursor_expired")
    assert is_problem(ada.get("/api/sync", epoch="another"), 410, "cursor_expired")


def test_signing_out_everywhere_closes_sockets_with_4001(ada: Person, socket: ClientConnection) -> None:
    assert ada.post("/api/signout_all").status_code == 204
    with pytest.raises(ConnectionClosed) as closed:
        hear_all(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


def test_reading_does_what_its_document_says(server: ServerProcess, ada: Person, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("run", f"{server.url}/schema", "--header", f"Authorization: {ada.headers['Authorization']}"),
            *("--include-path-regex", "^/(api/(messages|users|conversations|sync)|healthz|readyz|metrics)"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1", "--no-shrink"),
            *("--generation-database", "none", "--workers", "1", "--no-color", "--warnings", "off"),
            *("--generation-allow-x00", "false", "--generation-codec", "utf-8"),
            # Valid by its schema is every page token and cursor, but not every one is ours.
            *("--exclude-checks", "positive_data_acceptance"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
