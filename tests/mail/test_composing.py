"""Letters as messages: text and HTML, links into the web client, headers that nobody can add to."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import get_args

import msgspec
import pytest

from hubbub.mail.composing import Letterhead
from hubbub.mail.letters import AnyLetter, Letter, PasswordChanged, ResetPassword, decode, encode

MAIL_ID = "0197a3a0-0000-7000-8000-000000000000"
TOKEN = "JOebHW8SWnSchOmVwhDJKafyWhCuYRV1CidfR3PwsgQ"
QUEUED = 1_800_000_000_000
KINDS: list[type[Letter]] = list(get_args(AnyLetter))


def letter_of(kind: type[Letter]) -> AnyLetter:
    made = kind(**{field.name: TOKEN for field in msgspec.structs.fields(kind)})
    return decode(encode(made, "ada@example.com")).letter


def arrived(letter: AnyLetter, *, sender: str = "chat@example.org", name: str = "Chat") -> EmailMessage:
    """The message as whoever gets it reads it."""
    letterhead = Letterhead(sender=sender, name=name, public_url="https://chat.example.org/")
    composed = letterhead.compose(letter, "ada@example.com", MAIL_ID, QUEUED)
    message = message_from_bytes(composed.as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_says_the_same_in_text_and_html(kind: type[Letter]) -> None:
    message = arrived(letter_of(kind))
    text, html = part(message, "plain"), part(message, "html")
    assert "Chat" in message["Subject"]
    assert str(message["Subject"]) not in text, "the first line of the template is the subject alone"
    for word in ("Chat", *(["https://chat.example.org"] if "https://" in text else [])):
        assert word in text
        assert word in html
    if "token" in kind.__struct_fields__:
        assert f"#{TOKEN}" in text
        assert f'#{TOKEN}"' in html
        assert f"/{TOKEN}" not in text + html, "servers do not see what is behind a #"
        assert f"={TOKEN}" not in text + html


def test_headers() -> None:
    message = arrived(ResetPassword(TOKEN))
    assert message["From"] == "Chat <chat@example.org>"
    assert message["To"] == "ada@example.com"
    assert message["Message-ID"] == f"<{MAIL_ID}@example.org>"
    assert message["Date"] == "Fri, 15 Jan 2027 08:00:00 -0000"
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("Our place <chat@example.org>", "Our place <chat@example.org>"),
        ("", "Chat <hubbub@chat.example.org>"),
    ],
)
def test_who_it_comes_from(sender: str, shown: str) -> None:
    assert arrived(PasswordChanged(), sender=sender)["From"] == shown


def test_a_name_adds_no_header_and_no_markup() -> None:
    message = arrived(PasswordChanged(), name="<b>Us</b>\r\nBcc: eve@example.com")
    assert message["Bcc"] is None
    assert message["Subject"] == "Your password at <b>Us</b> Bcc: eve@example.com was changed"
    assert "<b>" not in part(message, "html")
