"""Channels: public and plaintext, begun by anyone, changed by their owner alone, joined by oneself (seed 000)."""

from __future__ import annotations

from itertools import islice
from typing import Any, Literal

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from hubbub.actions.joining import Joined, Joining
from hubbub.actions.membership import Membership
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import conversation_change, conversation_row
from hubbub.actions.starting import LONGEST_ALIAS, require_users
from hubbub.auth.actor import Actor
from hubbub.auth.page_tokens import PageTokens
from hubbub.domain.handles import candidates
from hubbub.domain.text import check_text
from hubbub.domain.visibility import Span
from hubbub.storage import channels, closing, conversations, memberships, user_stream, users
from hubbub.storage.channels import FoundChannel
from hubbub.storage.conversations import FIRST_VERSION, Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.operations import RequestMac
from hubbub.storage.users import Place
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import IdTaken, NotAdmin, NotFound, NotOwner
from hubbub.wire.events import LeaveConversation
from hubbub.wire.ids import new_id, require_id, rfc3339
from hubbub.wire.resources import ChangeChannel, Channel, ChannelPage, NewChannel

LONGEST_SEARCH = 128
NAMES_TRIED = 50
GUEST = ""  # in the place of a user id
Creators = Literal["anyone", "admins"]
OWNED = Span(FIRST_VERSION, None, role="owner", changed=FIRST_VERSION)


class Channels:
    """What is done with channels as such; what is said in them goes the way of every conversation."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        publisher: Publisher,
        joining: Joining,
        membership: Membership,
        page_tokens: PageTokens,
        mac: RequestMac,
        creators: Creators = "anyone",
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher
        self._joining = joining
        self._membership = membership
        self._page_tokens = page_tokens
        self._mac = mac
        self._creators = creators

    # --- finding --------------------------------------------------------------------------------------------------

    async def page(self, actor: Actor | None, page_token: str | None, size: int, search: str | None) -> ChannelPage:
        """`size` channels after those of the page that gave `page_token`, oldest first.

        `search` is text in the title, the name or what it is about; guests (no actor) see those that anyone may read.

        Raises `InvalidPageToken`, `InvalidText`.
        """
        wanted = check_text((search or "").strip(), "q", LONGEST_SEARCH)
        listing = f"channels?q={wanted}"
        viewer = actor.user_id if actor is not None else None
        after = self._page_tokens.read(listing, viewer or GUEST, page_token, Place) if page_token else None
        found, place = await self._reader.run(channels.page, viewer, after, size, wanted or None)
        following = self._page_tokens.make(listing, viewer or GUEST, place) if place else None
        return ChannelPage(items=[_shown(one) for one in found], page_token=following)

    async def find(self, actor: Actor | None, id_or_name: str) -> Channel:
        """One channel; for a guest (no actor) one that anyone may read. Raises `NotFound`."""
        viewer = actor.user_id if actor is not None else None
        found = await self._reader.run(channels.one, viewer, id_or_name.lower())
        if found is None:
            raise NotFound("There is no such channel.")
        return _shown(found)

    # --- beginning and changing -----------------------------------------------------------------------------------

    async def begin(self, actor: Actor, asked: NewChannel) -> Channel:
        """Begin a channel of one's own. Raises `IdTaken`, `InvalidText`; `NotAdmin` where only admins may."""
        title = check_text(asked.title.strip(), "title", LONGEST_ALIAS, shortest=1)
        conversation = conversations.begun(
            require_id(asked.id) if asked.id is not None else new_id(),
            "channel",
            actor.user_id,
            self._mac("channel", asked.id, title, asked.about),
            encrypted=False,
            alias=title,
            about=asked.about,
            joining="oneself",
            changing="owner",
            listed=True,
        )
        begun = await self._writer.write(
            _begin,
            conversation,
            self._creators,
            conversations=[conversation.id],
            users=[actor.user_id],
            tell=self._joining.tell,
        )
        return await self.find(actor, begun.conversation.id)

    async def change(self, actor: Actor, channel_id: str, asked: ChangeChannel) -> Channel:
        """Change one's own channel; its name in addresses stays. Raises `NotOwner`, `NotFound`."""
        values = {
            name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not msgspec.UNSET
        }
        if "title" in values:
            values["alias"] = check_text(values.pop("title").strip(), "title", LONGEST_ALIAS, shortest=1)
        await self._writer.write(
            _change, channel_id, actor.user_id, values, conversations=[channel_id], tell=self._tell_changed
        )
        return await self.find(actor, channel_id)

    def _tell_changed(self, changed: Conversation) -> None:
        payload = {
            "conversation": conversation_row(changed),
            "version": changed.version,
            "changes": [conversation_change(changed)],
        }
        self._publisher.to_conversation(changed.id, "update_alias", payload, changed.departed_version)

    # --- subscribing ----------------------------------------------------------------------------------------------

    async def subscribe(self, actor: Actor, channel_id: str) -> Channel:
        """Come in, on every device at once; again changes nothing. Raises `NotFound`, `Banned`, `TooMany`."""
        await self.find(actor, channel_id)
        await self._joining.join(actor.user_id, channel_id)
        return await self.find(actor, channel_id)

    async def unsubscribe(self, actor: Actor, channel_id: str) -> None:
        """Leave a channel; one's own stays one's own. Raises `NotFound`, `NotMember`."""
        await self.find(actor, channel_id)
        await self._membership.leave(actor.user_id, channel_id, LeaveConversation())


# --- in the transaction -------------------------------------------------------------------------------------------


def _begin(transaction: Transaction, asked: Conversation, creators: Creators) -> Joined:
    connection, owner = transaction.connection, asked.creator_id
    require_users(connection, [owner])
    before = conversations.load_one(connection, asked.id)
    if before is not None:
        if (before.creator_id, before.request_mac) != (owner, asked.request_mac):
            raise IdTaken()
        return Joined(before, owner, OWNED, {})
    if creators == "admins" and not users.is_admin(connection, owner):
        raise NotAdmin("Only admins begin channels here.")
    if closing.is_closed(connection, asked.id):
        raise IdTaken("The channel with this id was closed.")
    dated = replace(asked, inserted_at=transaction.now, updated_at=transaction.now)
    named = (replace(dated, name=name) for name in islice(candidates(asked.alias), NAMES_TRIED))
    begun = next(one for one in named if conversations.add_named(connection, one))
    memberships.add_members(connection, begun, {owner: "owner"}, FIRST_VERSION, transaction.now)
    heads = user_stream.advance(transaction, {owner: [(user_stream.CONVERSATION, begun.id, False)]})
    return Joined(begun, owner, OWNED, heads)


def _change(transaction: Transaction, channel_id: str, user: str, values: dict[str, Any]) -> Conversation:
    """The channel with these fields; when they are what they were, nothing is new."""
    conversation = require_channel(transaction.connection, channel_id)
    if conversation.creator_id != user:
        raise NotOwner(current=conversation_row(conversation))
    changed = replace(conversation, **values)
    if changed == conversation:
        return conversation
    version = conversation.head + 1
    # Who reads without being a member may have to go: they are looked at again.
    closer = conversation.reading == "anyone" != changed.reading
    departed = version if closer else conversation.departed_version
    changed = replace(changed, head=version, version=version, departed_version=departed, updated_at=transaction.now)
    conversations.save(transaction.connection, changed)
    return changed


def require_channel(connection: Connection, channel_id: str) -> Conversation:
    """The channel with this id. Raises `NotFound`."""
    conversation = conversations.load_one(connection, channel_id)
    if conversation is None or conversation.joining != "oneself":
        raise NotFound("There is no such channel.")
    return conversation


def _shown(found: FoundChannel) -> Channel:
    return Channel(
        id=found.id,
        name=found.name,
        title=found.alias,
        about=found.about,
        reading=found.reading,
        posting=found.posting,
        owner_id=found.creator_id,
        inserted_at=rfc3339(found.inserted_at),
        members=found.members,
        subscribed=found.subscribed,
    )
