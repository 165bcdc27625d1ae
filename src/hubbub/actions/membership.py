"""Who is in a group, and what it is called: alias, new members, leaving (seed 003, conversation channel)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from hubbub.actions.conversation_keys import links_of, proofs
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import (
    conversation_change,
    conversation_row,
    key_change,
    link_change,
    listing_change,
    member_change,
    raw,
)
from hubbub.actions.sending import require_may_write
from hubbub.actions.starting import LONGEST_ALIAS, require_unblocked, require_users
from hubbub.domain.text import check_text
from hubbub.domain.visibility import Span
from hubbub.storage import conversation_keys, conversations, join_requests, memberships, sanctions, user_stream, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.memberships import Member
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.rosters import Rosters
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire import chain
from hubbub.wire.chain import Link
from hubbub.wire.errors import Banned, InvalidKey, InvalidLink, NotMember, NotOwner, TooMany, WrongKind
from hubbub.wire.events import ChangeAlias, Changed, LeaveConversation, ModifyConversation
from hubbub.wire.ids import require_id


class _Approval(msgspec.Struct, frozen=True, gc=False):
    """How many members approved of a newcomer by now, of how many; `asked`: the newcomer asked to be let in."""

    user_id: str
    approvals: int
    needed: int
    asked: bool


class _Changed(msgspec.Struct, frozen=True, gc=False):
    """What a change of a group left behind; `changes` are the rows of its version.

    `circle` are those who have other contacts now.
    """

    conversation: Conversation
    version: int
    changes: list[Changed] = []
    members: dict[str, Member] = {}
    joined: tuple[str, ...] = ()
    user_versions: Mapping[str, int] = {}
    circle: tuple[str, ...] = ()
    approved: tuple[_Approval, ...] = ()


class Membership:
    """Changes of a group by its members: check, commit, publish."""

    def __init__(
        self,
        writer: Writer,
        publisher: Publisher,
        rosters: Rosters,
        mac: RequestMac,
        *,
        max_members: int = 256,
        max_open_members: int = 10_000,
    ) -> None:
        self._writer = writer
        self._publisher = publisher
        self._rosters = rosters
        self._mac = mac
        self._max_members = max_members
        self._max_open_members = max_open_members

    # --- alias ----------------------------------------------------------------------------------------------------

    async def change_alias(self, user: str, conversation_id: str, request: ChangeAlias) -> msgspec.Raw:
        """Give a group another alias, or none: `{"conversation", "version"}`. Raises `WrongKind`, `NotMember`."""
        alias = _alias(request.alias)
        operation = Request(conversation_id, user, request.op_id, self._mac("alias", alias))
        done = await self._writer.write(
            self._apply_alias, operation, alias, conversations=[conversation_id], tell=self._tell_alias
        )
        return raw({"conversation": conversation_row(done.conversation), "version": done.version})

    def _tell_alias(self, done: _Changed) -> None:
        row = conversation_row(done.conversation)
        payload = {"conversation": row, "version": done.version, "changes": done.changes}
        self._publisher.to_conversation(row.id, "update_alias", payload, done.conversation.departed_version)

    def _apply_alias(self, transaction: Transaction, operation: Request, alias: str | None) -> _Changed:
        connection = transaction.connection

        def do() -> tuple[str, int]:
            conversation = self._group(transaction, operation)
            _require_renaming(transaction, conversation, operation.user_id)
            version = conversation.head + 1
            conversations.save(connection, _renamed(conversation, alias, version, transaction.now))
            return conversation.id, version

        answer = once(transaction, operation, do)
        conversation = load(transaction, operation.scope)
        return _Changed(conversation, answer.version, rows_of(transaction, conversation, answer.version))

    # --- new members ----------------------------------------------------------------------------------------------

    async def modify(self, user: str, conversation_id: str, request: ModifyConversation) -> msgspec.Raw:
        """Bring in new members, and perhaps change the alias: `{"conversation", "user_ids", "version"}`.

        In a sealed group each newcomer needs a signed link; it counts as its sender's approval, and who has approvals
        enough is in. A member whose identity key changed is added again by a link alone, in private conversations too.
        Raises `InvalidLink`, `NotFound` for unknown users, `Banned`, `TooMany`, `WrongKind`, `NotMember`.
        """
        newcomers = tuple(dict.fromkeys(require_id(one, "new_members") for one in request.new_members))
        if len(newcomers) > self._max_open_members:
            raise TooMany(f"A group has at most {self._max_open_members} members.")
        links = links_of(request.links)
        alias = request.alias if request.alias is msgspec.UNSET else _alias(request.alias)
        named = None if alias is msgspec.UNSET else [alias]
        mac = self._mac("modify", newcomers, named, request.links)
        operation = Request(conversation_id, user, request.op_id, mac)
        done = await self._writer.write(
            self._apply_modify,
            operation,
            newcomers,
            links,
            alias,
            conversations=[conversation_id],
            users=newcomers,
            tell=self._announce_members,
        )
        return raw(
            {
                "conversation": conversation_row(done.conversation),
                "user_ids": list(done.members),
                "version": done.version,
            }
        )

    def _apply_modify(
        self,
        transaction: Transaction,
        operation: Request,
        newcomers: Sequence[str],
        links: Sequence[Link],
        alias: str | msgspec.UnsetType | None,
    ) -> _Changed:
        connection = transaction.connection
        joined: tuple[str, ...] = ()
        approved: tuple[_Approval, ...] = ()
        heads: Mapping[str, int] = {}

        def do() -> tuple[str, int]:
            nonlocal joined, approved, heads
            conversation = self._modifiable(transaction, operation, bool(newcomers) or alias is not msgspec.UNSET)
            if newcomers and conversation.joining == "oneself":
                raise WrongKind("People come into a channel by themselves.")
            if alias is not msgspec.UNSET:
                _require_renaming(transaction, conversation, operation.user_id)
            version = conversation.head + 1
            approved = self._approved(transaction, conversation, links)
            changed, joined = self._bring_in(transaction, conversation, operation.user_id, newcomers, links)
            if alias is not msgspec.UNSET:
                changed = _renamed(changed, alias, version, transaction.now)
            if changed == conversation and not joined:
                return conversation.id, conversation.head
            conversations.save(connection, replace(changed, head=version, members_version=version))
            roles = dict.fromkeys(joined, "member")
            memberships.add_members(connection, changed, roles, version, transaction.now)
            join_requests.remove(connection, conversation.id, joined)
            heads = user_stream.advance(
                transaction, {user: [(user_stream.CONVERSATION, conversation.id, False)] for user in joined}
            )
            return conversation.id, version

        answer = once(transaction, operation, do)
        conversation = load(transaction, operation.scope)
        members = {member.user_id: member for member in memberships.members(connection, conversation.id)}
        changes = rows_of(transaction, conversation, answer.version)
        close = conversation.joining == "members" and len(members) - len(joined) <= users.LARGEST_PRESENCE_GROUP
        circle = tuple(members) if joined and close else ()
        return _Changed(conversation, answer.version, changes, members, joined, heads, circle, approved)

    def _bring_in(
        self,
        transaction: Transaction,
        conversation: Conversation,
        actor: str,
        newcomers: Sequence[str],
        links: Sequence[Link],
    ) -> tuple[Conversation, tuple[str, ...]]:
        """The conversation with the links taken, and who of the newcomers is in now."""
        connection = transaction.connection
        require_users(connection, newcomers)
        present = memberships.current_members(connection, [(conversation.id, user) for user in newcomers])
        coming = tuple(user for user in newcomers if (conversation.id, user) not in present)
        _require_admissible(transaction, conversation, actor, coming)
        limit = self._max_members if conversation.encrypted else self._max_open_members
        if memberships.count_members(connection, conversation.id) + len(coming) > limit:
            raise TooMany(f"This group has at most {limit} members.")
        if not conversation.sealed:
            return self._seal(transaction, conversation, actor, coming, links) if links else conversation, coming
        return self._prove(transaction, conversation, actor, coming, links)

    def _seal(
        self,
        transaction: Transaction,
        conversation: Conversation,
        actor: str,
        coming: Sequence[str],
        links: Sequence[Link],
    ) -> Conversation:
        """A first chain seals a conversation that was begun without; it must prove everyone who is in it then."""
        if not conversation.encrypted:
            raise WrongKind("An open group is not encrypted: it has no chain.")
        roster = self._rosters.of(transaction.connection, conversation)
        unsigned = [user for user, key in roster.keys.items() if key.kid is None]
        if unsigned:
            raise InvalidKey("Some members' keys are unsigned; they set signed ones first.", user_ids=unsigned)
        members = {*roster.members, *coming}
        registered = proofs(transaction, conversation.id, sorted(members), {})
        proven = chain.extend(chain.Chain(conversation.id), links, actor=actor, registered=registered)
        if proven.members.keys() != members:
            raise InvalidLink("The links prove other members than the conversation has.")
        store_links(transaction, conversation, links)
        version = conversation.head + 1
        return replace(
            conversation,
            sealed=True,
            chain_hash=proven.head,
            approvals=proven.approvals,
            version=version,
            updated_at=transaction.now,
        )

    def _prove(
        self,
        transaction: Transaction,
        conversation: Conversation,
        actor: str,
        coming: Sequence[str],
        links: Sequence[Link],
    ) -> tuple[Conversation, tuple[str, ...]]:
        """Who of the newcomers has links enough now; the others wait for more approvals.

        Links about members name their new identity keys: under these they prove nothing until they are added again.
        """
        if not links and not coming:
            return conversation, ()
        roster = self._rosters.of(transaction.connection, conversation)
        named = {link.user for link in links}
        if not set(coming) <= named <= roster.members.keys() | set(coming):
            raise InvalidLink("Each newcomer needs one link; others are for members alone.")
        if any(link.action not in ("add", "approve") for link in links):
            raise InvalidLink("Members come in by links that add or approve.")
        registered = proofs(transaction, conversation.id, sorted({actor, *named}), {})
        proven = chain.extend(roster.chain, links, actor=actor, registered=registered)
        store_links(transaction, conversation, links)
        joined = tuple(user for user in coming if user in proven.members)
        return replace(conversation, chain_hash=proven.head), joined

    def _approved(self, transaction: Transaction, before: Conversation, links: Sequence[Link]) -> tuple[_Approval, ...]:
        """What the links say about people who are no members of a sealed group yet."""
        if not before.sealed:
            return ()
        roster = self._rosters.of(transaction.connection, before)
        about = [link for link in links if link.user not in roster.members]
        asking = join_requests.asking(transaction.connection, before.id, [link.user for link in about])
        return tuple(_approval(roster.chain, link, link.user in asking) for link in about)

    def _tell_approvals(self, done: _Changed) -> None:
        """The members hear who is closer to coming in, and so does who asked for it."""
        for approval in done.approved:
            if not approval.asked and approval.needed == 1:
                continue  # brought in at once: nobody waited for it
            told = raw(
                {
                    "conversation_id": done.conversation.id,
                    "user_id": approval.user_id,
                    "approvals": approval.approvals,
                    "needed": approval.needed,
                }
            )
            newcomers = {approval.user_id} if approval.asked else set()
            for user in (done.members.keys() - set(done.joined)) | newcomers:
                self._publisher.to_user(user, "join_approved", bytes(told))

    def _announce_members(self, done: _Changed) -> None:
        """Seed 003: a payload like that of a new conversation to everyone in it.

        A request that found everything as it asked for took no version, so it has none to tell.
        """
        if not done.changes:
            return
        self._tell_approvals(done)
        row, user_ids = raw(conversation_row(done.conversation)), list(done.members)
        told = raw({"conversation": row, "user_ids": user_ids, "version": done.version, "changes": done.changes})
        for user, member in done.members.items():
            if user not in done.joined:
                self._publisher.to_user(user, "new_conversation", bytes(told))
                continue
            head = done.user_versions.get(user, 0)
            span = Span(member.joined_version, None, role=member.role)
            change = listing_change(done.conversation, span, head)
            payload = {"conversation": row, "user_ids": user_ids, "user_version": head, "changes": [change]}
            self._publisher.to_user(user, "new_conversation", payload)
        self._publisher.contacts_changed(done.circle)

    # --- leaving --------------------------------------------------------------------------------------------------

    async def leave(self, user: str, conversation_id: str, request: LeaveConversation) -> msgspec.Raw:
        """Leave a group; what was visible stays readable: `{"user_id", "version"}`.

        A sealed group wants the leaver's link. An owner's place goes to the member who has been there longest.
        """
        links = links_of(request.links)
        operation = Request(conversation_id, user, request.op_id, self._mac("leave", request.links))
        done = await self._writer.write(
            self._apply_leave,
            operation,
            links,
            conversations=[conversation_id],
            users=[user],
            tell=partial(self._announce_leaving, user),
        )
        return raw({"user_id": user, "version": done.version})

    def _apply_leave(self, transaction: Transaction, operation: Request, links: Sequence[Link]) -> _Changed:
        connection, user = transaction.connection, operation.user_id
        heads: Mapping[str, int] = {}

        def do() -> tuple[str, int]:
            nonlocal heads
            conversation = self._group(transaction, operation)
            version = conversation.head + 1
            left = self._prove_leaving(transaction, conversation, user, links)
            memberships.end_membership(connection, conversation.id, user, version)
            if conversation.changing == "members":  # what is the owner's alone stays theirs
                _pass_on_ownership(transaction, conversation, version)
            conversations.save(
                connection, replace(left, head=version, members_version=version, departed_version=version)
            )
            heads = user_stream.advance(transaction, {user: [(user_stream.CONVERSATION, conversation.id, True)]})
            return conversation.id, version

        answer = once(transaction, operation, do)
        conversation = load(transaction, operation.scope)
        changes = rows_of(transaction, conversation, answer.version)
        circle = (user, *circle_of(transaction, conversation))
        return _Changed(conversation, answer.version, changes, user_versions=heads, circle=circle)

    def _prove_leaving(
        self, transaction: Transaction, conversation: Conversation, user: str, links: Sequence[Link]
    ) -> Conversation:
        if not conversation.sealed:
            return conversation
        if [link.action for link in links] != ["leave"]:
            raise InvalidLink("Leaving a sealed conversation takes the leaver's own signed link.")
        roster = self._rosters.of(transaction.connection, conversation)
        proven = chain.extend(
            roster.chain, links, actor=user, registered=proofs(transaction, conversation.id, [user], {})
        )
        store_links(transaction, conversation, links)
        return replace(conversation, chain_hash=proven.head)

    def _announce_leaving(self, user: str, done: _Changed) -> None:
        conversation = done.conversation
        payload = {
            "user_id": user,
            "conversation_id": conversation.id,
            "version": done.version,
            "changes": done.changes,
        }
        self._publisher.to_conversation(conversation.id, "leave_conversation", payload, conversation.departed_version)
        if user in done.user_versions:
            head = done.user_versions[user]
            change = listing_change(conversation, Span(0, done.version), head)
            removed = {"conversation_id": conversation.id, "user_version": head, "changes": [change]}
            self._publisher.to_user(user, "conversation_removed", removed)
            self._publisher.contacts_changed(done.circle)

    def _modifiable(self, transaction: Transaction, operation: Request, as_group: bool) -> Conversation:
        """The conversation, if it may be changed so: a private one can only be sealed."""
        if as_group:
            return self._group(transaction, operation)
        return self._member_of(transaction, operation)

    # --- shared ---------------------------------------------------------------------------------------------------

    def _member_of(self, transaction: Transaction, operation: Request) -> Conversation:
        """The locked conversation that the actor is a member of."""
        conversation = load(transaction, operation.scope)
        pair = (conversation.id, operation.user_id)
        if pair not in memberships.current_members(transaction.connection, [pair]):
            raise NotMember()
        return conversation

    def _group(self, transaction: Transaction, operation: Request) -> Conversation:
        """As `_member_of`, for what has an alias and members who come and go."""
        conversation = self._member_of(transaction, operation)
        if conversation.private:
            raise WrongKind("A private conversation keeps its two members and has no alias.")
        return conversation


def _approval(before: chain.Chain, link: Link, asked: bool) -> _Approval:
    givers = before.approvals_of(link.user, link.user_ik) | {link.actor}
    return _Approval(link.user, len(givers), before.needed_for(link.user), asked)


def load(transaction: Transaction, conversation_id: str) -> Conversation:
    """The locked conversation. Raises `NotMember`."""
    conversation = conversations.load_one(transaction.connection, conversation_id)
    if conversation is None:
        raise NotMember()
    return conversation


def _require_renaming(transaction: Transaction, conversation: Conversation, user: str) -> None:
    """Raise `NotOwner`, with the row as it is, when only the owner changes what it is called, and `Muted`."""
    [member] = memberships.current_members(transaction.connection, [(conversation.id, user)]).values()
    require_may_write(conversation, member.silent_until, transaction.now)
    if conversation.changing == "owner" and conversation.creator_id != user:
        raise NotOwner(current=conversation_row(conversation))


def _require_admissible(
    transaction: Transaction, conversation: Conversation, actor: str, newcomers: Sequence[str]
) -> None:
    """Raise `Banned` or `Blocked`, naming them, when some of the newcomers may not come in, or blocked the actor.

    Who asked to be let in takes it from whoever lets them in.
    """
    asking = join_requests.asking(transaction.connection, conversation.id, newcomers)
    require_unblocked(transaction.connection, actor, set(newcomers) - asking)
    banned = sanctions.banned(transaction.connection, conversation.id, newcomers, transaction.now)
    if banned:
        raise Banned("A moderator decided that somebody of them may not come in.", user_ids=banned)


def _alias(alias: str | None) -> str | None:
    return check_text(alias, "alias", LONGEST_ALIAS) if alias is not None else None


def _renamed(conversation: Conversation, alias: str | None, version: int, now: int) -> Conversation:
    return replace(conversation, alias=alias, head=version, version=version, updated_at=now)


def store_links(transaction: Transaction, conversation: Conversation, links: Sequence[Link]) -> None:
    """Add links to the end of the chain, at the version that the conversation takes next."""
    connection = transaction.connection
    first = len(conversation_keys.chain(connection, conversation.id))
    texts = [msgspec.json.encode(link).decode() for link in links]
    conversation_keys.add_links(connection, conversation.id, first, texts, conversation.head + 1)


def _pass_on_ownership(transaction: Transaction, conversation: Conversation, version: int) -> None:
    remaining = memberships.members(transaction.connection, conversation.id)
    if remaining and not any(member.role == "owner" for member in remaining):
        heir = min(remaining, key=lambda member: (member.joined_version, member.user_id))
        memberships.set_role(transaction.connection, conversation.id, heir.user_id, "owner", version)


def circle_of(transaction: Transaction, conversation: Conversation) -> tuple[str, ...]:
    """The members who hear of each other's presence because of this group; none in a large one, nor in one that
    anyone may join.
    """
    if conversation.joining != "members":
        return ()
    if memberships.count_members(transaction.connection, conversation.id) > users.LARGEST_PRESENCE_GROUP:
        return ()
    return tuple(member.user_id for member in memberships.members(transaction.connection, conversation.id))


def rows_of(transaction: Transaction, conversation: Conversation, version: int) -> list[Changed]:
    """The rows of one version as every member sees them; empty for that of a message or reaction."""
    place = (transaction.connection, conversation.id, version - 1, version, None)
    rows: list[Any] = [conversation_change(conversation)] if conversation.version == version else []
    rows += [member_change(user, span) for user, span in memberships.memberships_since(*place)]
    rows += [key_change(key) for key in conversation_keys.keys_since(*place)]
    return rows + [link_change(*link) for link in conversation_keys.links_since(*place)]
