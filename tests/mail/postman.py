"""A way of delivering that keeps what it was given, and the reading of it."""

from __future__ import annotations

import asyncio
import re
from email.message import EmailMessage

from hubbub.mail.delivering import NotDelivered


class Postman:
    """Takes letters, or fails as it is told: once for each failure, with the last one for ever."""

    def __init__(self) -> None:
        self.delivered: list[EmailMessage] = []
        self.tried = 0
        self.failures: list[NotDelivered] = []
        self.for_ever = False

    async def deliver(self, mail_id: str, message: EmailMessage, to: str) -> None:
        self.tried += 1
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures[0] if self.for_ever else self.failures.pop(0)
        self.delivered.append(message)

    def to(self, address: str) -> list[EmailMessage]:
        """The letters to this address, oldest first."""
        return [letter for letter in self.delivered if letter["To"] == address]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(letter: EmailMessage) -> tuple[str, str]:
    """The page that the letter leads to, and the token behind its #."""
    found = re.search(r"https?://[^/\s]+/(\w+)#([\w-]{43})\s", text_of(letter))
    assert found is not None, text_of(letter)
    return found[1], found[2]
