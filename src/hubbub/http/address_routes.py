"""/auth and /api: forgotten passwords, and the addresses of accounts (seed 003)."""

from __future__ import annotations

from typing import NamedTuple

from litestar import Router, patch, post
from litestar.params import JSONBody

from hubbub.actions.email_addresses import EmailAddresses
from hubbub.actions.forgotten import Forgotten
from hubbub.actions.links import Links
from hubbub.auth.limits import FORGETTING, MAIL_TOKENS, OWN_MAIL, PROVING, Addresses, Limiter
from hubbub.http.bearer import limited, limited_by_user
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.addresses import ChangeEmail, ForgottenPassword, ResetBody, TokenFromMail, TokenOwner


class Mailboxes(NamedTuple):
    """What is done by mail."""

    forgotten: Forgotten
    addresses: EmailAddresses
    links: Links


def mail_token_routes(mailboxes: Mailboxes, limiter: Limiter, addresses: Addresses) -> Router:
    """What a token from a letter is good for, without being signed in."""
    trying = limited(limiter, addresses, MAIL_TOKENS)

    @post(
        "/confirm",
        status_code=204,
        guards=[trying],
        responses=errors(*WITH_BODY, 401, 422),
        summary="Prove that an address is yours",
        description="After `PATCH /api/email` this is what makes the new address that of the account.",
    )
    async def confirm(data: JSONBody[TokenFromMail]) -> None:
        await mailboxes.addresses.confirm(data.token)

    @post(
        "/password/request",
        status_code=204,
        guards=[limited(limiter, addresses, FORGETTING)],
        responses=errors(*WITH_BODY),
        summary="Have a token sent that sets a new password",
        description="The answer is the same whether or not the address has an account.",
    )
    async def ask(data: JSONBody[ForgottenPassword]) -> None:
        await mailboxes.forgotten.ask(data)

    @post(
        "/password/confirm",
        status_code=200,
        guards=[trying],
        responses=errors(*WITH_BODY, 401),
        summary="Whose password a token sets; it stays good",
    )
    async def owner(data: JSONBody[TokenFromMail]) -> TokenOwner:
        return await mailboxes.forgotten.owner(data.token)

    @post(
        "/password/reset",
        status_code=204,
        guards=[trying],
        responses=errors(*WITH_BODY, 401),
        summary="Set a new password by a token, which ends every sign-in and every other token",
        description=(
            "Without `slot` the password slot goes: the recovery code then opens the account key. Without `kdf` the "
            "password is from now on sent as typed."
        ),
    )
    async def reset(data: JSONBody[ResetBody]) -> None:
        await mailboxes.forgotten.reset(data)

    return Router("/auth", route_handlers=[confirm, ask, owner, reset], tags=["sign in"])


def address_routes(mailboxes: Mailboxes, limiter: Limiter) -> Router:
    """What the owner of an account does about its address."""
    by_mail = limited_by_user(limiter, OWN_MAIL)

    @post(
        "/token/email_confirm",
        status_code=204,
        guards=[by_mail],
        responses=errors(*SIGNED_IN, 507),
        summary="Have the token sent again that proves your address",
        description="Where it is proven already, nothing is sent.",
    )
    async def ask_to_confirm(request: HubbubRequest) -> None:
        await mailboxes.addresses.ask_to_confirm(request.user.user_id)

    @post(
        "/token/email_change",
        status_code=204,
        guards=[by_mail],
        responses=errors(*SIGNED_IN, 507),
        summary="Have a token sent, to the address that you have, that allows to name another one",
    )
    async def ask_to_change(request: HubbubRequest) -> None:
        await mailboxes.addresses.ask_to_change(request.user.user_id)

    @patch(
        "/email",
        status_code=204,
        guards=[limited_by_user(limiter, PROVING)],
        responses=errors(*SIGNED_IN, *WITH_BODY, 403),
        summary="Name another address; it becomes yours when its token is confirmed",
        description=(
            "A letter goes to the new address, and `POST /auth/confirm` with its token makes it the account's. "
            "Nothing tells whether the address has an account already: then its owner is told, and nothing changes."
        ),
    )
    async def change(request: HubbubRequest, data: JSONBody[ChangeEmail]) -> None:
        await mailboxes.addresses.change(request.user, data)

    return Router("/", route_handlers=[ask_to_confirm, ask_to_change, change], tags=["account"])
