"""Passkeys: /auth/passkey to sign in and to register with one, /api/passkeys for those of one's own."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get, patch, post
from litestar.params import JSONBody, Parameter

from hubbub.actions.passkeys import Passkeys
from hubbub.actions.proof_of_work import ProofOfWork
from hubbub.actions.proving import Proving
from hubbub.auth.limits import LOGIN, PRELOGIN, PROVING, REGISTER, Addresses, Limiter
from hubbub.http.allowed import allows
from hubbub.http.bearer import limited, limited_by_user, origin_of
from hubbub.http.devices import device_of
from hubbub.http.documentation import SIGNED_IN, WITH_BODY, errors
from hubbub.http.requests import HubbubRequest
from hubbub.wire.ids import require_id
from hubbub.wire.passkeys import (
    BeginPasskey,
    BeginRegistration,
    NewPasskey,
    PasskeyCreation,
    PasskeyList,
    PasskeyRequest,
    PasskeyRow,
    PasskeySignIn,
    RegisterWithPasskey,
    RemovePasskey,
    RenamePasskey,
    SignedInByPasskey,
)

PasskeyId = Annotated[str, Parameter(description="The UUID of the passkey.", schema_extra={"format": "uuid"})]


def passkey_sign_in(passkeys: Passkeys, work: ProofOfWork, limiter: Limiter, addresses: Addresses) -> Router:
    """The routes that need no token; how often they may be used is counted by network address."""

    @post(
        "/begin",
        status_code=200,
        guards=[limited(limiter, addresses, PRELOGIN)],
        responses=errors(),
        summary="What a browser asks a passkey for, to sign in",
        description="No address is asked for: the passkey says whose it is. The challenge is good once, for 5 minutes.",
    )
    async def begin_passkey_sign_in() -> PasskeyRequest:
        return await passkeys.begin_sign_in()

    @post(
        "/finish",
        status_code=200,
        guards=[limited(limiter, addresses, LOGIN)],
        responses=errors(*WITH_BODY, 401, 403, 409),
        summary="Sign in with what the passkey answered",
    )
    async def passkey_finish(request: HubbubRequest, data: JSONBody[PasskeySignIn]) -> SignedInByPasskey:
        return await passkeys.sign_in(data.credential, device_of(request, data.device_name))

    @post(
        "/register/begin",
        status_code=200,
        guards=[limited(limiter, addresses, PRELOGIN)],
        responses=errors(*WITH_BODY),
        summary="What a browser is to make, to register with a passkey",
        description="Whether the address is free is told where the account is made.",
    )
    async def begin_passkey_registration(data: JSONBody[BeginRegistration]) -> PasskeyCreation:
        return await passkeys.begin_registering(data)

    @post(
        "/register/finish",
        status_code=200,
        guards=[limited(limiter, addresses, REGISTER)],
        responses=errors(*WITH_BODY, 401, 403, 409, 422, 428),
        summary="Make an account without a password and sign in",
        description=(
            "As `/auth/register`: with the account everything is stored, or nothing is. When the answer is lost, a "
            "repeat is refused with `email_taken`: sign in with the passkey."
        ),
    )
    async def register_with_passkey(request: HubbubRequest, data: JSONBody[RegisterWithPasskey]) -> SignedInByPasskey:
        async with work.guarded("register", origin_of(request, addresses), data.email, data.captcha):
            return await passkeys.register(data, device_of(request, data.device_name))

    handlers = [begin_passkey_sign_in, passkey_finish, begin_passkey_registration, register_with_passkey]
    return Router("/auth/passkey", route_handlers=handlers, tags=["sign in"])


def passkey_routes(passkeys: Passkeys, proving: Proving, limiter: Limiter) -> Router:
    proved = [limited_by_user(limiter, PROVING)]

    @get("/", responses=errors(*SIGNED_IN), summary="One's own passkeys, in the order in which they came")
    async def own_passkeys(request: HubbubRequest) -> PasskeyList:
        return await passkeys.all(request.user.user_id)

    @post(
        "/proof",
        status_code=200,
        guards=proved,
        responses=errors(*SIGNED_IN),
        summary="What a browser asks one's passkeys for, to prove who is asking",
        description="The answer goes as `passkey` into the `proof` of another request; it is good once, for 5 minutes.",
    )
    async def begin_proof(request: HubbubRequest) -> PasskeyRequest:
        return await proving.ask(request.user)

    @post(
        "/begin",
        status_code=200,
        guards=proved,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 409),
        summary="What a browser is to make, for another passkey of one's own",
    )
    async def begin_passkey(request: HubbubRequest, data: JSONBody[BeginPasskey]) -> PasskeyCreation:
        return await passkeys.begin_adding(request.user, data.proof)

    @post(
        "/",
        status_code=200,
        guards=proved,
        responses=errors(*SIGNED_IN, *WITH_BODY, 409),
        summary="Keep the passkey that was made",
        description="An account has 20 at most.",
    )
    async def add_passkey(request: HubbubRequest, data: JSONBody[NewPasskey]) -> PasskeyRow:
        return await passkeys.add(request.user, data)

    @patch("/{passkey_id:str}", responses=errors(*SIGNED_IN, *WITH_BODY, 404), summary="Call a passkey something else")
    async def rename_passkey(
        request: HubbubRequest, passkey_id: PasskeyId, data: JSONBody[RenamePasskey]
    ) -> PasskeyRow:
        return await passkeys.rename(request.user.user_id, require_id(passkey_id, "passkey_id"), data.name)

    @post(
        "/{passkey_id:str}/remove",
        status_code=204,
        guards=proved,
        responses=errors(*SIGNED_IN, *WITH_BODY, 403, 404, 409),
        summary="Sign in with this passkey no longer",
        description="The last way into an account stays: `last_way_in`.",
    )
    async def remove_passkey(request: HubbubRequest, passkey_id: PasskeyId, data: JSONBody[RemovePasskey]) -> None:
        await passkeys.remove(request.user, require_id(passkey_id, "passkey_id"), data.proof)

    handlers = [own_passkeys, begin_proof, begin_passkey, add_passkey, rename_passkey, remove_passkey]
    return Router("/passkeys", route_handlers=[allows("/", "GET", "POST"), *handlers], tags=["passkeys"])
