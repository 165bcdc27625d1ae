"""The letters that the server writes: what each is for, and what it has to say.

Nothing that a user chose stands in a letter: whoever types in a stranger's address could write to them through us.
Each kind has two templates of its name in `templates/`: the text, whose first line is the subject, and the HTML.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Letter(msgspec.Struct, frozen=True, tag_field="kind"):
    """Base of all kinds; `kind`, the tag of the class, is what operators see of it."""

    @property
    def kind(self) -> str:
        return kind_of(type(self))


class ConfirmAddress(Letter, frozen=True, tag="confirm_address"):
    """To who registered: `token` proves that the address is theirs."""

    token: str


class ConfirmNewAddress(Letter, frozen=True, tag="confirm_new_address"):
    """To the address that an account is to have from now on."""

    token: str


class AddressTaken(Letter, frozen=True, tag="address_taken"):
    """To the owner of an address that somebody else's account was to have."""


class ChangeAddress(Letter, frozen=True, tag="change_address"):
    """To the address that an account has: `token` allows to name another one."""

    token: str


class AddressChanged(Letter, frozen=True, tag="address_changed"):
    """To the address that an account had until now."""


class ResetPassword(Letter, frozen=True, tag="reset_password"):
    """To who forgot their password: `token` sets a new one."""

    token: str


class SignInLink(Letter, frozen=True, tag="sign_in_link"):
    """To who wants to sign in without a password: `token` does it."""

    token: str


class PasswordChanged(Letter, frozen=True, tag="password_changed"):
    """To the owner, after the password was changed or reset."""


class AccountDeleted(Letter, frozen=True, tag="account_deleted"):
    """To the address that an account had until it was deleted."""


class StolenSignIn(Letter, frozen=True, tag="stolen_sign_in"):
    """To the owner, after a refresh token was used a second time and its sign-in ended."""


AnyLetter = (
    ConfirmAddress
    | ConfirmNewAddress
    | AddressTaken
    | ChangeAddress
    | AddressChanged
    | ResetPassword
    | SignInLink
    | PasswordChanged
    | StolenSignIn
    | AccountDeleted
)


def kind_of(letter: type[Letter]) -> str:
    return str(letter.__struct_config__.tag)


def encode(letter: Letter, to: str) -> str:
    """The letter and its address as one JSON text, for the queue."""
    return msgspec.json.encode({"to": to, "letter": letter}).decode()


class Addressed(msgspec.Struct, frozen=True):
    """A letter with its address, as it comes out of the queue. An empty address: it is for nobody."""

    to: str
    letter: AnyLetter


def decode(text: str) -> Addressed:
    """What `encode` made; raises `msgspec.ValidationError` for a kind that this version does not know."""
    return msgspec.json.decode(text, type=Addressed)


def values_of(letter: Letter) -> dict[str, Any]:
    """What its templates may show."""
    return msgspec.structs.asdict(letter)
