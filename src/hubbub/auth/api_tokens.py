"""API tokens: `hub_` and 32 random bytes, of which the server keeps a hash alone; what they show is remembered."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable
from hashlib import sha256

import msgspec

from hubbub.auth.actor import Actor, Grant
from hubbub.auth.revocations import Revocations
from hubbub.storage.api_tokens import ApiToken, by_hash, touch
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Writer
from hubbub.wire.errors import ExpiredToken, InvalidToken, Refusal
from hubbub.wire.signing import b64u

PREFIX = "hub_"
NEVER = 2**52  # seconds since 1970: what does not end
REMEMBERED = 10_000
FRESH = 60  # seconds that what was read counts; what is revoked is forgotten at once
COARSE = 10 * 60 * 1000  # milliseconds between two notes of the last use


def new_token() -> str:
    return PREFIX + b64u(secrets.token_bytes(32))


def is_api_token(token: str) -> bool:
    """Whether it looks like one; no other token does."""
    return token.startswith(PREFIX)


def stored(token: str) -> str:
    """The form in which a token is stored: of so much randomness a plain hash gives nothing away."""
    return sha256(token.encode(errors="replace")).hexdigest()


class _Known(msgspec.Struct, frozen=True, gc=False):
    actor: Actor
    until: float


class ApiTokens:
    """Who API tokens speak for. `clock` gives seconds since 1970."""

    def __init__(
        self, reader: Reader, writer: Writer, revocations: Revocations, clock: Callable[[], float] = time.time
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._revocations = revocations
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._hashes: dict[str, str] = {}  # by the token's id
        revocations.on_revoked(self._revoked)

    async def verify(self, token: str) -> Actor:
        """Who the token speaks for. Raises `InvalidToken`, `ExpiredToken`, `Unavailable`."""
        return self.remembered(token) or await self._read(stored(token))

    def remembered(self, token: str) -> Actor | None:
        """As `verify`, where that is known without reading; None where it is not. Raises `ExpiredToken`."""
        known = self._known.get(stored(token))
        if known is None or known.until <= self._clock():
            return None
        return self._living(known.actor)

    async def _read(self, token_hash: str) -> Actor:
        token = await self._reader.run(by_hash, token_hash)
        if token is None:
            raise InvalidToken()
        # One that was revoked while it was read is not let in again.
        actor = self._revocations.require_live(self._living(_actor(token)))
        self._remember(token_hash, actor)
        if token.used_at is None or token.used_at < self._clock() * 1000 - COARSE:
            with contextlib.suppress(Refusal):  # a full disk keeps nobody from reading
                await self._writer.write(touch, token.id)
        return actor

    def _living(self, actor: Actor) -> Actor:
        if actor.expires_at <= self._clock():
            raise ExpiredToken("The API token has expired; its owner makes another.")
        return actor

    def _remember(self, token_hash: str, actor: Actor) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
            self._hashes.clear()
        self._known[token_hash] = _Known(actor, self._clock() + FRESH)
        self._hashes[actor.family_id] = token_hash

    def _revoked(self, _user_id: str, token_id: str | None) -> None:
        token_hash = self._hashes.pop(token_id or "", None)
        if token_hash is not None:
            del self._known[token_hash]


def _actor(token: ApiToken) -> Actor:
    began = token.inserted_at // 1000
    ends = NEVER if token.expires_at is None else token.expires_at // 1000
    limited = None if token.conversations is None else frozenset(token.conversations)
    return Actor(token.user_id, token.id, ends, ends - began, Grant(token.writes, limited))
