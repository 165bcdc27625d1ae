"""Passkeys as they cross the network: the JSON forms of WebAuthn level 3 (5.1), and what is shown of them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hubbub.wire.documents import JsonObject
from hubbub.wire.keys import Slot
from hubbub.wire.resources import (
    Assertion,
    Body,
    CredentialId,
    DisplayName,
    Email,
    NewId,
    Proof,
    RecoverySlot,
    Registration,
    SignedIn,
)
from hubbub.wire.sessions import DeviceName

PasskeyName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S", description="What its owner calls it.")]

Transports = Annotated[
    list[Annotated[str, Meta(max_length=32)]], Meta(max_length=32, description="How browsers reach the authenticator.")
]

# --- what is sent -----------------------------------------------------------------------------------------------------


class AttestationResponse(Body, kw_only=True, rename="camel"):
    client_data_json: Annotated[str, Meta(min_length=1, max_length=8192)] = msgspec.field(name="clientDataJSON")
    attestation_object: Annotated[str, Meta(min_length=1, max_length=65_536)]
    transports: Annotated[list[Annotated[str, Meta(max_length=32)]], Meta(max_length=32)] = msgspec.field(
        default_factory=list
    )


class Attestation(Body, kw_only=True):
    """What an authenticator made: a RegistrationResponseJSON."""

    id: CredentialId
    response: AttestationResponse


class BeginPasskey(Body, kw_only=True):
    proof: Proof


class NewPasskey(Body, kw_only=True):
    """`id` and the options that led to `credential` are those of one answer. `slot`: the account key under what the
    authenticator's extension `prf` gives, sealed for the slot `passkey:{id}`.
    """

    id: NewId
    name: PasskeyName
    credential: Attestation
    slot: Slot | None = None


class RenamePasskey(Body, kw_only=True):
    name: PasskeyName


class RemovePasskey(Body, kw_only=True):
    proof: Proof


class PasskeySignIn(Body, kw_only=True):
    credential: Assertion
    device_name: DeviceName | None = None


class BeginRegistration(Body, kw_only=True):
    """`id` is that of the account which the client is about to make; the passkey keeps it."""

    id: NewId
    email: Email
    display_name: DisplayName | None = None


class RegisterWithPasskey(Registration, kw_only=True):
    """As with a password, but the first way into the account is a passkey, and there is no password."""

    id: NewId
    passkey: NewPasskey
    slots: RecoverySlot | None = None


# --- what is answered -------------------------------------------------------------------------------------------------


class PasskeyRequest(msgspec.Struct, kw_only=True):
    """`options`: PublicKeyCredentialRequestOptionsJSON, for `navigator.credentials.get`."""

    options: JsonObject


class PasskeyCreation(msgspec.Struct, kw_only=True):
    """`options`: PublicKeyCredentialCreationOptionsJSON, for `navigator.credentials.create`; `id`: what the
    passkey will be called in routes, and its slot `passkey:{id}`.
    """

    id: str
    options: JsonObject


class PasskeyRow(msgspec.Struct, kw_only=True):
    """`opens`: it has a slot of the account key. `copied_at`: when its counter went back, as that of a copy does."""

    id: str
    credential_id: str
    name: str
    opens: bool
    used_at: str | None
    copied_at: str | None
    inserted_at: str


class PasskeyList(msgspec.Struct, kw_only=True):
    """`password`: whether the account has one, too."""

    items: list[PasskeyRow]
    password: bool


class SignedInByPasskey(SignedIn, kw_only=True):
    """`passkey_id` names the slot that the passkey opens, if it has one: `passkey:{passkey_id}`."""

    passkey_id: str
