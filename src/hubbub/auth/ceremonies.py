"""WebAuthn's two ceremonies as far as they need no database: what a browser is asked, and whether its answer holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import options_to_json_dict, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hubbub.auth.challenges import CHALLENGE_SECONDS, Challenges
from hubbub.storage.challenges import Answered
from hubbub.storage.passkeys import Passkey
from hubbub.wire.errors import InvalidPasskey
from hubbub.wire.passkeys import Attestation
from hubbub.wire.resources import Assertion
from hubbub.wire.signing import b64u, b64u_decode

T = TypeVar("T")
TRANSPORTS = {transport.value: transport for transport in AuthenticatorTransport}
# What cannot be read is met in many ways: a key that is no point of its curve, a CBOR list where a map belongs.
UNREADABLE = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


class For(NamedTuple):
    """What a challenge is for, and whose: an answer to one is none to another."""

    purpose: str
    subject: tuple[str, ...] = ()


class Owner(NamedTuple):
    """Whose a passkey becomes; authenticators show address and name when they ask which one to use."""

    id: str
    email: str
    display_name: str


class Ceremonies:
    """`public_url` names the server towards authenticators (the RP id is its host); answers may come from `origins`."""

    def __init__(self, challenges: Challenges, public_url: str, origins: Sequence[str]) -> None:
        self._challenges = challenges
        self._rp_id = urlsplit(public_url).hostname or "localhost"
        self._origins = [origin for origin in origins if origin != "*"]  # any page: not any page's passkeys

    # --- making one -----------------------------------------------------------------------------------------------

    def creation(self, wanted: For, owner: Owner, others: Iterable[Passkey] = ()) -> dict[str, Any]:
        """What a browser is to make; authenticators that have one of `others` are left out."""
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._rp_id,
            user_id=UUID(owner.id).bytes,
            user_name=owner.email,
            user_display_name=owner.display_name,
            challenge=self._challenges.make(wanted.purpose, *wanted.subject),
            timeout=CHALLENGE_SECONDS * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,  # so that one signs in without typing a name
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_descriptor(other) for other in others],
        )
        return options_to_json_dict(options)

    def created(self, wanted: For, user_id: str, passkey_id: str, answer: Attestation) -> tuple[Passkey, Answered]:
        """The passkey that was made. Raises `InvalidPasskey`, `StaleChallenge`.

        Which make of authenticator it is is not asked: the attestation counts for nothing.
        """
        response = answer.response
        client_data = _bytes(response.client_data_json)
        challenge = self._challenge(client_data)
        answered = self._challenges.read(challenge, wanted.purpose, *wanted.subject)
        credential = RegistrationCredential(
            id=answer.id,
            raw_id=_bytes(answer.id),
            response=AuthenticatorAttestationResponse(client_data, _bytes(response.attestation_object)),
        )
        made = _holds(
            lambda: webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                require_user_verification=True,
            )
        )
        if made.credential_id != credential.raw_id:
            raise InvalidPasskey()
        passkey = Passkey(
            user_id=user_id,
            id=passkey_id,
            credential_id=answer.id,
            public_key=b64u(made.credential_public_key),
            sign_count=made.sign_count,
            transports=[known for known in dict.fromkeys(response.transports) if known in TRANSPORTS],
        )
        return passkey, answered

    # --- using one ------------------------------------------------------------------------------------------------

    def request(self, wanted: For, allowed: Iterable[Passkey] = ()) -> dict[str, Any]:
        """What a browser is to ask for: one of the passkeys that are allowed, or whichever the person chooses."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id,
            challenge=self._challenges.make(wanted.purpose, *wanted.subject),
            timeout=CHALLENGE_SECONDS * 1000,
            allow_credentials=[_descriptor(one) for one in allowed],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def answered(self, wanted: For, passkey: Passkey, answer: Assertion) -> tuple[int, Answered]:
        """The count of the authenticator, once the answer is this passkey's. Raises `InvalidPasskey`, `StaleChallenge`.

        Whether the count may be so is decided where the last one is locked: `storage/passkeys.py`, `use`.
        """
        response = answer.response
        client_data = _bytes(response.client_data_json)
        challenge = self._challenge(client_data)
        answered = self._challenges.read(challenge, wanted.purpose, *wanted.subject)
        # Only where the browser was told which passkeys to ask for may an authenticator leave out whose this one is.
        if response.user_handle is None and not wanted.subject:
            raise InvalidPasskey()
        if response.user_handle is not None and _bytes(response.user_handle) != UUID(passkey.user_id).bytes:
            raise InvalidPasskey()
        credential = AuthenticationCredential(
            id=answer.id,
            raw_id=_bytes(answer.id),
            response=AuthenticatorAssertionResponse(
                client_data, _bytes(response.authenticator_data), _bytes(response.signature)
            ),
        )
        verified = _holds(
            lambda: webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                credential_public_key=b64u_decode(passkey.public_key),
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        )
        return verified.new_sign_count, answered

    @staticmethod
    def _challenge(client_data: bytes) -> bytes:
        read = _holds(lambda: parse_client_data_json(client_data))
        if read.cross_origin:  # a page of somebody else's had ours inside of it
            raise InvalidPasskey()
        return read.challenge


def _holds(check: Callable[[], T]) -> T:
    try:
        return check()
    except UNREADABLE:
        raise InvalidPasskey() from None


def _bytes(text: str) -> bytes:
    return _holds(lambda: b64u_decode(text))


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [TRANSPORTS[name] for name in passkey.transports if name in TRANSPORTS]
    return PublicKeyCredentialDescriptor(b64u_decode(passkey.credential_id), transports=transports or None)
