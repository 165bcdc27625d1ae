"""Letters of a running server: as files, by a real mail server, over kills, by two processes, before an operator."""

from __future__ import annotations

import asyncio
import re
import stat
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest

from tests.mail.post_office import HANGS, PostOffice, certificate
from tests.mail.postman import link_in
from tests.server import Cluster, ServerProcess, command
from tests.services import PostgresServer, RedisServer, wait_until

PASSWORD = "VerySecurePassword1!"
SENDER = "Our chat <chat@example.org>"
LOGIN = ("hubbub", "secret")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as office:
        yield office


def handing_to(office: PostOffice) -> dict[str, str]:
    return {"HUBBUB_SMTP_URL": f"smtp://127.0.0.1:{office.port}", "HUBBUB_MAIL_FROM": SENDER}


def register(server: ServerProcess, email: str) -> None:
    answer = httpx.post(f"{server.url}/auth/register", json={"email": email, "password": PASSWORD}, trust_env=False)
    assert answer.status_code == 200, answer.text


def confirm(server: ServerProcess, token: str) -> int:
    return httpx.post(f"{server.url}/auth/confirm", json={"token": token}, trust_env=False).status_code


def hubbub(server: ServerProcess, *arguments: str) -> str:
    """What the command says to the server's operator."""
    done = subprocess.run(command(*arguments), env=server.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def measured(server: ServerProcess, name: str) -> float:
    shown = httpx.get(f"{server.url}/metrics", trust_env=False).text
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", shown, re.MULTILINE))


def test_without_a_mail_server_letters_are_files_and_the_log_says_where(server: ServerProcess) -> None:
    register(server, "file@example.com")
    folder = server.folder / "data" / "mail"
    mine = b"To: file@example.com"

    def found() -> list[Path]:
        return [file for file in folder.glob("*.eml") if mine in file.read_bytes()]

    wait_until(lambda: bool(found()), "the letter is written")
    [file] = found()
    wait_until(lambda: file.name in server.log(), "the log says so")
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    page, token = link_in(letter)
    assert (letter["To"], page) == ("file@example.com", "confirm")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "mail_written" in server.log()
    for secret in (token, "file@example.com"):
        assert secret not in server.log()
    assert confirm(server, token) == 204


def test_a_mail_server_is_handed_letters_over_tls(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with PostOffice(pem, login=LOGIN) as office:
        further = {"HUBBUB_SMTP_URL": f"smtp://hubbub:secret@127.1:{office.port}", "SSL_CERT_FILE": str(pem)}
        with ServerProcess(tmp_path, environment={**handing_to(office), **further}) as server:
            register(server, "tls@example.com")
            letter = office.letter_to("tls@example.com")
            assert letter["From"] == SENDER
            assert confirm(server, link_in(letter)[1]) == 204
            assert not (tmp_path / "data" / "mail").exists()
            assert "secret@" not in server.log()


def test_a_letter_that_was_on_its_way_when_the_server_died_is_not_sent_again(
    office: PostOffice, tmp_path: Path
) -> None:
    with ServerProcess(tmp_path, environment=handing_to(office)) as server:
        office.data = HANGS
        register(server, "killed@example.com")
        wait_until(lambda: office.tried == 1, "the letter is being handed over")
        server.kill()
        office.data = "250 OK"
        server.restart()
        register(server, "next@example.com")
        office.letter_to("next@example.com")
        shown = hubbub(server, "mail", "list")
        assert re.search(r"dead +confirm_address +killed@example\.com +1 +interrupted", shown), shown
        assert (office.tried, office.to("killed@example.com")) == (2, [])
        wait_until(lambda: measured(server, "hubbub_mails_dead") == 1, "it is counted")
        assert "To be sent again: 1" in hubbub(server, "mail", "retry", "--all")
        office.letter_to("killed@example.com")
        assert "killed" not in hubbub(server, "mail", "list")
        assert "killed@" not in server.log()


def test_what_could_not_be_handed_over_waits_through_a_stop(tmp_path: Path) -> None:
    with PostOffice() as office:
        settings = handing_to(office)
    with ServerProcess(tmp_path, environment=settings) as server:
        register(server, "later@example.com")
        wait_until(lambda: measured(server, "hubbub_mails_failed_total") == 1, "nobody takes it")
        assert server.stop() == 0
        server.start()
        assert re.search(
            r"waiting +confirm_address +later@example\.com +1 +not_accepted", hubbub(server, "mail", "list")
        )


async def test_two_processes_send_each_letter_once(
    office: PostOffice, tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    emails = [f"user{number}@example.com" for number in range(40)]
    with Cluster(
        tmp_path,
        database_url=postgres.create_database(),
        redis_url=redis_server.url,
        environment=handing_to(office),
    ) as cluster:
        doors = (cluster.first, cluster.second)
        ways = [asyncio.to_thread(register, doors[number % 2], email) for number, email in enumerate(emails)]
        await asyncio.gather(*ways)
        await asyncio.to_thread(
            wait_until,
            lambda: sum(measured(door, "hubbub_mails_sent_total") for door in doors) == len(emails),
            "all are sent",
        )
        assert sorted(str(letter["To"]) for letter in office.letters) == sorted(emails)
        assert len({letter["Message-ID"] for letter in office.letters}) == len(emails)
