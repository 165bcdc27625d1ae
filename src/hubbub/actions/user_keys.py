"""A user's identity key and their own conversation key (Hubbub's design of keys and envelopes, sections 3
and 4).
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from hubbub.domain.keys import verify_identity, verify_public_key
from hubbub.storage import keys, users
from hubbub.storage.engine import Reader
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import BadInput, Conflict, NotFound, TooLarge
from hubbub.wire.keys import IdentityKey
from hubbub.wire.resources import (
    NewIdentityKey,
    NewUserKey,
    OwnIdentityEntry,
    OwnKeys,
    OwnUserKey,
    PublicKeys,
    RegisterKeys,
)

LARGEST_KEY = 4096


class UserKeys:
    """Registers and shows keys. What is private is sealed under `vault` before it is stored."""

    def __init__(self, *, reader: Reader, writer: Writer, vault: Vault) -> None:
        self._reader = reader
        self._writer = writer
        self._vault = vault

    async def own(self, user_id: str) -> OwnKeys:
        """The user's keys with their private parts, as their client wrapped them."""
        return await self._reader.run(self._own, user_id)

    async def public(self, user_id: str) -> PublicKeys:
        """What anyone signed in may know of a user's keys. Raises `NotFound`."""
        return await self._reader.run(_public, user_id)

    async def register(self, user_id: str, asked: RegisterKeys) -> OwnKeys:
        """Store the next identity key, the next user key (signed by the newest identity key), or both.

        What is stored already with the same bytes is accepted and changes nothing. Raises `InvalidKey`,
        `Conflict`, `TooLarge`, `BadInput`.
        """
        if asked.identity is None and asked.user_key is None:
            raise BadInput("Send identity, user_key, or both.")
        return await self._writer.write(self._register, user_id, asked, users=[user_id])

    # --- in the transaction ---------------------------------------------------------------------------------

    def _register(self, transaction: Transaction, user_id: str, asked: RegisterKeys) -> OwnKeys:
        newest = keys.newest_identity(transaction.connection, user_id)
        entry = _next_identity(asked.identity, newest, user_id)
        signer = entry or newest
        gen = self._next_gen(transaction.connection, user_id, asked.user_key, signer)
        # A refusal comes before the first row is written: only now is everything checked.
        if entry is not None and asked.identity is not None:
            sealed = self._seal(asked.identity.wrapped_seed, _seed_context(user_id, entry.seq))
            keys.insert_identity(transaction, user_id, entry, sealed)
        if gen is not None and asked.user_key is not None:
            private = _json(asked.user_key.private_key, "private_key")
            sealed = self._seal(private, _key_context(user_id, gen))
            keys.insert_user_key(transaction, user_id, gen, asked.user_key.public_key, sealed)
        return self._own(transaction.connection, user_id)

    def _next_gen(
        self, connection: Connection, user_id: str, asked: NewUserKey | None, signer: IdentityKey | None
    ) -> int | None:
        """The generation to store, once everything about the key holds; None when there is nothing to
        store.
        """
        if asked is None:
            return None
        _json(asked.public_key, "public_key")
        _json(asked.private_key, "private_key")
        key = verify_public_key(
            asked.public_key, conversation=None, user=user_id, identity_key=signer.ik if signer else None
        )
        newest = next(iter(keys.user_key_rows(connection, user_id)), None)
        if newest is None or key.gen > newest.gen:
            return key.gen
        if key.gen == newest.gen and msgspec.json.decode(newest.public_key) == asked.public_key:
            return None
        raise Conflict("There is a user key of this generation or a later one; raise gen.")

    def _seal(self, text: str | None, context: str) -> str | None:
        return None if text is None else self._vault.seal(text, context)

    # --- showing --------------------------------------------------------------------------------------------

    def _own(self, connection: Connection, user_id: str) -> OwnKeys:
        return OwnKeys(
            user_id=user_id,
            identity=[self._own_entry(row) for row in keys.identity_rows(connection, user_id)],
            user_keys=[self._own_key(row) for row in keys.user_key_rows(connection, user_id)],
        )

    def _own_entry(self, row: Row[Any]) -> OwnIdentityEntry:
        seed = self._open(row.wrapped_seed, _seed_context(row.user_id, row.seq))
        return OwnIdentityEntry(**keys.entry_fields(row), wrapped_seed=seed)

    def _own_key(self, row: Row[Any]) -> OwnUserKey:
        private = self._open(row.private_key, _key_context(row.user_id, row.gen))
        opened = None if private is None else msgspec.json.decode(private)
        return OwnUserKey(**keys.key_fields(row), private_key=opened)

    def _open(self, sealed: str | None, context: str) -> str | None:
        return None if sealed is None else self._vault.open(sealed, context)


def _next_identity(asked: NewIdentityKey | None, newest: IdentityKey | None, user_id: str) -> IdentityKey | None:
    """The entry to add to the history; None when nothing was asked or it is the newest one already."""
    if asked is None:
        return None
    entry = IdentityKey(asked.ik, asked.seq, asked.signature, asked.previous_signature)
    if entry == newest:
        return None
    verify_identity(entry, user=user_id, previous=newest)
    return entry


def _public(connection: Connection, user_id: str) -> PublicKeys:
    if users.unknown(connection, [user_id]):
        raise NotFound("There is no such user.")
    return keys.public_keys(connection, user_id)


def _json(document: dict[str, Any] | None, name: str) -> str | None:
    if document is None:
        return None
    text = msgspec.json.encode(document).decode()
    if len(text) > LARGEST_KEY:
        raise TooLarge(f"{name} is longer than {LARGEST_KEY} characters of JSON.")
    return text


def _seed_context(user_id: str, seq: int) -> str:
    return f"identity-seed:{user_id}:{seq}"


def _key_context(user_id: str, gen: int) -> str:
    return f"user-key:{user_id}:{gen}"
