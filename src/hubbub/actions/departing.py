"""Deleting an account: at once nobody gets in and nobody reads a name; what is left goes bit by bit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection

from hubbub.actions.mailing import Mailing
from hubbub.actions.membership import Membership
from hubbub.actions.pictures import Pictures
from hubbub.actions.proving import Proving
from hubbub.actions.publishing import Publisher
from hubbub.actions.reactions import Reactions
from hubbub.auth.actor import Actor
from hubbub.auth.revocations import Revocations
from hubbub.mail.letters import AccountDeleted
from hubbub.storage import api_tokens, bots, conversations, departures, exports, families, memberships, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.departures import Departure
from hubbub.storage.engine import Reader
from hubbub.storage.families import Revocation
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import LastAdmin, Refusal
from hubbub.wire.events import LeaveConversation, React
from hubbub.wire.resources import DeleteAccount, PublicUser

log = structlog.get_logger("hubbub.departing")


class _Departed(NamedTuple):
    revocations: Sequence[Revocation]
    shown: PublicUser


class Departing:
    """`delete` answers when nobody can get in any more; `forever` finishes what a process that ended began."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        proving: Proving,
        mailing: Mailing,
        pictures: Pictures,
        membership: Membership,
        reactions: Reactions,
        publisher: Publisher,
        revocations: Revocations,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._proving = proving
        self._mailing = mailing
        self._pictures = pictures
        self._membership = membership
        self._reactions = reactions
        self._publisher = publisher
        self._revocations = revocations
        self._finishing: dict[str, asyncio.Task[None]] = {}

    async def delete(self, actor: Actor, asked: DeleteAccount) -> None:
        """Delete the actor's account for good. The owner is told by mail.

        Raises `LastAdmin`, and what the proof is refused with.
        """
        account = await self._proving.account(actor, asked.password, asked.proof)
        if await self._reader.run(departures.is_last_admin, account.id):
            raise LastAdmin()
        contacts = await self._reader.run(users.contacts, account.id)  # before there are none
        await self._sign_off(account.id, asked.leaves)
        programs = [bot.id for bot in await self._reader.run(bots.owned_by, account.id)]

        async def unname(_: str | None) -> str | None:
            picture = await self._reader.run(users.picture_of, account.id)
            tell = partial(self._tell, account.id, contacts)
            everyone = [account.id, *programs]
            await self._writer.write(self._depart, account, asked.messages, programs, users=everyone, tell=tell)
            return picture

        await self._pictures.hide(unname)

    async def _sign_off(self, user_id: str, leaves: Mapping[str, list[Any]]) -> None:
        """Leave sealed groups by the user's own links; who changed one meanwhile may have made a link worthless."""
        for place, links in leaves.items():
            try:
                await self._membership.leave(user_id, place, LeaveConversation(links=links))
            except Refusal as refusal:
                log.info("not_signed_off", code=refusal.code)

    def _depart(
        self, transaction: Transaction, account: users.Account, departure: Departure, programs: Sequence[str]
    ) -> _Departed:
        connection = transaction.connection
        users.require_unchanged(connection, account)
        if departures.is_last_admin(connection, account.id):
            raise LastAdmin()
        address = users.address_of(connection, account.id)
        revocations = [*families.revoke_all(transaction, account.id), *api_tokens.revoke_all(transaction, account.id)]
        for bot in programs:
            departures.depart(transaction, bot, departure)
        departures.depart(transaction, account.id, departure)
        if address:
            self._mailing.queue(transaction, AccountDeleted(), address)
        [shown] = users.public_users(connection, account.id, [account.id])
        return _Departed(revocations, shown)

    def _tell(self, user_id: str, contacts: Sequence[str], departed: _Departed) -> None:
        self._revocations.apply(departed.revocations)
        name = {"user_id": user_id, "display_name": departed.shown.display_name}
        for contact in contacts:
            self._publisher.to_contact(contact, "update_display_name", name)
            self._publisher.to_contact(contact, "update_profile", {"user": departed.shown})
        self._finish_later(user_id)

    # --- bit by bit ---------------------------------------------------------------------------------------------

    async def forever(self, every: float = 60) -> None:
        """Finish what is unfinished, now and every so many seconds."""
        while True:
            try:
                for user_id, _ in await self._reader.run(departures.unfinished):
                    self._finish_later(user_id)
            except Refusal as refusal:
                log.warning("departing_failed", code=refusal.code)
            await asyncio.sleep(every)

    async def stop(self) -> None:
        """Leave the rest to the next start."""
        for task in self._finishing.values():
            task.cancel()
        await asyncio.gather(*self._finishing.values(), return_exceptions=True)

    def _finish_later(self, user_id: str) -> None:
        if user_id not in self._finishing:
            task = asyncio.get_running_loop().create_task(self._finish_all(user_id), name="departing")
            self._finishing[user_id] = task
            task.add_done_callback(lambda _: self._finishing.pop(user_id))

    async def _finish_all(self, user_id: str) -> None:
        """Of the user and of their bots, whose rows say the same."""
        try:
            for one, departure in await self._reader.run(departures.unfinished_of, user_id):
                await self._finish(one, departure)
        except Refusal as refusal:  # the next turn of `forever` goes on
            log.warning("departing_failed", code=refusal.code)

    async def _finish(self, user_id: str, departure: Departure) -> None:
        """Each transaction is small, and the next one waits its turn behind what others write."""
        for place in await self._reader.run(departures.places, user_id):
            if departure == "remove":
                await self._take_off_reactions(place, user_id)
                while await self._writer.write(departures.end_some, place, user_id, conversations=[place]):
                    pass
            await self._leave(place, user_id)
            await self._writer.write(departures.forget_in, place, user_id, conversations=[place])
        for table in departures.LEFT_BEHIND:
            while await self._writer.write(departures.drop_some, table, user_id, users=[user_id]):
                pass
        await self._writer.write(departures.finished, user_id, users=[user_id])

    async def _take_off_reactions(self, place: str, user_id: str) -> None:
        """Where the user may still do so themselves: those in places that they left long ago stay, by nobody."""
        after = ""
        while found := await self._reader.run(exports.reactions_of, place, user_id, after):
            for row in found:
                after = row.message_id
                try:
                    await self._reactions.react(
                        user_id, place, React(message_group_id=row.message_id, emoji=row.emoji), on=False
                    )
                except Refusal as refusal:
                    log.info("reaction_left", code=refusal.code)

    async def _leave(self, place: str, user_id: str) -> None:
        """Where nobody has to sign that they leave. In a sealed group their client signs it before; who has not is a
        member without keys there until another one takes them out.
        """
        found = await self._reader.run(_membership_in, place, user_id)
        if found is None:
            return
        if found.private:
            await self._writer.write(_end_talk, place, conversations=[place])
        elif not found.sealed:
            await self._membership.leave(user_id, place, LeaveConversation())


def _membership_in(connection: Connection, place: str, user_id: str) -> Conversation | None:
    """The conversation, if the user is a member of it now."""
    if not memberships.current_members(connection, [(place, user_id)]):
        return None
    return conversations.load_one(connection, place)


def _end_talk(transaction: Transaction, place: str) -> None:
    """Nothing is said any more to who cannot read it."""
    conversations.set_apart(transaction.connection, place, True)
