"""A mail server of the tests' own, which does what they say: takes letters, refuses them, dies over them."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.services import free_port, wait_until

TAKEN = "250 OK"
HOSTS = ("localhost", "127.1")
DIES = "dies"  # closes the connection instead of an answer
HANGS = "hangs"  # never answers


def certificate(folder: Path) -> Path:
    """A throw-away certificate for this machine and its key, in one PEM file that also serves as its authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Post office of the tests")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "post_office.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class PostOffice:
    """Listens on 127.0.0.1 until it is closed. `letters` are those that it took, `tried` counts the DATA it was sent.

    `recipient` and `data` are what it answers to RCPT and to a whole letter, for all from now on. `tls`: it takes
    nothing before STARTTLS, or with `implicit` speaks TLS from the beginning; `login`: who may hand letters in.
    """

    def __init__(
        self, pem: Path | None = None, *, implicit: bool = False, login: tuple[str, str] | None = None
    ) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.tried = 0
        self.recipient, self.data = TAKEN, TAKEN
        self.released = threading.Event()  # ends what hangs
        self.port = free_port()
        context = _tls(pem) if pem else None
        further: dict[str, Any] = {}
        if context and not implicit:
            further |= {"tls_context": context, "require_starttls": True}
        if login:
            further |= {"authenticator": _only(login), "auth_required": True}
            further |= {"auth_require_tls": bool(context) and not implicit}
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=context if implicit else None,
            enable_SMTPUTF8=True,
            **further,
        )

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._controller.stop()

    def letter_to(self, address: str, *, seconds: float = 20) -> EmailMessage:
        """The newest letter to this address, as soon as there is one."""
        wait_until(lambda: bool(self.to(address)), "the letter has come", seconds=seconds)
        return self.to(address)[-1]

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in list(self.letters) if letter["To"] == address]

    # --- as aiosmtpd calls it -------------------------------------------------------------------------------------

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient == TAKEN:
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.tried += 1
        if self.data == HANGS:
            await server.loop.run_in_executor(None, self.released.wait)
        if self.data in {DIES, HANGS}:
            cast("asyncio.Transport", server.transport).abort()
            return TAKEN
        if self.data == TAKEN:
            content = cast("bytes", envelope.content)
            self.envelopes.append(envelope)
            self.letters.append(message_from_bytes(content, policy=policy.default))
        return self.data


def _tls(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _only(login: tuple[str, str]) -> Callable[..., AuthResult]:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == login, handled=False)

    return check
