"""Sockets that are not opened: each gets an HTTP answer, and the server goes on."""

from __future__ import annotations

import base64

import httpx
import pytest

from tests.bad_input.raw import request, status_of
from tests.server import ServerProcess

FOREIGN_ORIGINS = (
    *("http://evil.example", "https://evil.example:8000", "null", "nonsense", "http://[", "http://a]b", "http://[::1"),
    *("\xff\xfe", "http://127.0.0.1.evil.example", "file://"),
)


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_foreign_origins_are_refused(server: ServerProcess, origin: str) -> None:
    answer = await status_of(server, request(server, headers=(f"Origin: {origin}",)))
    assert answer.status == 403
    assert "HUBBUB_ORIGINS" in answer.body


async def test_the_own_origin_may_come(server: ServerProcess) -> None:
    answer = await status_of(server, request(server, headers=(f"Origin: {server.url}",)))
    assert answer.status == 101


@pytest.mark.parametrize("vsn", ["0", "2", "2.0", "3.0.0", "2.0.0.0", "%00", "%ff"])
async def test_versions_that_are_not_spoken(server: ServerProcess, vsn: str) -> None:
    answer = await status_of(server, request(server, query=f"vsn={vsn}"))
    assert (answer.status, answer.body) == (403, "vsn is 1.0.0 or 2.0.0.")


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "%f0%9f", "A" * 5000, "eyJhbGciOiJub25lIn0.e30."])
async def test_a_bad_token(server: ServerProcess, token: str) -> None:
    assert (await status_of(server, request(server, query=f"vsn=2.0.0&token={token}"))).status == 403


@pytest.mark.parametrize("offered", ["@@@", "YQ", "/w", base64.b64encode(b"a.b.c").decode(), "\xff"])
async def test_a_bad_token_as_a_subprotocol(server: ServerProcess, offered: str) -> None:
    headers = (f"Sec-WebSocket-Protocol: phoenix, base64url.bearer.phx.{offered}",)
    assert (await status_of(server, request(server, headers=headers))).status == 403


@pytest.mark.parametrize("path", ["/", "/socket", "/socket/websocket/", "/socket/longpoll", "//socket/websocket"])
async def test_there_are_no_sockets_elsewhere(server: ServerProcess, path: str) -> None:
    assert (await status_of(server, request(server, path=path))).status == 404


async def test_a_socket_is_opened_with_get(server: ServerProcess) -> None:
    assert (await status_of(server, request(server, method="POST"))).status == 405


def test_long_polling_is_refused_as_any_unknown_path(server: ServerProcess) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        for answer in (
            http.get("/socket/longpoll", params={"vsn": "2.0.0"}),
            http.post("/socket/longpoll", params={"vsn": "2.0.0"}, content=b"[]"),
        ):
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "not_found"
