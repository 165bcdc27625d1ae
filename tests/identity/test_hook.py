"""The operator's say in who registers: as a function and as an address, right, wrong and not there."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.testing import capture_logs

from hubbub.auth.registration_hook import RegistrationHook
from hubbub.config import Settings, WrongSettings
from hubbub.wire.errors import RegistrationRefused, Unavailable
from hubbub.wire.joining import HookQuestion
from tests.http.test_signing_in import is_problem
from tests.http.world import PASSWORD, World

ASKED = HookQuestion(email="ada@example.com", display_name="Ada", name=None, invited=False)


async def registered(folder: Path, function: str) -> Any:
    world = World(folder, joining=Settings(captcha=False, registration_hook=f"tests.identity.hooks:{function}"))
    await world.open()
    body = {"email": "ada@example.com", "password": PASSWORD, "display_name": "Ada"}
    answer = await world.client.post("/auth/register", json=body)
    if answer.is_error:  # then there is no account
        signed_in = await world.client.post("/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
        assert is_problem(signed_in, 401, "invalid_credentials")
    await world.close()
    return answer


async def test_a_function_lets_in(tmp_path: Path) -> None:
    answer = await registered(tmp_path, "let_in")
    assert (answer.status_code, answer.json()["user"]["display_name"]) == (200, "Ada")


async def test_a_function_adds_to_the_profile(tmp_path: Path) -> None:
    user = (await registered(tmp_path, "describe")).json()["user"]
    assert user["display_name"] == "Ada of Acme"
    assert user["about"] == str({"email": "ada@example.com", "display_name": "Ada", "name": None, "invited": False})


async def test_a_function_refuses_in_its_own_words(tmp_path: Path) -> None:
    answer = await registered(tmp_path, "refuse")
    assert is_problem(answer, 403, "registration_refused")
    assert answer.json()["detail"] == "Ask the office first."


@pytest.mark.parametrize("function", ["fail", "make_admin", "say_yes"])
async def test_a_function_that_fails_lets_nobody_in_and_tells_the_log_no_address(tmp_path: Path, function: str) -> None:
    with capture_logs() as logs:
        answer = await registered(tmp_path, function)
    assert is_problem(answer, 503, "unavailable")
    assert [entry["event"] for entry in logs] == ["registration_hook_failed"]
    assert "ada@example.com" not in f"{logs}{answer.text}"


async def test_nobody_waits_for_ever() -> None:
    with pytest.raises(Unavailable):
        await RegistrationHook("tests.identity.hooks:never", patience=0.05)(ASKED)


@pytest.mark.parametrize(
    "named", ["tests.identity.hooks:missing", "no.such.module:f", "tests.identity.hooks:NO_FUNCTION"]
)
def test_a_function_that_is_not_there_is_told_at_the_start(named: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        RegistrationHook(named)
    [problem] = wrong.value.problems
    assert problem.startswith("registration_hook: ")


# --- an address -------------------------------------------------------------------------------------------------------


class Office(ThreadingHTTPServer):
    """Answers with `says`, after it noted what it was asked."""

    says: tuple[int, bytes, str] = (200, b"null", "")

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}/may-join?at=home"


class _Answer(BaseHTTPRequestHandler):
    server: Office

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((self.path, json.loads(body)))
        status, text, to = self.server.says
        self.send_response(status)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1 in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("office") / "office.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def office(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """One whose certificate is trusted here."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Office() as office:
        office.socket = context.wrap_socket(office.socket, server_side=True)
        serving = threading.Thread(target=office.serve_forever)
        serving.start()
        yield office
        office.shutdown()
        serving.join()


async def test_an_address_is_asked_as_a_function_is(office: Office) -> None:
    office.says = (200, b'{"profile": {"about": "Engines"}}', "")
    assert (await RegistrationHook(office.url)(ASKED)).about == "Engines"
    question = {"email": "ada@example.com", "display_name": "Ada", "name": None, "invited": False}
    assert office.asked == [("/may-join?at=home", question)]
    office.says = (200, b'{"refuse": "Not today."}', "")
    with pytest.raises(RegistrationRefused, match="Not today"):
        await RegistrationHook(office.url)(ASKED)


@pytest.mark.parametrize("says", [(200, b"null", ""), (204, b"", "")])
async def test_an_address_that_says_nothing_lets_in(office: Office, says: Any) -> None:
    office.says = says
    assert (await RegistrationHook(office.url)(ASKED)).display_name is None


@pytest.mark.parametrize(
    "says",
    [
        (500, b"", ""),
        (302, b"null", "/elsewhere"),
        (200, b"<html>", ""),
        (200, b'{"profile": {"admin": true}}', ""),
        (200, b'"' + b"x" * 20_000 + b'"', ""),
    ],
)
async def test_an_address_that_fails_lets_nobody_in(office: Office, says: Any) -> None:
    office.says = says
    with pytest.raises(Unavailable):
        await RegistrationHook(office.url)(ASKED)
    assert len(office.asked) == 1  # a redirect is not followed


async def test_an_address_whose_certificate_is_not_trusted_is_told_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable):
        await RegistrationHook(office.url)(ASKED)
    assert office.asked == []
