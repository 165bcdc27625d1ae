"""Who may make an account: everybody, who was invited, or nobody; with which addresses; and what the operator says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Literal, NamedTuple

from hubbub.auth.registration_hook import RegistrationHook
from hubbub.config import address_pattern
from hubbub.storage import invitations, users
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import AddressNotAllowed, InvitationRequired, RegistrationClosed
from hubbub.wire.joining import HookProfile, HookQuestion

Registration = Literal["open", "invited", "closed"]
Inviters = Literal["admins", "anyone"]


class Admitted(NamedTuple):
    """Somebody who may make an account, if their invitation (`code_hash`; None: they need none) is still good."""

    email_key: str
    code_hash: str | None
    of_anyone: bool
    profile: HookProfile

    def require(self, transaction: Transaction) -> str | None:
        """The invitation to be used in this transaction. Raises `InvalidInvitation`, `EmailTaken`."""
        if self.code_hash is None:
            return None
        return invitations.require_good(
            transaction.connection,
            self.code_hash,
            self.email_key,
            transaction.now,
            of_anyone=self.of_anyone,
            lock=True,
        )


class Admission:
    """Decides before an account is made; what is decided on what is locked is left to `Admitted.require`."""

    def __init__(
        self,
        reader: Reader,
        hook: RegistrationHook,
        *,
        registration: Registration = "open",
        inviters: Inviters = "admins",
        allowed_addresses: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._hook = hook
        self._registration = registration
        self._of_anyone = inviters == "anyone"
        self._patterns = [address_pattern(pattern) for pattern in allowed_addresses]
        self._clock = clock

    def require_allowed(self, email: str) -> None:
        """Raises `AddressNotAllowed` for an address that accounts of this server may not have."""
        if self._patterns and not any(pattern.fullmatch(email) for pattern in self._patterns):
            raise AddressNotAllowed()

    async def admit(self, email: str, display_name: str, handle: str | None, invitation: str | None) -> Admitted:
        """Whether somebody may make an account. The operator's hook is asked last, of nobody who may not anyway.

        Raises `RegistrationClosed`, `InvitationRequired`, `InvalidInvitation`, `EmailTaken`, `AddressNotAllowed`,
        `RegistrationRefused`, `Unavailable`.
        """
        code_hash = self._invited_by(invitation)
        key = users.email_key(email)
        if code_hash is not None:
            await self._reader.run(
                invitations.require_good, code_hash, key, int(self._clock() * 1000), of_anyone=self._of_anyone
            )
        self.require_allowed(email)
        asked = HookQuestion(email=email, display_name=display_name, name=handle, invited=code_hash is not None)
        return Admitted(key, code_hash, self._of_anyone, await self._hook(asked))

    def _invited_by(self, invitation: str | None) -> str | None:
        if self._registration == "closed":
            raise RegistrationClosed()
        if self._registration == "open":
            return None
        if invitation is None:
            raise InvitationRequired()
        return stored(invitation)


def stored(code: str) -> str:
    """The form in which an invitation's code is stored: of so much randomness a plain hash gives nothing away."""
    return sha256(code.encode()).hexdigest()
