"""Passkeys: adding, naming and removing those of an account, signing in with one, and registering with one alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from hubbub.actions.accounts import Accounts, FirstWayIn
from hubbub.actions.asserting import Asserting
from hubbub.actions.new_keys import seal_slots
from hubbub.actions.proving import Proving
from hubbub.actions.signing_in import SigningIn
from hubbub.auth.actor import Actor
from hubbub.auth.ceremonies import Ceremonies, For, Owner
from hubbub.storage import challenges, key_slots, passkeys, users
from hubbub.storage.engine import Reader
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import NotFound
from hubbub.wire.ids import new_id, require_id, rfc3339
from hubbub.wire.keys import Slot, SlotName, passkey_slot
from hubbub.wire.passkeys import (
    BeginRegistration,
    NewPasskey,
    PasskeyCreation,
    PasskeyList,
    PasskeyRequest,
    PasskeyRow,
    RegisterWithPasskey,
    SignedInByPasskey,
)
from hubbub.wire.resources import Assertion, Proof

SIGN_IN = For("sign-in")


class Passkeys:
    """Methods raise the refusals of `wire.errors`; nothing was changed then."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        vault: Vault,
        ceremonies: Ceremonies,
        asserting: Asserting,
        proving: Proving,
        signing_in: SigningIn,
        accounts: Accounts,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._vault = vault
        self._ceremonies = ceremonies
        self._asserting = asserting
        self._proving = proving
        self._signing_in = signing_in
        self._accounts = accounts

    # --- signing in, and making an account --------------------------------------------------------------------------

    async def begin_sign_in(self) -> PasskeyRequest:
        """What a browser asks for: any passkey that the person has for this server."""
        return PasskeyRequest(options=self._ceremonies.request(SIGN_IN))

    async def sign_in(self, answer: Assertion, device: str = "") -> SignedInByPasskey:
        """Begin a new family on this device.

        Raises `UnknownPasskey`, `InvalidPasskey`, `CopiedPasskey`, `StaleChallenge`.
        """
        checked = await self._asserting.check(SIGN_IN, answer)
        signed_in = await self._signing_in.begin(checked.account, device=device, also=checked.use)
        return SignedInByPasskey(**msgspec.structs.asdict(signed_in), passkey_id=checked.passkey.id)

    async def begin_registering(self, asked: BeginRegistration) -> PasskeyCreation:
        """What a browser is to make for an account to come. Whether the address is free is not told here."""
        user_id, passkey_id, email = require_id(asked.id), new_id(), asked.email.strip()
        owner = Owner(user_id, email, (asked.display_name or "").strip() or email)
        options = self._ceremonies.creation(_registering(user_id, passkey_id, email), owner)
        return PasskeyCreation(id=passkey_id, options=options)

    async def register(self, asked: RegisterWithPasskey, device: str = "") -> SignedInByPasskey:
        """Make an account whose first way in is this passkey, and sign in. Raises as `Accounts.create`, and
        `InvalidPasskey`, `StaleChallenge`, `PasskeyTaken`.
        """
        new, user_id = asked.passkey, require_id(asked.id)
        wanted = _registering(user_id, new.id, asked.email.strip())
        passkey, answered = self._ceremonies.created(wanted, user_id, new.id, new.credential)
        slots = _slots(new) if asked.slots is None else {"recovery": asked.slots.recovery, **_slots(new)}

        def store(transaction: Transaction) -> None:
            challenges.spend(transaction, answered)
            passkeys.add(transaction, passkey, new.name.strip())

        signed_in = await self._accounts.create(asked, FirstWayIn(slots, also=store), device=device)
        return SignedInByPasskey(**msgspec.structs.asdict(signed_in), passkey_id=passkey.id)

    # --- those of an account ------------------------------------------------------------------------------------------

    async def all(self, user_id: str) -> PasskeyList:
        return await self._reader.run(_list, user_id)

    async def begin_adding(self, actor: Actor, proof: Proof) -> PasskeyCreation:
        """What a browser is to make for who proved anew who they are. Raises as `Proving.account`."""
        await self._proving.account(actor, None, proof)
        owner, rows = await self._reader.run(_owner, actor.user_id)
        passkey_id = new_id()
        others = map(passkeys.passkey_of, rows)
        return PasskeyCreation(
            id=passkey_id, options=self._ceremonies.creation(_adding(actor, passkey_id), owner, others)
        )

    async def add(self, actor: Actor, new: NewPasskey) -> PasskeyRow:
        """Raises `InvalidPasskey`, `StaleChallenge`, `PasskeyTaken`, `TooMany`."""
        wanted = _adding(actor, new.id)
        passkey, answered = self._ceremonies.created(wanted, actor.user_id, new.id, new.credential)
        sealed = seal_slots(self._vault, actor.user_id, _slots(new))

        def store(transaction: Transaction) -> PasskeyRow:
            with transaction.connection.begin_nested():  # of what is refused nothing is left
                challenges.spend(transaction, answered)
                passkeys.add(transaction, passkey, new.name.strip())
                key_slots.put_slots(transaction, actor.user_id, sealed)
            return _row_of(transaction.connection, actor.user_id, new.id)

        return await self._writer.write(store, users=[actor.user_id])

    async def rename(self, user_id: str, passkey_id: str, name: str) -> PasskeyRow:
        """Raises `NotFound`."""

        def change(transaction: Transaction) -> PasskeyRow:
            passkeys.rename(transaction, user_id, passkey_id, name.strip())
            return _row_of(transaction.connection, user_id, passkey_id)

        return await self._writer.write(change, users=[user_id])

    async def remove(self, actor: Actor, passkey_id: str, proof: Proof) -> None:
        """It signs nobody in any more, and the slot that it opens goes. Raises `NotFound`, `LastWayIn`, and as
        `Proving.account`.
        """
        await self._proving.account(actor, None, proof)
        await self._writer.write(passkeys.remove, actor.user_id, passkey_id, users=[actor.user_id])


def _registering(user_id: str, passkey_id: str, email: str) -> For:
    return For("register", (user_id, passkey_id, users.email_key(email)))


def _adding(actor: Actor, passkey_id: str) -> For:
    return For("add", (actor.user_id, actor.family_id, passkey_id))


def _slots(new: NewPasskey) -> dict[SlotName, Slot]:
    return {} if new.slot is None else {passkey_slot(new.id): new.slot}


def _owner(connection: Connection, user_id: str) -> tuple[Owner, list[Row[Any]]]:
    user = users.own_user(connection, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return Owner(user.id, user.email, user.display_name), passkeys.rows_of(connection, user_id)


def _list(connection: Connection, user_id: str) -> PasskeyList:
    account = users.account_by_id(connection, user_id)
    if account is None:
        raise NotFound("There is no such user.")
    slots = key_slots.slots_of(connection, user_id)
    return PasskeyList(
        items=[_shown(row, slots) for row in passkeys.rows_of(connection, user_id)],
        password=account.password_hash is not None,
    )


def _row_of(connection: Connection, user_id: str, passkey_id: str) -> PasskeyRow:
    return _shown(passkeys.row_of(connection, user_id, passkey_id), key_slots.slots_of(connection, user_id))


def _shown(row: Row[Any], slots: Collection[SlotName]) -> PasskeyRow:
    return PasskeyRow(
        id=row.id,
        credential_id=row.credential_id,
        name=row.name,
        opens=passkey_slot(row.id) in slots,
        used_at=_time(row.used_at),
        copied_at=_time(row.copied_at),
        inserted_at=rfc3339(row.inserted_at),
    )


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)
