"""Groups (seed 001): finding them, coming in or asking to be let in, and what they show of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from hubbub.actions.join_requests import JoinRequests
from hubbub.actions.joining import Joining
from hubbub.actions.membership import Membership
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import conversation_change, conversation_row
from hubbub.auth.actor import Actor
from hubbub.auth.page_tokens import PageTokens
from hubbub.domain.text import check_text
from hubbub.storage import conversations, groups, memberships
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.groups import FoundGroup
from hubbub.storage.users import Place
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import NotFound, NotMember, NotOwner
from hubbub.wire.events import LeaveConversation
from hubbub.wire.ids import rfc3339
from hubbub.wire.key_checks import sealing_key
from hubbub.wire.resources import AskToJoin, ChangeGroup, Group, GroupPage

LONGEST_SEARCH = 128
DECIDING = ("owner", "moderator")  # the roles that decide what a group shows of itself


class _Changed(msgspec.Struct, frozen=True, gc=False):
    conversation: Conversation
    picture_before: str | None


class Groups:
    """What is done with groups as such; what is said in them goes the way of every conversation."""

    def __init__(
        self,
        *,
        reader: Reader,
        writer: Writer,
        publisher: Publisher,
        joining: Joining,
        requests: JoinRequests,
        membership: Membership,
        page_tokens: PageTokens,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._publisher = publisher
        self._joining = joining
        self._requests = requests
        self._membership = membership
        self._page_tokens = page_tokens

    # --- finding --------------------------------------------------------------------------------------------------

    async def page(self, actor: Actor, page_token: str | None, size: int, search: str | None) -> GroupPage:
        """`size` listed groups after those of the page that gave `page_token`, oldest first.

        `search` is text in the title. Raises `InvalidPageToken`, `InvalidText`.
        """
        wanted = check_text((search or "").strip(), "q", LONGEST_SEARCH)
        listing = f"groups?q={wanted}"
        after = self._page_tokens.read(listing, actor.user_id, page_token, Place) if page_token else None
        found, place = await self._reader.run(groups.page, actor.user_id, after, size, wanted or None)
        following = self._page_tokens.make(listing, actor.user_id, place) if place else None
        return GroupPage(items=[shown(one) for one in found], page_token=following)

    async def find(self, actor: Actor, group_id: str) -> Group:
        """One group, listed or not. Raises `NotFound`."""
        found = await self._reader.run(groups.one, actor.user_id, group_id)
        if found is None:
            raise NotFound("There is no such group.")
        return shown(found)

    # --- coming and going -----------------------------------------------------------------------------------------

    async def enter(self, actor: Actor, group_id: str, asked: AskToJoin) -> Group:
        """Come in, or ask to be let in, as the group has it; again changes nothing.

        Raises `NotFound`, `Banned`, `TooMany`, `BadInput`.
        """
        group = await self.find(actor, group_id)
        if group.joining == "members":
            await self._requests.ask(actor.user_id, group_id, asked.request)
        else:
            await self._joining.join(actor.user_id, group_id)
        return await self.find(actor, group_id)

    async def leave(self, actor: Actor, group_id: str) -> None:
        """Leave a group, or ask no more to be let in. Raises `NotFound`, `NotMember`, `InvalidLink`."""
        group = await self.find(actor, group_id)
        if group.member:
            await self._membership.leave(actor.user_id, group_id, LeaveConversation())
        elif not await self._requests.withdraw(actor.user_id, group_id):
            raise NotMember()

    # --- what it shows of itself ----------------------------------------------------------------------------------

    async def change(self, actor: Actor, group_id: str, asked: ChangeGroup) -> Group:
        """Change what is given. Raises `NotOwner` for who is neither owner nor moderator, `NotMember`, `NotFound`."""
        values: dict[str, Any] = {
            name: value
            for name in asked.__struct_fields__
            if (value := getattr(asked, name)) is not msgspec.UNSET and name != "public_key"
        }
        if asked.public_key is not msgspec.UNSET:
            values["public_key"] = sealing_key(asked.public_key) if asked.public_key is not None else None
        await self._change(actor.user_id, group_id, values)
        return await self.find(actor, group_id)

    async def set_picture(self, group_id: str, user_id: str, picture: str | None) -> str | None:
        """Name another picture of the group, or none; the answer is the one before. Raises as `change`."""
        return (await self._change(user_id, group_id, {"picture": picture})).picture_before

    async def _change(self, user: str, group_id: str, values: Mapping[str, Any]) -> _Changed:
        return await self._writer.write(
            _change, group_id, user, values, conversations=[group_id], tell=partial(self._tell, values)
        )

    def _tell(self, values: Mapping[str, Any], done: _Changed) -> None:
        conversation = done.conversation
        row, version = conversation_row(conversation), conversation.version
        told = {"conversation": row, "version": version, "changes": [conversation_change(conversation)]}
        self._publisher.to_conversation(conversation.id, "update_alias", told, conversation.departed_version)


def _change(transaction: Transaction, group_id: str, user: str, values: Mapping[str, Any]) -> _Changed:
    connection = transaction.connection
    conversation = conversations.load_one(connection, group_id)
    if conversation is None or conversation.kind != "group":
        raise NotFound("There is no such group.")
    member = memberships.current_members(connection, [(group_id, user)]).get((group_id, user))
    if member is None:
        raise NotMember()
    if member.role not in DECIDING:
        raise NotOwner("Only its owner and moderators may change this.", current=conversation_row(conversation))
    version = conversation.head + 1
    changed = replace(conversation, **values, head=version, version=version, updated_at=transaction.now)
    conversations.save(connection, changed)
    return _Changed(changed, conversation.picture)


def shown(found: FoundGroup) -> Group:
    """A group as its viewer may see it."""
    return Group(
        id=found.id,
        title=found.alias,
        about=found.about,
        picture=found.picture,
        encrypted=found.encrypted,
        joining=found.joining,
        approvals=found.approvals,
        listed=found.listed,
        members=found.members,
        member=found.member,
        requested=found.requested,
        public_key=None if found.public_key is None else msgspec.json.decode(found.public_key),
        owner_id=found.creator_id,
        inserted_at=rfc3339(found.inserted_at),
    )
