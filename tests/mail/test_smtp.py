"""Handing letters to a real mail server: encrypted, signed in, and what each failure means."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.mail import smtp
from hubbub.mail.composing import Letterhead
from hubbub.mail.delivering import NotAccepted, NotDelivered, Refused, Uncertain
from hubbub.mail.letters import PasswordChanged
from hubbub.mail.smtp import SmtpDelivery, relay
from tests.mail.post_office import DIES, HANGS, PostOffice, certificate
from tests.services import free_port, wait_until

# Of aiosmtpd, which does not see that the connection is encrypted from its beginning.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

ADA = "ada@example.com"
SENDER = "chat@example.org"
LOGIN = ("hubbub", "p@ss word/%")
SPELT = "hubbub:p%40ss%20word%2F%25@"  # in an address
ANYWHERE = "127.1"  # resolves to this machine, and is not known to be it


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    """One without TLS, as a relay on the machine itself may be."""
    with PostOffice() as office:
        yield office


async def send(url: str, to: str = ADA, *, verify: bool = True) -> None:
    letterhead = Letterhead(sender=f"Chat <{SENDER}>", name="Chat", public_url="http://localhost")
    message = letterhead.compose(PasswordChanged(), to, "0" * 36, 0)
    await SmtpDelivery(relay(url), sender=SENDER, verify=verify).deliver("0" * 36, message, to)


async def failing(url: str, to: str = ADA) -> NotDelivered:
    with pytest.raises(NotDelivered) as failure:
        await send(url, to)
    return failure.value


# --- encrypted and signed in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtps", True)])
@pytest.mark.usefixtures("trusted")
async def test_it_signs_in_over_tls(pem: Path, scheme: str, implicit: bool) -> None:
    with PostOffice(pem, implicit=implicit, login=LOGIN) as office:
        await send(f"{scheme}://{SPELT}{ANYWHERE}:{office.port}")
        assert office.letters[0]["From"] == f"Chat <{SENDER}>"
        assert (office.envelopes[0].mail_from, office.envelopes[0].rcpt_tos) == (SENDER, [ADA])


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtps", True)])
async def test_a_certificate_that_nobody_trusts_is_refused_unless_told_otherwise(
    pem: Path, scheme: str, implicit: bool
) -> None:
    with PostOffice(pem, implicit=implicit) as office:
        url = f"{scheme}://{ANYWHERE}:{office.port}"
        assert isinstance(await failing(url), NotAccepted)
        assert not office.letters
        await send(url, verify=False)
        assert len(office.letters) == 1


async def test_nothing_leaves_the_machine_unencrypted(office: PostOffice) -> None:
    before = len(office.letters)
    assert isinstance(await failing(f"smtp://{ANYWHERE}:{office.port}"), NotAccepted)
    assert len(office.letters) == before
    await send(f"smtp://127.0.0.1:{office.port}")
    assert len(office.letters) == before + 1


@pytest.mark.usefixtures("trusted")
async def test_a_wrong_password_can_be_mended(pem: Path) -> None:
    with PostOffice(pem, login=LOGIN) as office:
        failure = await failing(f"smtp://hubbub:wrong@{ANYWHERE}:{office.port}")
        assert (type(failure), failure.code) == (NotAccepted, 535)


# --- what a failure means ---------------------------------------------------------------------------------------------


async def test_nobody_answers() -> None:
    assert isinstance(await failing(f"smtp://127.0.0.1:{free_port()}"), NotAccepted)


@pytest.mark.parametrize(
    ("answer", "meaning", "code"),
    [("450 Busy", NotAccepted, 450), ("550 Nobody here", Refused, 550)],
)
async def test_the_recipient_is_not_taken(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, answer: str, meaning: type, code: int
) -> None:
    monkeypatch.setattr(office, "recipient", answer)
    failure = await failing(f"smtp://127.0.0.1:{office.port}")
    assert (type(failure), failure.code) == (meaning, code)


@pytest.mark.parametrize(
    ("answer", "meaning", "code"),
    [
        ("451 Try later", NotAccepted, 451),
        ("554 Spam", Refused, 554),
        ("200 What", Uncertain, 200),
        (DIES, Uncertain, None),
        (HANGS, Uncertain, None),
    ],
)
async def test_the_letter_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, answer: str, meaning: type, code: int | None
) -> None:
    monkeypatch.setattr(smtp, "PER_COMMAND", 0.5 if answer == HANGS else 30)
    with PostOffice() as office:
        office.data = answer
        failure = await failing(f"smtp://127.0.0.1:{office.port}")
    assert (type(failure), failure.code) == (meaning, code)


async def test_breaking_off_before_and_after_the_letter() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        greeting = asyncio.create_task(send(f"smtp://127.0.0.1:{silent.getsockname()[1]}"))
        connected, _ = await asyncio.get_running_loop().run_in_executor(None, silent.accept)
        greeting.cancel()
        with pytest.raises(NotAccepted):
            await greeting
        connected.close()
    with PostOffice() as office:
        office.data = HANGS
        handing = asyncio.create_task(send(f"smtp://127.0.0.1:{office.port}"))
        await asyncio.to_thread(wait_until, lambda: office.tried > 0, "the letter was handed over")
        handing.cancel()
        with pytest.raises(Uncertain):
            await handing


async def test_an_address_beyond_ascii(office: PostOffice) -> None:
    await send(f"smtp://127.0.0.1:{office.port}", "ädä@exämple.org")
    assert office.letters[-1]["To"] == "ädä@exämple.org"
