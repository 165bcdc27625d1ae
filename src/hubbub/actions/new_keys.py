"""Keys and slots that a client made, on their way into the database: checked and sealed before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row

from hubbub.storage import key_slots, keys
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction
from hubbub.wire.errors import Conflict, TooLarge
from hubbub.wire.key_checks import verify_identity, verify_public_key
from hubbub.wire.keys import IdentityKey, Slot, SlotName
from hubbub.wire.resources import NewIdentityKey, NewUserKey

LARGEST_KEY = 4096


class Standing(NamedTuple):
    """The newest keys that the user has; None before the first."""

    identity: IdentityKey | None = None
    user_key: Row[Any] | None = None


class _NewUserKey(NamedTuple):
    gen: int
    public_key: dict[str, Any]
    sealed_private: str | None


class NewKeys(NamedTuple):
    """What is to be stored; None where nothing was sent, or where it stands already."""

    identity: IdentityKey | None
    sealed_seed: str | None
    user_key: _NewUserKey | None


# --- checking and sealing ---------------------------------------------------------------------------------------------


def standing_of(connection: Connection, user_id: str) -> Standing:
    newest = next(iter(keys.user_key_rows(connection, user_id)), None)
    return Standing(keys.newest_identity(connection, user_id), newest)


def check_keys(
    vault: Vault,
    user_id: str,
    identity: NewIdentityKey | None,
    user_key: NewUserKey | None,
    standing: Standing = Standing(),  # noqa: B008
) -> NewKeys:
    """What to store of these; raises `InvalidKey`, `Conflict`, `TooLarge`."""
    entry = _next_identity(identity, standing.identity, user_id)
    seed = identity.wrapped_seed if identity is not None and entry is not None else None
    return NewKeys(
        entry,
        None if entry is None or seed is None else vault.seal(seed, seed_context(user_id, entry.seq)),
        _next_user_key(vault, user_id, user_key, entry or standing.identity, standing.user_key),
    )


def seal_slots(vault: Vault, user_id: str, slots: Mapping[SlotName, Slot]) -> dict[SlotName, str]:
    """The slots as they are stored."""
    return {
        name: vault.seal(msgspec.json.encode(slot).decode(), slot_context(user_id, name))
        for name, slot in slots.items()
    }


def _next_identity(asked: NewIdentityKey | None, newest: IdentityKey | None, user_id: str) -> IdentityKey | None:
    """The entry to add to the history; None when nothing was asked or it is the newest one already."""
    if asked is None:
        return None
    entry = IdentityKey(asked.ik, asked.seq, asked.signature, asked.previous_signature)
    if entry == newest:
        return None
    verify_identity(entry, user=user_id, previous=newest)
    return entry


def _next_user_key(
    vault: Vault, user_id: str, asked: NewUserKey | None, signer: IdentityKey | None, newest: Row[Any] | None
) -> _NewUserKey | None:
    """The user key to store, once everything about it holds; None when there is nothing to store."""
    if asked is None:
        return None
    _json(asked.public_key, "public_key")
    private = _json(asked.private_key, "private_key")
    signer_ik = signer.ik if signer else None
    key = verify_public_key(asked.public_key, conversation=None, user=user_id, identity_key=signer_ik)
    if newest is not None and key.gen <= newest.gen:
        if key.gen == newest.gen and msgspec.json.decode(newest.public_key) == asked.public_key:
            return None
        raise Conflict("There is a user key of this generation or a later one; raise gen.")
    sealed = None if private is None else vault.seal(private, user_key_context(user_id, key.gen))
    return _NewUserKey(key.gen, asked.public_key, sealed)


def _json(document: dict[str, Any] | None, name: str) -> str | None:
    if document is None:
        return None
    text = msgspec.json.encode(document).decode()
    if len(text) > LARGEST_KEY:
        raise TooLarge(f"{name} is longer than {LARGEST_KEY} characters of JSON.")
    return text


# What a sealed text is and whose: it opens in no other place.


def seed_context(user_id: str, seq: int) -> str:
    return f"identity-seed:{user_id}:{seq}"


def user_key_context(user_id: str, gen: int) -> str:
    return f"user-key:{user_id}:{gen}"


def slot_context(user_id: str, name: SlotName) -> str:
    return f"key-slot:{user_id}:{name}"


# --- storing ----------------------------------------------------------------------------------------------------------


def store_keys(transaction: Transaction, user_id: str, new: NewKeys, sealed_slots: Mapping[SlotName, str]) -> None:
    """Write what was checked; the user must be locked, or be made in this transaction."""
    if new.identity is not None:
        keys.insert_identity(transaction, user_id, new.identity, new.sealed_seed)
    if new.user_key is not None:
        keys.insert_user_key(transaction, user_id, *new.user_key)
    key_slots.put_slots(transaction, user_id, sealed_slots)
