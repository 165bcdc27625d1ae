"""Addresses of accounts, and tokens that were sent to them: what is sent and what is answered (seed 003)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hubbub.wire.resources import (
    LONGEST_TOKEN,
    Body,
    CaptchaSolution,
    Email,
    Password,
    Proof,
    RecoverySlot,
    Registration,
    SetPassword,
    require_proof,
)
from hubbub.wire.sessions import DeviceName

MailToken = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_TOKEN,
        description="From a letter: what stands behind the # of its link.",
        examples=["JOebHW8SWnSchOmVwhDJKafyWhCuYRV1CidfR3PwsgQ"],
    ),
]


class TokenFromMail(Body, kw_only=True):
    token: MailToken


class ForgottenPassword(Body, kw_only=True):
    email: Annotated[str, Meta(min_length=1, max_length=254, examples=["test@example.com"])]


class ResetBody(SetPassword, kw_only=True):
    """`password`, the one until now, is only checked if sent: who forgot it has none."""

    token: MailToken
    password: Password | None = None


Secret = Annotated[str, Meta(min_length=1, max_length=128)]


class AskLink(Body, kw_only=True):
    """`browser`: SHA-256, as base64url, of a `secret` that the browser makes and keeps to itself."""

    email: Annotated[str, Meta(min_length=1, max_length=254, examples=["test@example.com"])]
    browser: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")] | None = None
    captcha: CaptchaSolution | None = None


class WhoseLink(Body, kw_only=True):
    token: MailToken
    secret: Secret | None = None


class SignInByLink(WhoseLink, kw_only=True):
    """`anyway`: the person wants to be signed in here, though another browser asked, or none that knows a secret."""

    anyway: bool = False
    device_name: DeviceName | None = None


class RegisterByLink(Registration, kw_only=True):
    """As with a password, but there is none: one signs in by links. The account key lies under the recovery code."""

    slots: RecoverySlot | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_id("slots")


class ChangeEmail(Body, kw_only=True):
    """`token` came to the address that the account has. In place of the `password` there may be another `proof`: an
    account may have none.
    """

    token: MailToken
    email: Email
    password: Password | None = None
    proof: Proof | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_proof(self.password, self.proof)


# --- what is answered -------------------------------------------------------------------------------------------------


class TokenHolder(msgspec.Struct, kw_only=True):
    id: str
    email: str
    display_name: str


class TokenOwner(msgspec.Struct, kw_only=True):
    user: TokenHolder
    success: bool = True


class LinkOwner(msgspec.Struct, kw_only=True):
    """`same_browser`: it was asked for where the secret is known. `first_proof`: nobody has shown yet that the address
    is theirs, so signing in ends whatever let anybody in before.
    """

    user: TokenHolder
    same_browser: bool
    first_proof: bool
