"""Accounts: registering, signing in and out, passwords, and what a user sets for themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from hubbub.actions.admission import Admission, Admitted
from hubbub.actions.new_keys import NewKeys, check_keys, seal_slots, store_keys
from hubbub.actions.new_passwords import NewPasswords
from hubbub.actions.proving import Proving
from hubbub.actions.publishing import Publisher
from hubbub.actions.signing_in import SigningIn
from hubbub.actions.tokens_by_mail import TokensByMail
from hubbub.auth.actor import Actor
from hubbub.auth.credentials import Credentials
from hubbub.auth.guessing import Guessing
from hubbub.auth.passwords import Passwords
from hubbub.auth.revocations import Revocations
from hubbub.auth.terms import COOKIE_TERMS, TERMS, Terms
from hubbub.domain.handles import candidates
from hubbub.domain.text import check_text
from hubbub.mail.letters import ConfirmAddress
from hubbub.storage import families, invitations, users
from hubbub.storage.engine import Reader
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import InvalidCredentials
from hubbub.wire.events import Changed
from hubbub.wire.ids import new_id, require_id
from hubbub.wire.keys import Kdf, Slot, SlotName
from hubbub.wire.resources import (
    ChangePassword,
    ChangeProfile,
    FirstSlots,
    Login,
    OwnUser,
    Prelogin,
    Profile,
    PublicUser,
    Register,
    Registration,
    SettingsPush,
    SignedIn,
    Stretching,
)

LONGEST_DISPLAY_NAME = 128
SHOWN_TO_CONTACTS = frozenset({"display_name", "about", "picture"})
HANDLES_TRIED = 16


class SettingsDone(NamedTuple):
    """What a change of settings leaves behind: the row, who is to hear of it, and what they see."""

    change: Changed
    contacts: list[str]
    shown: list[PublicUser]
    picture_before: str | None = None


class FirstWayIn(NamedTuple):
    """How one will sign in to a new account: by password, or by what `also` stores with it, or refuses."""

    slots: Mapping[SlotName, Slot]
    password: str | None = None
    kdf: Kdf | None = None
    also: Callable[[Transaction], None] | None = None


class Accounts:
    """Every write to an account. Methods raise the refusals of `wire.errors`; nothing was changed then."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        signing_in: SigningIn,
        new_passwords: NewPasswords,
        tokens: TokensByMail,
        passwords: Passwords,
        credentials: Credentials,
        proving: Proving,
        guessing: Guessing,
        vault: Vault,
        revocations: Revocations,
        publisher: Publisher,
        request_mac: RequestMac,
        admission: Admission,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._signing_in = signing_in
        self._new_passwords = new_passwords
        self._tokens = tokens
        self._passwords = passwords
        self._credentials = credentials
        self._proving = proving
        self._guessing = guessing
        self._vault = vault
        self._revocations = revocations
        self._publisher = publisher
        self._request_mac = request_mac
        self._admission = admission

    # --- signing in -----------------------------------------------------------------------------------------

    async def register(
        self, asked: Register, terms: Terms = TERMS, handle: str | None = None, device: str = ""
    ) -> SignedIn:
        """Make an account with a password and sign it in on this device; `handle` is one that it must have.

        Raises as `create`.
        """
        first = FirstWayIn(_by_name(asked.slots), asked.password, asked.kdf)
        return await self.create(asked, first, terms, handle, device)

    async def create(
        self,
        asked: Registration,
        first: FirstWayIn,
        terms: Terms = TERMS,
        handle: str | None = None,
        device: str = "",
    ) -> SignedIn:
        """Make an account, with the keys that its client made for it, and sign it in: all accounts are made here.

        Raises `EmailTaken`, `IdTaken`, `InvalidKey`, `TooLarge`, `BadInput`, `Unavailable`, what `Admission.admit`
        raises, and what `first` refuses.
        """
        email, name = users.checked_email(asked.email), (asked.display_name or "").strip()
        user_id = new_id() if asked.id is None else require_id(asked.id)
        keys = check_keys(self._vault, user_id, asked.identity, asked.user_key)
        slots = seal_slots(self._vault, user_id, first.slots)
        admitted = await self._admission.admit(email, name or email, handle, asked.invitation)
        name = _display_name(admitted.profile.display_name) if admitted.profile.display_name else name
        password_hash = None if first.password is None else await self._passwords.hash(first.password)
        account = users.Account(user_id, password_hash, disabled=False)
        new = users.NewAccount(
            id=account.id,
            email=email,
            display_name=name or email,
            about=admitted.profile.about or "",
            password_hash=account.password_hash,
            kdf=first.kdf,
            handles=[handle] if handle else list(islice(candidates(name), HANDLES_TRIED)),
        )
        await self._writer.write(self._begin, new, keys, slots, admitted, first.also)
        return await self._signing_in.begin(account, terms, device)

    def _begin(
        self,
        transaction: Transaction,
        new: users.NewAccount,
        keys: NewKeys,
        slots: Mapping[SlotName, str],
        admitted: Admitted,
        also: Callable[[Transaction], None] | None,
    ) -> None:
        invitation = admitted.require(transaction)
        # Of an account whose first way in is refused nothing is left, and its invitation is not used up.
        with transaction.connection.begin_nested():
            users.insert_account(transaction, new)
            if invitation is not None:
                invitations.use(transaction, invitation)
            store_keys(transaction, new.id, keys, slots)
            if also is not None:
                also(transaction)
            self._tokens.send(transaction, new.id, "email_confirm", ConfirmAddress, about=new.email)

    async def prelogin(self, asked: Prelogin) -> Stretching:
        """How the password of this address is to be stretched, whether or not anybody has it."""
        return Stretching(kdf=await self._credentials.stretching(asked.email))

    async def login(self, asked: Login, terms: Terms = TERMS, device: str = "") -> SignedIn:
        """Begin a new family. Raises `InvalidCredentials`, in the same time whether or not the address is
        known, and `TooFast` where too many passwords were wrong.
        """
        attempt = await self._guessing.begin(asked.email, asked.device_proof)
        account = await self._credentials.by_email(asked.email, asked.password)
        await self._guessing.succeeded(attempt)
        return await self._signing_in.begin(await self._with_current_hash(account, asked.password), terms, device)

    async def _with_current_hash(self, account: users.Account, password: str) -> users.Account:
        if account.password_hash is None or not self._passwords.is_outdated(account.password_hash):
            return account
        new_hash = await self._passwords.hash(password)
        await self._writer.write(users.replace_password_hash, account, new_hash, users=[account.id])
        return msgspec.structs.replace(account, password_hash=new_hash)

    # --- signing out ----------------------------------------------------------------------------------------

    async def sign_out(self, actor: Actor) -> None:
        """End the sign-in that the actor's token stems from: its tokens and its sockets (seed 004)."""
        await self._writer.write(
            families.revoke_one, actor.user_id, actor.family_id, users=[actor.user_id], tell=self._revocations.apply
        )

    async def sign_out_all(self, user_id: str) -> None:
        """End every family of the user: refresh tokens, access tokens and sockets."""
        await self._writer.write(families.revoke_all, user_id, users=[user_id], tell=self._revocations.apply)

    async def change_password(self, actor: Actor, asked: ChangePassword) -> None:
        """Set a new password and its slot, or take the old slot away, and end every family.

        Raises `InvalidCredentials`, `BadInput`, `Unavailable`, and what the proof is refused with.
        """
        await self._new_passwords.take(await self._proving.account(actor, asked.password, asked.proof), asked)

    async def replace_password(
        self, actor: Actor, new_password: str, current: str | None, device: str = ""
    ) -> SignedIn:
        """Set a new password as seed 004 does, which needs no current one; ends every family and begins a new one.

        Without it the sign-in itself has to be fresh, so that a session that was stolen or left behind is not the
        account (`FreshProofRequired`). Where an account key hangs on the password that is not enough: raises
        `InvalidCredentials` without it. Nor does an account without a password get its first one here, for that is
        another way into it.
        """
        if current is None and await self._reader.run(users.kdf_by_id, actor.user_id) is not None:
            raise InvalidCredentials("Send current_password: the keys of this account hang on it.")
        account = await self._proving.account(actor, current, None)
        if account.password_hash is None:
            raise InvalidCredentials()
        new_hash = await self._new_passwords.set(account, new_password)
        return await self._signing_in.begin(
            msgspec.structs.replace(account, password_hash=new_hash), COOKIE_TERMS, device
        )

    # --- settings -------------------------------------------------------------------------------------------

    async def update_profile(self, user_id: str, asked: ChangeProfile) -> Profile:
        """Change the settings that are given and push `settings` to the user's sockets; contacts are shown anew what
        they see.
        """
        values = {
            name: value
            for name in ("hidden", "theme", "magnification", "recents", "display_name", "about")
            if (value := getattr(asked, name)) is not msgspec.UNSET
        }
        if "display_name" in values:
            values["display_name"] = _display_name(values["display_name"])
        op_id = None if asked.op_id is msgspec.UNSET else asked.op_id
        user = _own(await self._set(user_id, values, op_id))
        return Profile(
            hidden=user.hidden,
            theme=user.theme,
            magnification=user.magnification,
            recents=user.recents,
            display_name=user.display_name,
            about=user.about,
        )

    async def set_hidden(self, user_id: str, hidden: bool, op_id: str | None = None) -> OwnUser:
        """Store whether the user shows as online; what others see of it is the gateway's."""
        return _own(await self._set(user_id, {"hidden": hidden}, op_id))

    async def set_display_name(self, user_id: str, text: str, op_id: str | None = None) -> OwnUser:
        """Rename the user and tell their contacts, and themselves, with `update_display_name` and `update_profile` on
        `system:general`.
        """
        return _own(await self._set(user_id, {"display_name": _display_name(text)}, op_id))

    async def agree_to(self, user_id: str, version: str) -> OwnUser:
        """Keep that the user agreed to the code of conduct of this version."""
        return _own(await self._set(user_id, {"conduct_version": version}, None))

    async def set_picture(self, user_id: str, picture: str | None) -> str | None:
        """Name another picture of the user, or none; the answer is the one before."""
        return (await self._set(user_id, {"picture": picture}, None)).picture_before

    async def _set(self, user_id: str, values: dict[str, Any], op_id: str | None) -> SettingsDone:
        request = Request(user_id, user_id, op_id, self._request_mac("settings", values))
        return await self._writer.write(
            apply_settings, request, values, users=[user_id], tell=partial(self.tell_settings, user_id, values)
        )

    def tell_settings(self, user_id: str, values: dict[str, Any], done: SettingsDone) -> None:
        """Push what `apply_settings` did with these values, after the commit."""
        push = SettingsPush(user_version=done.change.version, changes=[done.change])
        self._publisher.to_user(user_id, "settings", push)
        if "hidden" in values:
            self._publisher.to_contact(user_id, "set_hidden", {"hidden": values["hidden"]})
        name = {"user_id": user_id, "display_name": _own(done).display_name}
        for contact in [user_id, *done.contacts] if done.shown else []:
            if "display_name" in values:
                self._publisher.to_contact(contact, "update_display_name", name)
            self._publisher.to_contact(contact, "update_profile", {"user": done.shown[0]})


def _by_name(slots: FirstSlots | None) -> dict[SlotName, Slot]:
    return {} if slots is None else {"password": slots.password, "recovery": slots.recovery}


def apply_settings(transaction: Transaction, request: Request, values: dict[str, Any]) -> SettingsDone:
    """Write the settings once; a repeat answers with, and announces, the row as it is now."""
    connection, user_id = transaction.connection, request.user_id
    before = users.picture_of(connection, user_id) if "picture" in values else None
    once(transaction, request, partial(_write_settings, transaction, user_id, values))
    change = users.settings_change(connection, user_id)
    if not values.keys() & SHOWN_TO_CONTACTS:
        return SettingsDone(change, [], [])
    # To contacts one is no stranger, and no more is one to oneself.
    shown = users.public_users(connection, user_id, [user_id])
    return SettingsDone(change, users.contacts(connection, user_id), shown, before)


def _write_settings(transaction: Transaction, user_id: str, values: dict[str, Any]) -> tuple[str, int]:
    columns = dict(values)
    if "recents" in values:
        columns["recents"] = msgspec.json.encode(values["recents"]).decode()
    if "display_name" in values:
        columns["search_text"] = users.searched_as(transaction.connection, user_id, values["display_name"])
    return user_id, users.change_settings(transaction, user_id, columns)


def _display_name(text: str) -> str:
    return check_text(text.strip(), "display_name", LONGEST_DISPLAY_NAME, shortest=1)


def _own(done: SettingsDone) -> OwnUser:
    assert isinstance(done.change.data, OwnUser)
    return done.change.data
