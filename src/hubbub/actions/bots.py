"""Bots: accounts of programs. Their owner makes them, gives them API tokens and puts them away."""

from __future__ import annotations

from functools import partial

from hubbub.actions.new_keys import NewKeys, check_keys, store_keys
from hubbub.auth.actor import Actor
from hubbub.auth.revocations import Revocations
from hubbub.domain.handles import is_handle
from hubbub.storage import api_tokens, bots, users
from hubbub.storage.engine import Reader
from hubbub.storage.families import Revocation
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.api_tokens import BotList, NewBot
from hubbub.wire.errors import BadInput, NotFound, TooMany
from hubbub.wire.ids import new_id, require_id
from hubbub.wire.resources import PublicUser

MOST_BOTS = 20


class Bots:
    """A bot has neither address nor password: it gets in by the tokens of its owner's making alone."""

    def __init__(self, reader: Reader, writer: Writer, vault: Vault, revocations: Revocations) -> None:
        self._reader = reader
        self._writer = writer
        self._vault = vault
        self._revocations = revocations

    async def make(self, actor: Actor, asked: NewBot) -> PublicUser:
        """A new bot of the actor's. Raises `IdTaken` when its handle or id is, `TooMany`, `InvalidKey`, `BadInput`."""
        if not is_handle(asked.name):
            raise BadInput("name: lower-case letters, digits and single dashes, 2 to 32 of them.")
        if asked.id is None and (asked.identity or asked.user_key):
            raise BadInput("identity, user_key: they are made for the id of the bot; send both.")
        bot_id = new_id() if asked.id is None else require_id(asked.id)
        keys = check_keys(self._vault, bot_id, asked.identity, asked.user_key)
        new = users.NewAccount(
            id=bot_id,
            email="",
            display_name=asked.display_name.strip() or asked.name,
            password_hash=None,
            kdf=None,
            handles=[asked.name],
            owner_id=actor.user_id,
        )
        return await self._writer.write(_make, new, keys, actor.user_id, users=[actor.user_id])

    async def all(self, actor: Actor) -> BotList:
        """The actor's bots, without those that were put away."""
        return BotList(items=await self._reader.run(bots.owned_by, actor.user_id))

    async def put_away(self, actor: Actor, bot_id: str) -> None:
        """Shut the bot's account for good, and end its tokens; what it said stays. Raises `NotFound`."""
        await self._writer.write(
            partial(_put_away, bot_id), actor.user_id, users=[actor.user_id, bot_id], tell=self._revocations.apply
        )


def _make(transaction: Transaction, new: users.NewAccount, keys: NewKeys, owner_id: str) -> PublicUser:
    if bots.count(transaction.connection, owner_id) >= MOST_BOTS:
        raise TooMany(f"An account makes at most {MOST_BOTS} bots.")
    users.insert_account(transaction, new)
    store_keys(transaction, new.id, keys, {})
    return users.public_users(transaction.connection, owner_id, [new.id])[0]


def _put_away(bot_id: str, transaction: Transaction, owner_id: str) -> list[Revocation]:
    if not bots.is_owned(transaction.connection, bot_id, owner_id):
        raise NotFound("You have no such bot.")
    users.set_disabled(transaction, bot_id, disabled=True)
    return api_tokens.revoke_all(transaction, bot_id)
