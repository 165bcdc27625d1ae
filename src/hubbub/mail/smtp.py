"""Letters handed to a mail server (RFC 5321), encrypted on the way there."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from email.message import EmailMessage
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from hubbub.config import SMTP_PORTS
from hubbub.mail.delivering import NotAccepted, NotDelivered, Refused, Uncertain

PER_COMMAND = 30.0  # seconds
PER_LETTER = 120.0


class Relay(NamedTuple):
    """The mail server of an `smtp_url`: `smtp://` upgrades by STARTTLS, `smtps://` speaks TLS from the beginning."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool

    @property
    def is_this_machine(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def relay(url: str) -> Relay:
    """The mail server of a setting that was checked."""
    split = urlsplit(url)
    return Relay(
        host=split.hostname or "localhost",
        port=split.port or SMTP_PORTS[split.scheme],
        user=unquote(split.username) if split.username else None,
        password=unquote(split.password) if split.password else None,
        tls=split.scheme == "smtps",
    )


class SmtpDelivery:
    """Hands letters to `relay`, a connection for each.

    Nothing goes over the network unencrypted: STARTTLS is demanded, but of a relay on this very machine. `verify`:
    the server's certificate must be good, by the authorities that the machine trusts (`SSL_CERT_FILE` names others).
    """

    def __init__(self, relay: Relay, *, sender: str, verify: bool) -> None:
        self._relay = relay
        self._sender = sender
        self._tls = ssl.create_default_context()
        if not verify:
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE

    async def deliver(self, mail_id: str, message: EmailMessage, to: str) -> None:
        handing = _Handing(self._client(), self._sender, to)
        try:
            async with asyncio.timeout(PER_LETTER):
                await handing.over(message)
        except SMTPResponseException as answer:
            raise handing.meaning(answer.code) from answer
        except aiosmtplib.SMTPNotSupported as lacking:
            raise (Refused if handing.introduced else NotAccepted)() from lacking
        except (SMTPException, OSError, ValueError, asyncio.CancelledError) as error:
            raise (Uncertain if handing.begun else NotAccepted)() from error
        finally:
            handing.end()

    def _client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        optional: bool | None = None if relay.is_this_machine else True
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user,
            password=relay.password,
            use_tls=relay.tls,
            start_tls=False if relay.tls else optional,
            tls_context=self._tls,
            local_hostname=self._sender.rpartition("@")[2],
            timeout=PER_COMMAND,
        )


class _Handing:
    """One letter on its way; how far it came decides what a failure means."""

    def __init__(self, client: aiosmtplib.SMTP, sender: str, to: str) -> None:
        self._client = client
        self._sender = sender
        self._to = to
        self.introduced = False  # connected, encrypted, signed in: what is refused now is the letter
        self.begun = False  # the server may have it

    async def over(self, message: EmailMessage) -> None:
        await self._client.connect()
        self.introduced = True
        options, encoding = self._options()
        await self._client.mail(self._sender, options=options, encoding=encoding)
        await self._client.rcpt(self._to, encoding=encoding)
        self.begun = True
        await self._client.data(message.as_bytes())

    def _options(self) -> tuple[list[str], str]:
        if self._to.isascii():
            return [], "ascii"
        if not self._client.supports_extension("smtputf8"):
            raise aiosmtplib.SMTPNotSupported("The mail server takes no such address.")
        return ["SMTPUTF8", "BODY=8BITMIME"], "utf-8"

    def meaning(self, code: int) -> NotDelivered:
        """What a reply that is no success says of the letter. 5xx before it is about us, which can be mended."""
        if 500 <= code <= 599 and self.introduced:
            return Refused(code)
        if 400 <= code <= 599 or not self.begun:
            return NotAccepted(code)
        return Uncertain(code)

    def end(self) -> None:
        self._client.close()
