"""What a client that encrypts sends for its account: a stretched password, slots, and keys."""

from __future__ import annotations

import os
from typing import Any

from hubbub.wire.ids import new_id
from hubbub.wire.signing import b64u
from tests.sealing import Document, Identity


def fresh_kdf() -> Document:
    return {"salt": b64u(os.urandom(16)), "m": 65536, "t": 3, "p": 4}


class Password:
    """A password after stretching: `secret` is sent, `key` stays and opens the password slot.

    The bytes are random: what the server does with them does not depend on how they came to be.
    """

    def __init__(self) -> None:
        self.kdf = fresh_kdf()
        self.secret = b64u(os.urandom(32))
        self.key = os.urandom(32)


class Keyed:
    """The client of one account, before it is registered and after."""

    def __init__(self, email: str) -> None:
        self.email = email
        self.identity = Identity(new_id())
        self.password = Password()
        self.recovery_key = os.urandom(32)

    def registration(self, **changed: Any) -> Document:
        """The body of `/auth/register`; what is `changed` to None is left out."""
        body = {
            "email": self.email,
            "password": self.password.secret,
            "id": self.identity.user,
            "kdf": self.password.kdf,
            "slots": {"password": self.slot(self.password), "recovery": self.recovery_slot()},
            **keys(self.identity),
            **changed,
        }
        return {name: value for name, value in body.items() if value is not None}

    def slot(self, password: Password) -> Document:
        return self.identity.slot("password", password.key)

    def recovery_slot(self) -> Document:
        return self.identity.slot("recovery", self.recovery_key)

    def password_change(self, new: Password, **changed: Any) -> Document:
        """The body of `PATCH /api/password`; what is `changed` to None is left out."""
        body = {
            "password": self.password.secret,
            "new_password": new.secret,
            "new_password_confirmation": new.secret,
            "kdf": new.kdf,
            "slot": self.slot(new),
            **changed,
        }
        return {name: value for name, value in body.items() if value is not None}


def keys(identity: Identity, gen: int = 1, **entry: Any) -> Document:
    """`identity` and `user_key` as a client sends them; `entry` goes to `Identity.identity_key`."""
    return {
        "identity": {**identity.identity_key(**entry), "wrapped_seed": identity.wrapped_seed()},
        "user_key": {"public_key": identity.public_key(gen=gen), "private_key": identity.private_key(gen=gen)},
    }
