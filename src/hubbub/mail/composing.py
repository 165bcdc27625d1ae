"""Letters as e-mail (RFC 5322): subject, text and HTML from templates, and headers that stay the same when it is tried
again.
"""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from hubbub.mail.letters import AnyLetter, values_of


class Letterhead:
    """Writes letters in the name of one server.

    `sender` is an address, with a name before it or not (`Chat <chat@example.org>`); without one it is made of the
    host of `public_url`, which nobody can answer to. `name` is what the server calls itself.
    """

    def __init__(self, *, sender: str, name: str, public_url: str) -> None:
        self._name = " ".join(name.split())
        self._public_url = public_url.rstrip("/")
        shown, address = parseaddr(sender)
        address = address or f"hubbub@{urlsplit(public_url).hostname or 'localhost'}"
        self._from = Address(display_name=shown or self._name, addr_spec=address)
        self._templates = Environment(
            loader=PackageLoader("hubbub.mail"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def sender(self) -> str:
        """The address that the letters come from."""
        return self._from.addr_spec

    def compose(self, letter: AnyLetter, to: str, mail_id: str, at: int) -> EmailMessage:
        """The message to `to`. Of the same `mail_id` and `at` (ms, when it was queued) it always has the same
        Message-ID and Date, by which a receiver knows it again.
        """
        subject, _, text = self._render(f"{letter.kind}.txt", letter).partition("\n")
        message = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
        message["From"] = self._from
        message["To"] = to
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate(at / 1000)
        message["Message-ID"] = f"<{mail_id}@{self._from.domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
        message.set_content(text.strip() + "\n")
        message.add_alternative(self._render(f"{letter.kind}.html", letter), subtype="html")
        return message

    def _render(self, template: str, letter: AnyLetter) -> str:
        values: dict[str, Any] = {"name": self._name, "public_url": self._public_url, "link": self._link}
        return self._templates.get_template(template).render(**values, **values_of(letter))

    def _link(self, path: str, token: str = "") -> str:
        """A page of the web client. The token goes behind a #, which no browser sends to any server."""
        return f"{self._public_url}/{path}" + (f"#{token}" if token else "")
