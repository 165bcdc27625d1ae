"""Addresses of accounts, and tokens that were sent to them: what is sent and what is answered (seed 003)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hubbub.wire.resources import LONGEST_TOKEN, Body, Email, Password, Proof, SetPassword, require_proof

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
