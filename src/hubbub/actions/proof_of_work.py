"""When proof of work is asked for: of who registers or signs in without any, past a few times.

Pages always send it, so nobody at one is ever held up. Programs need none while they are few: each network address and
each account has a small allowance of tries without. Whether an account exists makes no difference.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from hubbub.auth.captcha import Captcha, Pressure, WrongProofError
from hubbub.auth.limits import Limiter, Rule
from hubbub.storage import challenges
from hubbub.storage.writer import Writer
from hubbub.wire.errors import CaptchaRequired, InvalidCredentials, StaleChallenge, TooFast
from hubbub.wire.joining import Challenge, Purpose

UNPROVEN_BY_ADDRESS: Final = Rule("unproven by address", 1 / 60, 10)
UNPROVEN_BY_ACCOUNT: Final = Rule("unproven by account", 1 / 300, 5)


class ProofOfWork:
    """Makes challenges and asks for their solution; `on` False: asks for none, whatever happens."""

    def __init__(
        self,
        writer: Writer,
        limiter: Limiter,
        captcha: Captcha,
        *,
        on: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._writer = writer
        self._limiter = limiter
        self._captcha = captcha
        self._on = on
        self._pressure = Pressure(clock)

    def challenge(self, purpose: Purpose) -> Challenge:
        """What to solve: the harder, the more was registered or failed to sign in lately."""
        return self._captcha.challenge(purpose, self._pressure.doublings())

    @asynccontextmanager
    async def guarded(self, purpose: Purpose, origin: str, email: str, solution: str | None) -> AsyncIterator[None]:
        """Around what registers or signs in. `origin`: the key of the network address.

        A solution that is sent has to be right, and is spent. Raises `CaptchaRequired`.
        """
        if self._on:
            await self._require(purpose, origin, email, solution)
        if purpose == "register":
            self._pressure.add()
        try:
            yield
        except InvalidCredentials:
            self._pressure.add()
            raise

    async def _require(self, purpose: Purpose, origin: str, email: str, solution: str | None) -> None:
        if solution is not None:
            await self._spend(purpose, solution)
            return
        try:
            await self._limiter.spend(UNPROVEN_BY_ADDRESS, origin)
            await self._limiter.spend(UNPROVEN_BY_ACCOUNT, self._captcha.key(email))
        except TooFast:
            raise self._required(purpose) from None

    async def _spend(self, purpose: Purpose, solution: str) -> None:
        try:
            proof = await asyncio.to_thread(self._captcha.check, purpose, solution)
        except WrongProofError:
            raise self._required(purpose, "This solves no challenge that is good now; solve this one.") from None
        try:
            await self._writer.write(challenges.spend, proof)
        except StaleChallenge:
            raise self._required(purpose, "This solution was used before; solve this challenge.") from None

    def _required(self, purpose: Purpose, detail: str | None = None) -> CaptchaRequired:
        return CaptchaRequired(detail, challenge=self.challenge(purpose))
