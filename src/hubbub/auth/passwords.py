"""Passwords: Argon2id, by default RFC 9106's low-memory profile, on threads of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from hubbub.wire.errors import Unavailable

T = TypeVar("T")
# Of a password that no account has: an unknown address costs as much time as a wrong password.
_NOBODY = "nobody's password"


MEMORY = profiles.RFC_9106_LOW_MEMORY.memory_cost


def argon2id(memory: int = MEMORY) -> PasswordHasher:
    """3 passes over `memory` KiB, 4 lanes; the default is RFC 9106's second recommended option (section 4)."""
    return PasswordHasher.from_parameters(replace(profiles.RFC_9106_LOW_MEMORY, memory_cost=memory))


class Passwords:
    """Hashes and checks passwords, a few at a time; `most_waiting` more may wait, then `Unavailable`.

    The threads are not those of database readers, so that a rush of sign-ins slows only sign-ins.
    """

    def __init__(
        self, hasher: PasswordHasher | None = None, *, threads: int | None = None, most_waiting: int = 256
    ) -> None:
        self._hasher = hasher or argon2id()
        self._threads = ThreadPoolExecutor(threads or min(4, os.cpu_count() or 1), "passwords")
        self._most_waiting = most_waiting
        self._waiting = 0
        self._nobody = self._hasher.hash(_NOBODY)

    async def hash(self, password: str) -> str:
        """The hash to store. Raises `Unavailable` when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one of the hash `stored`; None (no such account): False after the same
        work.
        """
        return await self._run(lambda: self._matches(stored or self._nobody, password) and stored is not None)

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._most_waiting:
            raise Unavailable("Too many people sign in at once; try again in a moment.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
