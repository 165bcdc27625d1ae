"""A user's identity key, their own conversation key, and the slots of their account key (Hubbub's design of keys and
envelopes, sections 2 to 4).
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from hubbub.actions.new_keys import (
    check_keys,
    seal_slots,
    seed_context,
    slot_context,
    standing_of,
    store_keys,
    user_key_context,
)
from hubbub.actions.proving import Proving
from hubbub.auth.actor import Actor
from hubbub.storage import key_slots, keys, passkeys, users
from hubbub.storage.engine import Reader
from hubbub.storage.users import Account
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import BadInput, Conflict, NotFound
from hubbub.wire.keys import Slot
from hubbub.wire.resources import OwnIdentityEntry, OwnKeys, OwnUserKey, PublicKeys, RegisterKeys


class UserKeys:
    """Registers and shows keys. What is private is sealed under `vault` before it is stored."""

    def __init__(self, *, reader: Reader, writer: Writer, vault: Vault, proving: Proving) -> None:
        self._reader = reader
        self._writer = writer
        self._vault = vault
        self._proving = proving

    async def own(self, user_id: str) -> OwnKeys:
        """The user's keys with their private parts, as their client wrapped them."""
        return await self._reader.run(self._own, user_id)

    async def public(self, user_id: str) -> PublicKeys:
        """What anyone signed in may know of a user's keys. Raises `NotFound`."""
        return await self._reader.run(_public, user_id)

    async def register(self, actor: Actor, asked: RegisterKeys) -> OwnKeys:
        """Store the next identity key, the next user key (signed by the newest identity key), slots, or several of
        them: all or none.

        What is stored already with the same bytes is accepted and changes nothing. Slots replace those of the same
        names, which takes the password or another proof: who finds a signed-in device must not lock its owner out.
        Raises `InvalidKey`, `Conflict`, `TooLarge`, `BadInput`, and what the proof is refused with.
        """
        if asked.identity is None and asked.user_key is None and asked.slots is None:
            raise BadInput("Send identity, user_key, slots, or several of them.")
        user_id = actor.user_id
        account = None if asked.slots is None else await self._prove(actor, asked)
        return await self._writer.write(self._register, user_id, asked, account, users=[user_id])

    async def _prove(self, actor: Actor, asked: RegisterKeys) -> Account:
        if asked.password is None and asked.proof is None:
            raise BadInput("password: slots are replaced by who sends it, or another proof, with them.")
        return await self._proving.account(actor, asked.password, asked.proof)

    # --- in the transaction -------------------------------------------------------------------------------------------

    def _register(
        self, transaction: Transaction, user_id: str, asked: RegisterKeys, account: Account | None
    ) -> OwnKeys:
        connection = transaction.connection
        slots = asked.slots or {}
        if account is not None:
            users.require_unchanged(connection, account)
        for name in slots:
            if name.startswith("passkey:"):
                passkeys.row_of(connection, user_id, name.removeprefix("passkey:"))
        if "password" in slots and users.kdf_by_id(connection, user_id) is None:
            raise Conflict("This password is sent as it is typed, so it opens no slot; set it anew with kdf.")
        new = check_keys(self._vault, user_id, asked.identity, asked.user_key, standing_of(connection, user_id))
        # A refusal comes before the first row is written: only now is everything checked.
        if new.identity is not None and slots:
            key_slots.drop_slots(transaction, user_id)
        store_keys(transaction, user_id, new, seal_slots(self._vault, user_id, slots))
        return self._own(connection, user_id)

    # --- showing ------------------------------------------------------------------------------------------------------

    def _own(self, connection: Connection, user_id: str) -> OwnKeys:
        sealed_slots = key_slots.slots_of(connection, user_id)
        return OwnKeys(
            user_id=user_id,
            identity=[self._own_entry(row) for row in keys.identity_rows(connection, user_id)],
            user_keys=[self._own_key(row) for row in keys.user_key_rows(connection, user_id)],
            slots={
                name: msgspec.json.decode(self._vault.open(sealed, slot_context(user_id, name)), type=Slot)
                for name, sealed in sealed_slots.items()
            },
            kdf=users.kdf_by_id(connection, user_id),
        )

    def _own_entry(self, row: Row[Any]) -> OwnIdentityEntry:
        seed = self._open(row.wrapped_seed, seed_context(row.user_id, row.seq))
        return OwnIdentityEntry(**keys.entry_fields(row), wrapped_seed=seed)

    def _own_key(self, row: Row[Any]) -> OwnUserKey:
        private = self._open(row.private_key, user_key_context(row.user_id, row.gen))
        opened = None if private is None else msgspec.json.decode(private)
        return OwnUserKey(**keys.key_fields(row), private_key=opened)

    def _open(self, sealed: str | None, context: str) -> str | None:
        return None if sealed is None else self._vault.open(sealed, context)


def _public(connection: Connection, user_id: str) -> PublicKeys:
    if users.unknown(connection, [user_id]):
        raise NotFound("There is no such user.")
    return keys.public_keys(connection, user_id)
