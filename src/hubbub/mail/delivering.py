"""What every way of delivering a letter promises."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol


class NotDelivered(Exception):
    """`code` is the reply of the mail server where there was one (RFC 5321, 4.2); its text may name the address, and
    is kept nowhere.
    """

    reason = "not_delivered"

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


class NotAccepted(NotDelivered):
    """Certainly nobody has it: it may be tried again."""

    reason = "not_accepted"


class Refused(NotDelivered):
    """It will never be accepted."""

    reason = "refused"


class Uncertain(NotDelivered):
    """It was handed over and nobody said whether it arrived: trying again might deliver it twice."""

    reason = "uncertain"


class Delivery(Protocol):
    async def deliver(self, mail_id: str, message: EmailMessage, to: str) -> None:
        """Returns when the message is in somebody else's hands; raises a `NotDelivered`, also when it is cancelled."""
        ...
