"""What operators rely on: probes, metrics, logs that give nobody away, and stops that lose nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from litestar import Litestar
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hubbub.collecting import Collecting
from hubbub.http.operations import Readiness, observed, operations_router
from hubbub.http.problems import exception_handlers
from hubbub.monitoring import Metrics
from hubbub.serving import FORCED
from tests.server import ServerProcess, migrate
from tests.services import PostgresServer, RedisServer, wait_until

PASSWORD = "VerySecurePassword1!"
TOKEN = "a-token-of-the-metrics"
FORWARDED = {"X-Forwarded-For": "127.0.0.1"}


def register(server: ServerProcess, name: str, **headers: str) -> dict[str, Any]:
    answer = httpx.post(
        f"{server.url}/auth/register",
        json={
            "email": f"{name}@example.org",
            "display_name": name,
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
        },
        headers=headers,
    )
    answer.raise_for_status()
    return dict(answer.json())


def failing(server: ServerProcess) -> list[str]:
    """What /readyz says is wrong; nothing when it says that all is well."""
    answer = httpx.get(f"{server.url}/readyz", timeout=10)
    body = answer.json()
    assert (answer.status_code, body["status"]) == ((503, "failing") if body["failing"] else (200, "ready"))
    return list(body["failing"])


def count(server: ServerProcess, name: str, **labels: str) -> float:
    """The sum of the samples of this name that have these labels."""
    total = 0.0
    for line in httpx.get(f"{server.url}/metrics").text.splitlines():
        found = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line)
        if found and found[1] == name and all(f'{key}="{value}"' in found[2] for key, value in labels.items()):
            total += float(found[3])
    return total


# --- probes


def test_it_is_alive_and_ready(server: ServerProcess) -> None:
    assert httpx.get(f"{server.url}/healthz").text == "ok\n"
    assert failing(server) == []


def on_postgres(database: PostgresServer, **more: str) -> dict[str, str]:
    environment = {
        "HUBBUB_DATABASE_URL": database.create_database(),
        "HUBBUB_SECRET_KEY": secrets.token_urlsafe(32),
        "HUBBUB_VAULT_KEY": secrets.token_urlsafe(32),
        **more,
    }
    migrate(environment)
    return environment


@pytest.mark.postgres
@pytest.mark.redis
def test_what_is_not_there_is_named_until_it_is_back(tmp_path: Path) -> None:
    with (
        PostgresServer() as database,
        RedisServer() as redis,
        ServerProcess(tmp_path, environment=on_postgres(database, HUBBUB_REDIS_URL=redis.url)) as server,
    ):
        redis.kill()
        wait_until(lambda: failing(server) == ["redis"], "Redis is missed")
        database.stop()
        wait_until(lambda: failing(server) == ["database", "migrations", "redis"], "the database is missed")
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        database.start()
        redis.start()
        wait_until(lambda: failing(server) == [], "both are found again")


async def test_a_check_that_hangs_fails_in_time_and_is_not_started_twice() -> None:
    started = 0
    released = asyncio.Event()

    async def hang() -> bool:
        nonlocal started
        started += 1
        return await released.wait()

    readiness = Readiness({"database": hang}, seconds=0.01)
    assert await readiness.failing() == ["database"]
    assert await readiness.failing() == ["database"]
    assert started == 1
    released.set()
    await asyncio.sleep(0)
    assert await Readiness({"database": hang}).failing() == []


def test_it_serves_tls(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    with pytest.raises(AssertionError, match="tls_cert and tls_key are not a certificate chain and its key"):
        ServerProcess(tmp_path, environment={"HUBBUB_TLS_CERT": str(key), "HUBBUB_TLS_KEY": str(key)})
    (tmp_path / "over_tls").mkdir()
    trusted = ssl.create_default_context(cafile=str(certificate))
    environment = {"HUBBUB_TLS_CERT": str(certificate), "HUBBUB_TLS_KEY": str(key)}
    with OverTls(tmp_path / "over_tls", trusted, environment) as server:
        assert httpx.get(f"{server.url}/healthz", verify=trusted).text == "ok\n"


class OverTls(ServerProcess):
    """A server that is asked by https whether it is ready."""

    def __init__(self, folder: Path, trusted: ssl.SSLContext, environment: dict[str, str]) -> None:
        self._trusted = trusted
        super().__init__(folder, environment=environment)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def _ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", verify=self._trusted, trust_env=False).status_code == 200
        return False


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Files of a certificate for 127.0.0.1, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


# --- who may see metrics


def metrics_as_seen_from(host: str, headers: dict[str, str], proxies: list[str] | None = None) -> httpx.Response:
    metrics = Metrics()
    router = operations_router(Readiness({}), Collecting(metrics).collect, TOKEN)
    application = Litestar([router], exception_handlers=exception_handlers(), logging_config=None)
    transport = httpx.ASGITransport(observed(application, metrics, proxies or []), client=(host, 50000))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://hubbub") as client:
            return await client.get("/metrics", headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_metrics_are_for_the_machine_itself(host: str) -> None:
    assert metrics_as_seen_from(host, {}).status_code == 200


@pytest.mark.parametrize(
    ("host", "headers", "proxies"),
    [
        ("203.0.113.7", {}, []),
        ("203.0.113.7", FORWARDED, []),
        ("203.0.113.7", FORWARDED, ["203.0.113.7"]),
        ("127.0.0.1", FORWARDED, []),
        ("127.0.0.1", FORWARDED, ["127.0.0.1"]),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, []),
        ("203.0.113.7", {"Authorization": "Bearer another"}, []),
        ("203.0.113.7", {"Authorization": f"Basic {TOKEN}"}, []),
    ],
)
def test_metrics_are_for_nobody_else(host: str, headers: dict[str, str], proxies: list[str]) -> None:
    answer = metrics_as_seen_from(host, headers, proxies)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_metrics_are_for_the_bearer_of_the_token_too() -> None:
    assert metrics_as_seen_from("203.0.113.7", {"Authorization": f"Bearer {TOKEN}"}).status_code == 200


# --- what is counted


def test_requests_are_counted_by_route_and_status(server: ServerProcess) -> None:
    token = register(server, "Telemachus")["auth_token"]
    signed_in = {"Authorization": f"Bearer {token}"}
    for _ in range(3):
        httpx.get(f"{server.url}/api/conversations/private/01900000-0000-7000-8000-000000000000", headers=signed_in)
    httpx.get(f"{server.url}/etc/passwd")
    shown = httpx.get(f"{server.url}/metrics").text
    assert count(server, "hubbub_http_requests_total", route="/auth/register", status="201") + count(
        server, "hubbub_http_requests_total", route="/auth/register", status="200"
    )
    assert "01900000-0000-7000-8000-000000000000" not in shown
    assert "passwd" not in shown
    assert count(server, "hubbub_http_requests_total", route="unmatched", status="404") >= 1


def test_the_writer_counts_its_batches(server: ServerProcess) -> None:
    before = count(server, "hubbub_writer_changes_total")
    register(server, "Eumaeus")
    assert count(server, "hubbub_writer_changes_total") > before

    def agrees() -> bool:
        """Each is asked for by itself, while the letter to who registered is being sent."""
        pairs = (("batch_changes_sum", "changes_total"), ("batch_changes_count", "batches_total"))
        same = (
            count(server, f"hubbub_writer_{one}") == count(server, f"hubbub_writer_{other}") for one, other in pairs
        )
        return all(same) and count(server, "hubbub_writer_pending") == 0

    wait_until(agrees, "all counts agree")


def test_everything_that_is_counted_is_documented(server: ServerProcess) -> None:
    shown = httpx.get(f"{server.url}/metrics").text
    names = set(re.findall(r"^# TYPE (hubbub_\w+)", shown, re.MULTILINE))
    reference = (Path(__file__).parents[1] / "docs/reference/operations.md").read_text()
    assert names <= set(re.findall(r"`(hubbub_\w+)`", reference))


async def test_sockets_and_their_frames_are_counted(server: ServerProcess) -> None:
    received = count(server, "hubbub_socket_frames_received_total")
    async with socket_of(server) as client:
        await heartbeat(client)
        assert count(server, "hubbub_sockets") == 1
        assert count(server, "hubbub_socket_frames_received_total") == received + 1
    await asyncio.to_thread(wait_until, lambda: count(server, "hubbub_sockets") == 0, "the socket is gone")


def socket_of(server: ServerProcess, token: str = "") -> connect:
    return connect(f"{server.ws_url}/websocket?vsn=2.0.0" + (f"&token={token}" if token else ""), proxy=None)


async def heartbeat(client: ClientConnection) -> None:
    await client.send('[null,"1","phoenix","heartbeat",{}]')
    assert json.loads(await client.recv())[3] == "phx_reply"


# --- logs


async def test_the_log_of_a_busy_server_gives_nobody_away(tmp_path: Path) -> None:
    address, word = "203.0.113.77", "wine-dark sea"
    environment = {"HUBBUB_TRUSTED_PROXIES": "127.0.0.1", "HUBBUB_LOG_LEVEL": "debug"}
    with ServerProcess(tmp_path, environment=environment) as server:
        signed_in = register(server, "Calypso", **{"X-Forwarded-For": address})
        token = signed_in["auth_token"]
        async with socket_of(server, token) as client:
            await client.send(json.dumps(["1", "1", f"user:{signed_in['user']['id']}", "phx_join", {}]))
            await client.recv()
            await client.send(json.dumps(["1", "2", "system:general", "set_display_name", {"display_name": word}]))
            await client.send('[null,"3","nowhere:' + word + '","phx_join",{"token":"' + token + '"}]')
            await client.send("wine-dark sea")
            await heartbeat_after_all(client)
        async with httpx.AsyncClient(base_url=server.url, headers={"X-Forwarded-For": address}) as http:
            await http.get("/api/users", params={"q": word}, headers={"Authorization": f"Bearer {token}x"})
            await http.get("/api/users", params={"q": word}, headers={"Authorization": f"Bearer {token}"})
            await http.post("/auth/login", json={"email": "Calypso@example.org", "password": word})
            await http.post("/auth/login", content=word)
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(b"wine-dark sea\r\n\r\n")
            raw.recv(1000)
        assert server.stop() == 0
        log = server.log()
    for line in log.splitlines():
        assert {"event", "level", "logger", "timestamp"} <= set(json.loads(line))
    secret = [token, signed_in["refresh_token"], PASSWORD, word, "Calypso", "calypso", "example.org", address]
    assert [found for found in secret if found in log] == []


async def heartbeat_after_all(client: ClientConnection) -> None:
    await client.send('[null,"last","phoenix","heartbeat",{}]')
    async with asyncio.timeout(10):
        while json.loads(await client.recv())[1] != "last":
            pass


# --- stops


async def test_a_stop_tells_sockets_to_come_back_and_exits_well(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        clients = [await socket_of(server) for _ in range(3)]
        for client in clients:
            await heartbeat(client)
        os.kill(server.pid, signal.SIGTERM)
        for client in clients:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(client.recv(), 10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        with contextlib.suppress(OSError):
            await connect(f"{server.ws_url}/websocket?vsn=2.0.0", proxy=None, open_timeout=2)
            pytest.fail("a server that stops took a new socket")
        assert await asyncio.to_thread(ended, server) == 0


async def test_what_was_acknowledged_before_a_stop_is_there_after_it(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        token = register(server, "Nausicaa")["auth_token"]
        async with socket_of(server, token) as client:
            await answer(client, "1", "system:general", "phx_join", {})
            started = await answer(client, "2", "system:general", "start_group_conversation", {"open": True})
            conversation = started["conversation_id"]
            await answer(client, "3", f"conversation:{conversation}", "phx_join", {}, join_ref="3")
            acknowledged = await send_until_closed(client, conversation, server)
            assert client.close_code == 1012
        assert await asyncio.to_thread(ended, server) == 0
        server.start()
        stored = messages_of(server, token, conversation)
        assert acknowledged
        assert acknowledged <= stored


async def answer(
    client: ClientConnection, ref: str, topic: str, event: str, payload: dict[str, Any], join_ref: str = "1"
) -> dict[str, Any]:
    """The response to one push; everything else that arrives meanwhile is passed over."""
    await client.send(json.dumps([join_ref, ref, topic, event, payload]))
    async with asyncio.timeout(10):
        while (frame := json.loads(await client.recv()))[1] != ref:
            pass
    assert frame[4]["status"] == "ok", frame
    return dict(frame[4]["response"])


async def send_until_closed(client: ClientConnection, conversation: str, server: ServerProcess) -> set[str]:
    """Fifty messages on their way at any time, a stop after the twentieth answer; the ids that were acknowledged."""
    topic, acknowledged, room = f"conversation:{conversation}", set[str](), asyncio.Semaphore(50)

    async def send() -> None:
        with contextlib.suppress(ConnectionClosed):
            for number in range(100_000):
                await room.acquire()
                await client.send(json.dumps(["3", f"m{number}", topic, "send_message", {"content": f"no. {number}"}]))

    sending = asyncio.create_task(send())
    try:
        while True:
            frame = json.loads(await asyncio.wait_for(client.recv(), 10))
            if frame[3] == "phx_reply":
                assert frame[4]["status"] == "ok", frame
                acknowledged.add(frame[4]["response"]["message"]["message_group"])
                room.release()
                if len(acknowledged) == 20:
                    os.kill(server.pid, signal.SIGTERM)
    except ConnectionClosed:
        return acknowledged
    finally:
        sending.cancel()


def messages_of(server: ServerProcess, token: str, conversation: str) -> set[str]:
    found, page = set[str](), None
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as http:
        while True:
            params = {"conversation_id": conversation, "page_size": "100", **({"page_token": page} if page else {})}
            answer = http.get("/api/messages", params=params).raise_for_status().json()
            found |= {item["message_group"] for item in answer["items"]}
            if (page := answer["page_token"]) is None:
                return found


def test_a_stop_lets_the_request_under_way_be_answered(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server, half_a_login(server) as (raw, rest):
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: '"stopping"' in server.log(), "the server stops")
        raw.sendall(rest)
        assert raw.recv(100).startswith(b"HTTP/1.1 401 ")
        assert ended(server) == 0


def ended(server: ServerProcess) -> int:
    """The exit status of a server that was told to stop."""
    wait_until(lambda: not server.running, "the server ends")
    return server.stop()


@contextlib.contextmanager
def half_a_login(server: ServerProcess) -> Iterator[tuple[socket.socket, bytes]]:
    """A connection with a request that waits for the rest of its body, and that rest."""
    body = b'{"email":"nobody@example.org","password":"swordfish"}'
    head = f"POST /auth/login HTTP/1.1\r\nHost: hubbub\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(head + body[:10])
        # The server has read this request's head once it has answered a later one.
        assert failing(server) == []
        yield raw, body[10:]


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server, half_a_login(server):
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: '"stopping"' in server.log(), "the server stops")

        def told_again() -> bool:
            if server.running:
                os.kill(server.pid, signal.SIGTERM)
            return not server.running

        wait_until(told_again, "the server ends at once", seconds=4)
        assert server.stop() == FORCED
        assert "a second signal" in server.log()


def test_a_stop_ends_at_its_deadline(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, environment={"HUBBUB_DRAIN_SECONDS": "2"}) as server, half_a_login(server):
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 5


@pytest.mark.postgres
def test_a_stop_ends_at_its_deadline_even_when_the_database_hangs(tmp_path: Path) -> None:
    with PostgresServer() as database:
        environment = on_postgres(database, HUBBUB_DRAIN_SECONDS="3")
        with ServerProcess(tmp_path, environment=environment) as server:
            with hanging(database):
                with contextlib.suppress(httpx.ReadTimeout):
                    httpx.get(f"{server.url}/readyz", timeout=0.5)
                os.kill(server.pid, signal.SIGTERM)
                assert ended(server) == FORCED
            assert "the drain took too long" in server.log()


@contextlib.contextmanager
def hanging(database: PostgresServer) -> Iterator[None]:
    """Meanwhile PostgreSQL is connected and answers nothing."""
    processes = [database.pid, *children_of(database.pid)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


# --- several workers


@pytest.mark.postgres
@pytest.mark.redis
async def test_workers_share_a_port_and_are_counted_together(tmp_path: Path, postgres: PostgresServer) -> None:
    with RedisServer() as redis:
        environment = on_postgres(postgres, HUBBUB_REDIS_URL=redis.url)
        with ServerProcess(tmp_path, workers=2, environment=environment) as server:
            wait_until(lambda: server.log().count('"ready"') == 2, "both workers serve")
            clients = [await socket_of(server) for _ in range(24)]
            for client in clients:
                await heartbeat(client)
            spread = [count(server, "hubbub_sockets", worker=worker) for worker in ("0", "1")]
            assert sum(spread) == 24
            assert min(spread) > 0
            for client in clients:
                await client.close()
            assert server.stop() == 0


@pytest.mark.postgres
@pytest.mark.redis
def test_a_dead_worker_is_replaced(tmp_path: Path, postgres: PostgresServer) -> None:
    with RedisServer() as redis:
        environment = on_postgres(postgres, HUBBUB_REDIS_URL=redis.url)
        with ServerProcess(tmp_path, workers=2, environment=environment) as server:
            wait_until(lambda: server.log().count('"ready"') == 2, "both workers serve")
            os.kill(workers_of(server)[0], signal.SIGKILL)
            wait_until(lambda: server.log().count('"ready"') == 3, "a third serves in its place")
            assert len(workers_of(server)) == 2
            assert server.stop() == 0
            assert workers_of(server) == []


@pytest.mark.postgres
@pytest.mark.redis
def test_workers_do_not_outlive_their_supervisor(tmp_path: Path, postgres: PostgresServer) -> None:
    with RedisServer() as redis:
        environment = on_postgres(postgres, HUBBUB_REDIS_URL=redis.url)
        with ServerProcess(tmp_path, workers=2, environment=environment) as server:
            wait_until(lambda: server.log().count('"ready"') == 2, "both workers serve")
            os.kill(server.pid, signal.SIGKILL)
            wait_until(lambda: server.log().count('"stopped"') == 2, "both workers end by themselves")


def workers_of(server: ServerProcess) -> list[int]:
    return children_of(server.pid)


def children_of(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(process) for process in children.read_text().split()] if children.exists() else []
